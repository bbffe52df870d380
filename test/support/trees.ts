/** Random trees of combinators over operations that take a time, and a model of what they do: who ends when and how, halted or not. */
import { action, type Operation, scoped } from "effection";
import { all, allSettled, race, type Performable, run, sleep, within } from "cosocket";
import { HaltedError } from "cosocket";
import { reactor } from "cosocket/reactor";
import { dice } from "./programs.js";
import { VirtualClock } from "./virtual-clock.js";

/** What a node gives or throws, in words; several errors in brackets. */
type Words = string;

export type Tree =
  | {
      kind: "leaf";
      name: string;
      seconds: number;
      /** It throws then. */
      fails: boolean;
      /** How long its cleanup takes when it is halted, and whether that fails. */
      cleanup: number;
      cleanupFails: boolean;
      /** It sleeps by Effection's means, so that its fiber is promoted. */
      foreign: boolean;
    }
  | {
      kind: "race" | "all" | "allSettled" | "sequence";
      children: Tree[];
      /** It is performed in a scope of Effection's. */
      foreign: boolean;
    }
  | { kind: "within"; seconds: number; children: [Tree]; foreign: boolean };

/** The tree of a seed, and when its root is halted. */
export function treeOf(seed: number): { tree: Tree; haltAt: number } {
  const random = dice(seed);
  let leaves = 0;
  const leaf = (): Tree => ({
    kind: "leaf",
    name: `l${++leaves}`,
    seconds: random() * 10,
    fails: random() < 0.15,
    ...cleanupOf(random),
    foreign: random() < 0.2,
  });
  const grow = (depth: number): Tree => {
    if (depth === 0 || random() < 0.25) return leaf();
    const foreign = random() < 0.15;
    if (random() < 0.25)
      return { kind: "within", seconds: random() * 12, children: [grow(depth - 1)], foreign };
    const kinds = ["race", "all", "allSettled", "sequence"] as const;
    const kind = kinds[Math.floor(random() * kinds.length)]!;
    const count = 1 + Math.floor(random() * 3);
    return { kind, children: Array.from({ length: count }, () => grow(depth - 1)), foreign };
  };
  return { tree: grow(4), haltAt: random() < 0.5 ? random() * 25 : Infinity };
}

/** No two that fail do so at one time. */
function cleanupOf(random: () => number): { cleanup: number; cleanupFails: boolean } {
  const cleanup = random() < 0.5 ? 0 : random() * 5;
  return { cleanup, cleanupFails: cleanup > 0 && random() < 0.25 };
}

// ---- the model ------------------------------------------------------------------------------------------------------

/** How a node ends. `halted`: it was, and has no outcome but what cleanup threw. */
interface End {
  at: number;
  how: "gives" | "throws" | "halted";
  words: Words;
}

/** An error, and when it was thrown. */
interface Thrown {
  at: number;
  words: Words;
}

const several = (errors: readonly Thrown[]): Words => {
  const words = errors.toSorted((a, b) => a.at - b.at).map(({ words }) => words);
  return words.length === 1 ? words[0]! : `[${words.join(" ")}]`;
};
const latest = (ends: readonly End[]): number => Math.max(...ends.map(({ at }) => at));
/** What those throw that were halted. */
const errorsOf = (ends: readonly End[]): Thrown[] =>
  ends.filter(({ how, words }) => how === "throws" || (how === "halted" && words !== ""));

/** How `tree` ends that begins at `start` and is halted at `halt`, if it is still there. */
export function expected(tree: Tree, start: number, halt: number): End {
  if (tree.kind === "leaf") {
    const end = start + tree.seconds;
    if (end <= halt) return { at: end, how: tree.fails ? "throws" : "gives", words: tree.name };
    return {
      at: halt + tree.cleanup,
      how: "halted",
      words: tree.cleanupFails ? `${tree.name}!` : "",
    };
  }
  if (tree.kind === "sequence") return sequence(tree.children, start, halt);
  if (tree.kind === "within") return limited(tree.children[0], start, tree.seconds, halt);
  return together(tree.kind, tree.children, start, halt);
}

function sequence(children: readonly Tree[], start: number, halt: number): End {
  const words: Words[] = [];
  let at = start;
  for (const child of children) {
    const end = expected(child, at, halt);
    if (end.how !== "gives") return end;
    words.push(end.words);
    at = end.at;
  }
  return { at, how: "gives", words: `(${words.join(" ")})` };
}

function limited(child: Tree, start: number, seconds: number, halt: number): End {
  const deadline = start + seconds;
  const end = expected(child, start, Math.min(deadline, halt));
  if (end.how === "gives") return end;
  if (end.how === "throws") return over(end.at, [end], end.words, halt);
  if (halt < deadline) return end;
  const errors = errorsOf([end]);
  return over(end.at, errors, "timeout", halt);
}

/** It is over at `at`: with errors, if there are any. Unless it was halted before that. */
function over(at: number, errors: readonly Thrown[], words: Words, halt: number): End {
  const failed = errors.length > 0;
  if (at >= halt) return { at, how: "halted", words: failed ? several(errors) : "" };
  return { at, how: failed ? "throws" : "gives", words: failed ? several(errors) : words };
}

