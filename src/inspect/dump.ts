/**
 * What everybody waits for, as text: for a program that hangs.
 *
 * The tree of fibers, with those that are alike in one line: siblings whose names differ only in their number and whose waits differ only in
 * addresses, as Go's dumps group equal stacks. What has waited longest comes first among siblings, for it is what most probably will not come;
 * what runs or is ready comes last.
 */
import process from "node:process";
import { reactor, textOf } from "../../reactor/index.js";
import { print } from "../object/index.js";
import type { FiberFacts, Frame, PromiseFacts, ServerFacts, Snapshot } from "./facts.js";
import { pathsById } from "./path.js";
import { dumpsOfWorkers } from "./server/dumps.js";
import { take } from "./server/take.js";
import { keyOf, nameOfAll, waitOfAll } from "./view/alike.js";
import { indentOf, plain } from "./view/format.js";

/** Fibers that are alike, with the first of them, that which has waited longest. */
interface Group {
  readonly first: FiberFacts;
  readonly all: FiberFacts[];
}

/**
 * What every fiber waits for, for how long, and where in the program, as text: what {@link dumpOn} and a simulation that hangs print.
 *
 * Siblings that are alike (`server:client_1` to `server:client_998`, all in `receive("*l")` at the same place) are one line, with the one that
 * has waited longest. Where they wait is complete with `COSOCKET_STACKS=1`, otherwise the place of the outermost `yield*`; with more than a
 * thousand fibers it is that of the first of those that are alike: nothing else runs while V8 is asked.
 *
 * @example console.error(dump());
 */
export function dump(): string {
  return dumpOf(located());
}

/** V8 is asked for the places of so many: more would take seconds. */
const MOST_PLACES = 1000;

function located(): Snapshot {
  if (reactor.live <= MOST_PLACES) return take({ paths: true });
  const shot = take({ paths: "recorded" });
  const groups = new Map<string, FiberFacts[]>();
  for (const fiber of shot.fibers.toSorted(byAge)) {
    const key = `${fiber.parent} ${keyOf(fiber)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [fiber]);
    else group.push(fiber);
  }
  const asked = [...groups.values()].slice(0, MOST_PLACES);
  const paths = pathsById(new Set(asked.map(([first]) => first!.id)));
  for (const group of asked) for (const fiber of group) fiber.path = paths.get(group[0]!.id)!;
  return shot;
}

function dumpOf(shot: Snapshot): string {
  const { fibers, servers, sockets } = shot;
  const { ready, deadlines } = shot.reactor;
  const counted = `${fibers.length} fibers, ${sockets.length} open sockets, ${ready} ready, ${deadlines} deadlines`;
  return [counted, ...servers.map(serverLine).map(plain), ...treeLines(shot)].join("\n");
}

/** Fibers, and what is awaited without one: nothing in it that a terminal would obey. */
export function treeLines({ fibers, promises, now }: Snapshot): string[] {
  return [...tree(fibers, now), ...promises.map((one) => promiseLine(one, now))].map(plain);
}

function serverLine(server: ServerFacts): string {
  const { name, address, accepted, refused, waiting, live, errors } = server;
  return `server ${name} at ${address}: ${accepted} accepted, ${refused} refused, ${waiting} waiting, ${live} live, ${errors} errors`;
}

function promiseLine({ waitsFor, since }: PromiseFacts, now: number): string {
  return `a promise: ${waitsFor} for ${inSeconds(now - since)}`;
}

function tree(fibers: readonly FiberFacts[], now: number): string[] {
  const known = new Set(fibers.map(({ id }) => id));
  const children = new Map<number | null, FiberFacts[]>();
  for (const fiber of fibers) {
    const parent = fiber.parent !== null && known.has(fiber.parent) ? fiber.parent : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [fiber]);
    else siblings.push(fiber);
  }
  const lines: string[] = [];
  // A stack of its own, since they may be nested deeply.
  const next = level(children.get(null), children, 0);
  for (let one = next.pop(); one !== undefined; one = next.pop()) {
    lines.push(...groupLines(one.group, one.depth, now));
    next.push(...level(children.get(one.group.first.id), children, one.depth + 1));
  }
  return lines;
}

/** The groups of one level, the last one first. Those that have children of their own stand alone. */
function level(
  siblings: FiberFacts[] = [],
  children: ReadonlyMap<number | null, unknown>,
  depth: number,
): { group: Group; depth: number }[] {
  const groups = new Map<string, Group>();
  for (const fiber of siblings.toSorted(byAge)) {
    const key = children.has(fiber.id) ? `${fiber.id}` : keyOf(fiber);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: fiber, all: [fiber] });
    else group.all.push(fiber);
  }
  return [...groups.values()].map((group) => ({ group, depth })).reverse();
}

/** Those that wait, the longest first; then the others, by birth. */
function byAge(a: FiberFacts, b: FiberFacts): number {
  return (a.since ?? Infinity) - (b.since ?? Infinity) || a.id - b.id;
}

function groupLines({ first, all }: Group, depth: number, now: number): string[] {
  const indent = indentOf(depth);
  const { name, state, waitsFor, since, until, path = [] } = first;
  const some = all.length > 1;
  const names = some ? `${all.length} x ${nameOfAll(name)}` : name;
  const doing = state === "parked" ? "" : ` (${state})`;
  const age = since === null ? "" : ` for ${inSeconds(now - since)}`;
  const left = until === null ? "" : `, ${inSeconds(until - now)} left`;
  const youngest = some ? ageOfYoungest(all, now) : "";
  const wait =
    waitsFor === null ? "" : `: ${some ? waitOfAll(waitsFor) : waitsFor}${age}${youngest}${left}`;
  const longest = some
    ? [`${indent}    the first: ${name}${waitsFor === null ? "" : `: ${waitsFor}`}`]
    : [];
  return [
    `${indent}${names}${doing}${wait}`,
    ...longest,
    ...path.map((frame) => `${indent}    at ${frameText(frame)}`),
  ];
}

function ageOfYoungest(all: readonly FiberFacts[], now: number): string {
  const { since } = all.at(-1)!;
  return since === null ? "" : ` to ${inSeconds(now - since)}`;
}

function frameText({ function: name, file, line, column }: Frame): string {
  const place = `${file}:${line}:${column}`;
  return name === "" ? place : `${name} (${place})`;
}

function inSeconds(seconds: number): string {
  return `${seconds.toFixed(3)} s`;
}

/** In a signal's listener, where an error would end the program. */
function dumpOrWhyNot(): string {
  try {
    return dump();
  } catch (error) {
    return `there is no dump: ${textOf(error)}`;
  }
}

/**
 * Print a {@link dump} to stderr whenever the process gets a signal: `kill -USR2 <pid>`. The process goes on. It does not keep it alive.
 * The primary process of a cluster prints those of its workers as well, and says which have not answered; a worker prints its own.
 *
 * @param signal default "SIGUSR2"; not SIGUSR1, by which Node starts its debugger
 * @returns what ends that
 *
 * @example dumpOn("SIGUSR2");
 */
export function dumpOn(signal: NodeJS.Signals = "SIGUSR2"): () => void {
  const tell = (): void => {
    const format = new Intl.DateTimeFormat("sv", { dateStyle: "short", timeStyle: "medium" });
    const time = format.format(reactor.clock.time() * 1e3);
    print(`cosocket ${time}: ${dumpOrWhyNot()}`);
    void dumpsOfWorkers().then((dumps) => {
      for (const one of dumps) print(`cosocket ${time}: ${one}`);
    });
  };
  process.on(signal, tell);
  return () => void process.off(signal, tell);
}
