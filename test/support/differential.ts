/** Plays one program twice, with Effection's spawn and with fork, and gives what each task of it did and when. */
import * as effection from "effection";
import type { Operation } from "effection";
import { all, fibers, fork, HaltedError, race, run, sleep, useFiber } from "cosocket";
import { reactor } from "cosocket/reactor";
import { CLEAN, dice, FAILS, GATES, LIGHT, SLOW, Writer } from "./programs.js";
import { VirtualClock } from "./virtual-clock.js";

type Main = () => Operation<unknown>;
interface Root extends PromiseLike<unknown> {
  halt(): PromiseLike<void>;
}

/** Who plays it: Effection alone; forks of an Effection task; fibers from the top. */
export type Player = "spawn" | "fork" | "fiber";

const { action, createContext, createSignal, withResolvers, ...others } = effection;

/** What can be written in a program, beside JavaScript. */
function vocabulary(
  player: Player,
  clock: VirtualClock,
  write: (who: string, what: string) => void,
) {
  const nap = (seconds: number): Operation<void> =>
    action((resolve) => {
      const alarm = clock.setAlarm(() => resolve(), seconds);
      return () => alarm.cancel();
    });
  const times = Array.from({ length: GATES });
  const words = {
    ...others,
    fork: player === "spawn" ? effection.spawn : fork,
    lightRace: player === "spawn" ? effection.race : race,
    lightAll: player === "spawn" ? effection.all : all,
    sleep,
    nap,
    log: (who: string, what: string) => write(who, what),
    word: (error: unknown) =>
      error instanceof HaltedError ? "halted" : error instanceof Error ? error.message : error,
    get none() {
      return (function* () {})();
    },
    tasks: {} as Record<string, unknown>,
    gates: times.map(() => withResolvers<string>()),
    promises: times.map(() => {
      let resolve!: (value: string) => void;
      const promise = new Promise<string>((settle) => (resolve = settle));
      return { promise, resolve };
    }),
    signal: createSignal<string, void>(),
    Colour: createContext<string>("colour", "none"),
  };
  return words;
}

/** A program, of the words that it is given. */
type Program = (words: object) => Main;

// A program's text is the better thing to have when it fails.
const compiled = (source: string): Program =>
  new Function(
    "words",
    `with (words) { return function* main() {\nyield* sleep(0.001);\n${source}\n} }`,
  ) as Program;

/** What happened in the order in which it happened to each. */
async function play(make: Program, seed: number, player: Player): Promise<string> {
  const clock = new VirtualClock();
  const random = dice(seed);
  const before = { clock: reactor.clock, order: reactor.order };
  reactor.clock = clock;
  reactor.order = (count) => Math.floor(random() * count);
  const done = new Map<string, string[]>();
  const write = (who: string, what: string): void => {
    const line = `${clock.now().toFixed(6)} ${who} ${what}`;
    const lines = done.get(who);
    if (lines === undefined) done.set(who, [line]);
    else lines.push(line);
  };
  try {
    const words = vocabulary(player, clock, write);
    const main = make(words);
    const root: Root =
      player === "fiber"
        ? run(function* () {
            words.tasks.main = yield* useFiber();
            return yield* main();
          })
        : effection.run(main);
    words.tasks.main ??= root;
    let over = false;
    const tell = (what: string): void => {
      write("root", what);
      over = true;
    };
    root.then(
      (value) => tell(`returns ${String(value)}`),
      (error: unknown) => tell(`fails: ${String(words.word(error))}`),
    );
    const halt = (): void =>
      void root.halt().then(
        () => write("halter", "is done"),
        (error: unknown) => write("halter", `gets ${String(words.word(error))}`),
      );
    if (random() < 0.3) clock.setAlarm(() => over || halt(), 5 + random() * 30);
    await finish(clock);
    if (!over) {
      write("halter", "finds it stuck");
      halt();
      await finish(clock);
    }
    if (!over) write("root", "never ends");
    else if (reactor.live > 0 || reactor.timers.armed > 0) {
      const left = fibers().map(({ name, state, waitsFor }) => `${name} ${state} ${waitsFor}`);
      write(
        "root",
        `leaves ${left.join(", ")}; ${reactor.live} fibers, ${reactor.timers.armed} deadlines`,
      );
    }
  } finally {
    reactor.abandon();
    Object.assign(reactor, before);
  }
  return [...done.values()].flat().join("\n");
}

async function finish(clock: VirtualClock): Promise<void> {
  for (let events = 0; events < 1000; events++) {
    await clock.settle();
    if (!clock.advance()) return;
  }
  throw new Error("it goes on for ever");
}

/** The lines of `there` as tasks, sorted by name: tasks that never ran in one of them must not move the others. */
function sorted(log: string): string {
  return log
    .split("\n")
    .map((line, i) => ({ line, who: line.split(" ")[1]!, i }))
    .sort((a, b) => (a.who < b.who ? -1 : a.who > b.who ? 1 : a.i - b.i))
    .map(({ line }) => line)
    .join("\n");
}

/** Effection breaks off cleanup that waits when a child fails meanwhile, or the task is halted; fork does not (docs/effection.md). */
function brokenOff(log: string): boolean {
  const count = (word: string): number => log.split(word).length;
  return count(SLOW) !== count(CLEAN);
}

/** Effection drops what the cleanup of a halted task throws when nobody waits for the halt; fork's goes up (docs/effection.md). */
function dropped(log: string): boolean {
  return log
    .split("\n")
    .flatMap((line) => line.split(FAILS)[1] ?? [])
    .some(
      (error) =>
        !log
          .split("\n")
          .some(
            (line) => line.endsWith(error) && !line.includes(FAILS) && !line.includes(" joined "),
          ),
    );
}

export interface Difference {
  seed: number;
  player: Player;
  source: string;
  expected: string;
  actual: string;
}

/** A difference that docs/effection.md lists. */
export type Listed = "broken off" | "dropped" | "combined";

/** Halted, our combinators first clean up what they have begun, all at a time, and then what is around them; Effection's the other way round, one after the other (docs/effection.md). */
function combined(source: string, log: string): boolean {
  return log.includes(SLOW) && Object.values(LIGHT).some((name) => source.includes(name));
}

/** Play the program of `seed`: what differs, if anything does. */
export async function compare(seed: number): Promise<Difference | Listed | undefined> {
  const source = new Writer(seed).program();
  const make = compiled(source);
  const expected = sorted(await play(make, seed, "spawn"));
  for (const player of ["fork", "fiber"] as const) {
    const actual = sorted(await play(make, seed, player));
    if (actual === expected) continue;
    if (brokenOff(expected)) return "broken off";
    if (dropped(expected)) return "dropped";
    if (combined(source, expected)) return "combined";
    return { seed, player, source, expected, actual };
  }
  return undefined;
}
