/** Running a program in a simulated world. */
import type { Operation } from "effection";
import {
  notAsync,
  observeOperations,
  reactor,
  type TraceBudget,
  type Unperformed,
  type WaitList,
  shown,
  unknownName,
} from "../../reactor/index.js";
import { current } from "../network/index.js";
import { Open, open } from "../object/index.js";
import { checkOptions, type SimulateOptions } from "./simulate-options.js";
import type { Entry } from "./log.js";
import { tellAtExit } from "./outside/exit.js";
import { catchUncaught } from "./real/uncaught.js";
import { askedReplay, replayLine, SimulationError } from "./report.js";
import { tellUnperformed, withPlace } from "./unperformed.js";
import { TimeBudgetSpent, Simulation } from "./simulation.js";
import { fiberLines } from "./failures.js";
import { virtualGlobals } from "./virtual/globals.js";
import { turn } from "./virtual/real.js";
import { ABSENT, type World, SimWorld } from "./world.js";
import { type TraceFile, traceFile, WorldTrace } from "./world-trace.js";
import { logFibers } from "./log-fibers.js";

/** What came of it. */
export interface Run<T> {
  value: T;
  seed: number;
  /** Seconds of virtual time that it took. */
  seconds: number;
  /** What went wrong, each by its name. */
  faults: readonly string[];
  /** What was to go wrong, and never did: names of `only`, or kinds of faults; and hosts that there were not. */
  missed: readonly string[];
  /** Operations that were made and never performed, each place once: mostly, a `yield*` is missing there. */
  unperformed: readonly string[];
  /** The last entries: the option `entries`. */
  log: readonly Entry[];
  /** The log in lines. */
  toString(): string;
}

const DAY = 86_400;
const MOST_EVENTS = 10_000_000;
const ENTRIES = 250_000;
/** Turns of Node's loop in which others may end. */
const LAST_TURNS = 20;

/** The world that is being simulated. */
let active: Simulation | null = null;

/**
 * Run a program in a simulated world: on a clock that jumps when nobody can go on, and an in-memory network with names, ports, TCP,
 * UDP and Unix sockets. No real socket or timer is touched.
 *
 * Virtual are: everything of cosocket's; timers, also those of node:timers and node:timers/promises (and so Effection's sleep); Date, Intl,
 * performance, process.hrtime; Math.random and node:crypto's random values. Files, zlib, keys and hashes, child processes and workers
 * are real, and are waited for. Not: node:net and its like used directly. docs/testing.md has the list.
 *
 * @param program gets the world: hosts, partitions, the log. It runs as a fiber; when it ends all is halted, as ever.
 * @returns what it returned, and the log. Rejects with {@link SimulationError} when it throws, or anything throws outside of it (a
 * rejected promise, a callback, an event), when nobody can go on ("deadlock", with a list of who waits for what), when it leaves something
 * behind, or takes too long. TypeError when an option is wrong, and when the reactor is in use: a simulation needs it for itself.
 *
 * @example
 * const { seconds } = await simulate({ seed: 7, faults: ALL_FAULTS }, function* (world) {
 *   yield* world.host("server", program);
 *   const [client] = yield* socket.connect("server", 7777);
 * });
 */
export async function simulate<T>(
  options: SimulateOptions,
  program: (world: World) => Operation<T>,
): Promise<Run<T>> {
  const { run, hosts } = await simulateUntil(options, program, { file: traceFile(options.trace) });
  mustHaveHosts("simulate", run.missed, hosts);
  return run;
}

/** A schedule `between` hosts that there never were is misspelt: TypeError. */
export function mustHaveHosts(
  what: string,
  missed: readonly string[],
  hosts: Iterable<string>,
): void {
  const absent = missed.find((one) => one.startsWith(ABSENT))?.slice(ABSENT.length);
  if (absent === undefined) return;
  throw new TypeError(`${what}: faults, ${ABSENT}${unknownName(absent, [...hosts])}`);
}

/** A run, with what `explore` compares with that of others. */
export interface SimulatedRun<T> {
  run: Run<T>;
  hosts: readonly string[];
  unperformed: readonly Unperformed[];
}

/** What is special about one of many runs. */
export interface Attempt {
  /** The real time at which it gives up. */
  until?: number;
  traces?: TraceBudget;
  /** Where its trace is written. */
  file?: TraceFile | undefined;
}