function together(
  kind: "race" | "all" | "allSettled",
  children: readonly Tree[],
  start: number,
  halt: number,
): End {
  const alone = children.map((child) => expected(child, start, halt));
  const decides = ({ how }: End): boolean =>
    kind === "race" ? how !== "halted" : kind === "all" && how === "throws";
  const decisive = alone.filter(decides).toSorted((a, b) => a.at - b.at)[0];
  if (decisive === undefined) {
    const settled = kind === "allSettled" ? alone.filter(({ how }) => how === "halted") : alone;
    const words = alone.map(({ how, words }) => (how === "throws" ? `-${words}` : words));
    return over(latest(alone), errorsOf(settled), `<${words.join(" ")}>`, halt);
  }
  // The others are halted by it, if not by somebody else before.
  const ends = children.map((child, i) =>
    alone[i] === decisive ? decisive : expected(child, start, Math.min(decisive.at, halt)),
  );
  const errors = errorsOf(ends.toSorted((a, b) => Number(b === decisive) - Number(a === decisive)));
  return over(latest(ends), errors, decisive.words, halt);
}

// ---- the real thing -------------------------------------------------------------------------------------------------

/** What happens: how it ends, and what is left. */
export async function played(seed: number, tree: Tree, haltAt: number): Promise<string> {
  const clock = new VirtualClock();
  const random = dice(seed + 1);
  const before = { clock: reactor.clock, order: reactor.order };
  reactor.clock = clock;
  reactor.order = (count) => Math.floor(random() * count);
  try {
    const start = clock.now();
    let end: End | undefined;
    const tell = (how: End["how"], words: Words): void => {
      end ??= { at: clock.now() - start, how, words };
    };
    const root = run(() => performed(tree, clock)());
    root.then(
      (value) => tell("gives", wordsOf(value)),
      (error: unknown) =>
        error instanceof HaltedError ? tell("halted", "") : tell("throws", wordsOf(error)),
    );
    if (haltAt < Infinity) clock.setAlarm(() => void root.halt().then(undefined, () => {}), haltAt);
    do await clock.settle();
    while (clock.advance());
    const left = reactor.live + reactor.timers.armed;
    return `${end === undefined ? "never ends" : shown(end)}${left === 0 ? "" : `, leaves ${left}`}`;
  } finally {
    reactor.abandon();
    Object.assign(reactor, before);
  }
}

/** Whoever waits for one that is halted gets what its cleanup throws. */
export function shown({ at, how, words }: End): string {
  const end = how === "halted" && words !== "" ? "throws" : how;
  return `${end} ${words} at ${at.toFixed(6)}`.replace("  ", " ");
}

function wordsOf(value: unknown): Words {
  if (value instanceof AggregateError) return `[${value.errors.map(wordsOf).join(" ")}]`;
  return value instanceof Error ? value.message : String(value);
}

function performed(tree: Tree, clock: VirtualClock): () => Operation<Words> {
  const body = plain(tree, clock);
  return tree.foreign && tree.kind !== "leaf" ? () => scoped(body) : body;
}

function plain(tree: Tree, clock: VirtualClock): () => Operation<Words> {
  if (tree.kind === "leaf") return () => leafOf(tree, clock);
  const children = tree.children.map((child) => performed(child, clock));
  return function* () {
    switch (tree.kind) {
      case "sequence": {
        const words: Words[] = [];
        // Each by a fiber of its own: a leaf waits in `finally`, and the halt would be lost here (docs/rationale.md).
        for (const child of children) words.push(...(yield* all([child])));
        return `(${words.join(" ")})`;
      }
      case "within": {
        const [words, late] = yield* within(tree.seconds, children[0]!);
        return late ?? words!;
      }
      case "race":
        return yield* race(children);
      case "all":
        return `<${(yield* all(children as Performable<Words>[])).join(" ")}>`;
      case "allSettled": {
        const settled = yield* allSettled(children as Performable<Words>[]);
        const words = settled.map((one) => (one.ok ? one.value : `-${wordsOf(one.error)}`));
        return `<${words.join(" ")}>`;
      }
    }
  };
}

function* leafOf(leaf: Tree & { kind: "leaf" }, clock: VirtualClock): Operation<Words> {
  const pause = (seconds: number): Operation<void> =>
    leaf.foreign
      ? action((resolve) => {
          const alarm = clock.setAlarm(() => resolve(), seconds);
          return () => alarm.cancel();
        })
      : sleep(seconds);
  let done = false;
  try {
    yield* pause(leaf.seconds);
    done = true;
    if (leaf.fails) throw new Error(leaf.name);
    return leaf.name;
  } finally {
    if (!done) {
      if (leaf.cleanup > 0) yield* pause(leaf.cleanup);
      // What is tested.
      // eslint-disable-next-line no-unsafe-finally
      if (leaf.cleanupFails) throw new Error(`${leaf.name}!`);
    }
  }
}