/** As {@link simulate}, with the hosts that there were. */
export async function simulateUntil<T>(
  options: SimulateOptions,
  program: (world: World) => Operation<T>,
  { until = Infinity, traces, file }: Attempt = {},
): Promise<SimulatedRun<T>> {
  if (typeof program !== "function")
    throw new TypeError(
      `simulate takes options and a program, simulate({ seed: 1 }, function* () { ... }), not ${shown(program)}`,
    );
  notAsync(program, "simulate");
  checkOptions("simulate", options, ["only"]);
  const { faults = {}, names = {}, limit = DAY, trace = false, leaks = false } = options;
  const { events = MOST_EVENTS, entries = ENTRIES } = options;
  const replay = askedReplay();
  const { seed, only } = replay ?? { seed: options.seed ?? 1, only: options.only };
  if (active === null) await lastTurns();
  const world = new SimWorld({ seed, faults, only, names, entries });
  const simulation = new Simulation(world, { seconds: limit, events, until, traces });
  const leave = install(simulation, trace === true);
  const tracing = file === undefined ? null : new WorldTrace(world, file);
  const untold = tellAtExit(replayLine(seed, only));
  try {
    // Test runners arm a timer of theirs when they have called the test.
    await new Promise<void>(turn);
    simulation.work.start();
    const value = await simulation.perform(program);
    if (!leaks) simulation.checkLeaks();
    const { history } = world;
    const { happened } = world.plan;
    const { missed, hostNames: hosts } = world;
    if (only !== undefined && missed.length > 0 && until === Infinity) warn(seed, missed);
    const unperformed = simulation.operations.unperformed();
    tellUnperformed(seed, unperformed);
    const run = {
      value,
      seed,
      seconds: world.now(),
      faults: happened,
      missed,
      unperformed: unperformed.map(withPlace),
      log: history.entries,
      toString: () => String(history),
    };
    return { run, hosts, unperformed };
  } catch (error) {
    if (error instanceof TimeBudgetSpent) throw error;
    tracing?.keep();
    const { plan, history, missed } = world;
    const { happened } = plan;
    throw new SimulationError({
      cause: error,
      seed,
      faults: happened,
      chosen: only !== undefined,
      missed,
      outside: simulation.work.used(),
      unperformed: simulation.operations.unperformed().map(withPlace),
      log: history,
    });
  } finally {
    untold();
    tracing?.stop();
    leave();
    tracing?.write();
  }
}

/** A run that passes only because what was asked for has not happened. */
function warn(seed: number, missed: readonly string[]): void {
  const some = missed.slice(0, 5).join(" ") + (missed.length > 5 ? " ..." : "");
  process.emitWarning(
    `of the faults that were asked for, ${missed.length} did not happen in the run of seed ${seed}: ${some}`,
    "SimulationWarning",
  );
}

/** What has ended may still stand in the ready queue: a loop of Copas, say. */
async function lastTurns(): Promise<void> {
  for (let turns = 0; turns < LAST_TURNS && reactor.ready > 0; turns++)
    await new Promise<void>(turn);
}

/** Misuse throws TypeError. */
function mustBeUnused(): void {
  const { live, ready, timers } = reactor;
  if (live === 0 && ready === 0 && timers.armed === 0) return;
  const counted = (count: number, one: string, many: string): string[] =>
    count === 0 ? [] : [count === 1 ? `1 ${one}` : `${count} ${many}`];
  const users = [
    ...counted(live, "fiber lives", "fibers live"),
    ...counted(timers.armed, "deadline is armed", "deadlines are armed"),
    // Fibers are listed with what they do.
    ...counted(live > 0 ? 0 : ready, "task is always ready", "tasks are always ready"),
  ];
  const pools =
    live === 0 && timers.armed > 0 ? " (socket.closepools() closes idle connections)" : "";
  const list = fiberLines().map((line) => `\n  ${line}`);
  throw new TypeError(
    `simulate needs the reactor for itself, but ${users.join(", ")}: end what uses it before${pools}${list.join("")}`,
  );
}

/** Put the simulated world in the place of the real one; what is returned undoes it. */
function install(simulation: Simulation, trace: boolean): () => void {
  if (active !== null)
    throw new TypeError(
      "simulate: another simulation is under way: wait for it first (if its test timed out, that one is the problem)",
    );
  mustBeUnused();
  const { world } = simulation;
  const { clock, numbers, lastFiber, order, here, onIdle, meter, forgetting } = reactor;
  const { network } = current;
  const { sockets } = open;
  active = simulation;
  reactor.timers.abandon();
  reactor.clock = world.clock;
  reactor.numbers = new Map();
  reactor.lastFiber = 0;
  reactor.order = world.order;
  reactor.here = world.here;
  reactor.onIdle = reactor.meter = null;
  reactor.forgetting = new Set();
  current.network = world.network;
  open.sockets = new Open();
  const unwatch = logFibers(world.history, trace);
  const { orderedCalls, work } = simulation;
  const globals = virtualGlobals(world.clock, world.plan.random, orderedCalls, work);
  const uncaught = catchUncaught(simulation.fail);
  const observer = observeOperations(simulation.operations);
  simulation.timers = globals.pending;
  return () => {
    work.stop();
    uncaught();
    observeOperations(observer);
    orderedCalls.end();
    globals.restore();
    unwatch();
    // Also of a program that could not end: what waits for the virtual clock waits for nothing.
    reactor.abandon();
    Object.assign(reactor, { clock, numbers, lastFiber, order, here, onIdle, meter, forgetting });
    current.network = network;
    open.sockets = sockets;
    active = null;
  };
}

/** The simulation in which the caller runs. */
export function simulation(): { settling: WaitList } | null {
  return active;
}
