/** Running a program in a simulated world. */
import type { Operation } from "effection";
import { reactor, type WaitList } from "../../reactor/index.js";
import { current } from "../network/index.js";
import type { Faults } from "./faults.js";
import { virtualGlobals } from "./virtual/globals.js";
import { type Entry, printed } from "./log.js";
import { askedReplay, SimulationError } from "./report.js";
import { Simulation } from "./simulation.js";
import { type World, SimWorld } from "./world.js";
import { watchFibers } from "./watch-fibers.js";

export interface SimulateOptions {
  /** A whole number; the same one gives the same run. Default 1. */
  seed?: number;
  /** What may go wrong. Default: nothing. */
  faults?: Faults;
  /** If given, of all that the seed has in store only this goes wrong: what {@link Run.faults} lists. */
  only?: readonly string[];
  /** Other names of hosts: `{ "www.example.com": "server" }`. */
  names?: Readonly<Record<string, string>>;
  /** Seconds of virtual time after which it fails. Default: a day. */
  limit?: number;
  /** How many things may happen, before it is taken for a loop without end. Default: ten million. */
  events?: number;
  /** Log also what each fiber waits for, and when it goes on. */
  trace?: boolean;
  /** Whether it may leave sockets, timers or fibers behind. Default: then it fails. */
  leaks?: boolean;
}

/** What came of it. */
export interface Run<T> {
  value: T;
  seed: number;
  /** Seconds of virtual time that it took. */
  seconds: number;
  /** What went wrong, each by its name. */
  faults: readonly string[];
  log: readonly Entry[];
  /** The log in lines. */
  toString(): string;
}

const DAY = 86_400;
const MOST_EVENTS = 10_000_000;

/** The world that is being simulated. */
let active: Simulation | null = null;

/**
 * Run a program in a simulated world: on a clock that jumps when nobody can go on, and an in-memory network with names, ports, TCP,
 * UDP and Unix sockets. No real socket or timer is touched.
 *
 * Virtual are: everything of cosocket's; timers, also those of node:timers and node:timers/promises (and so Effection's sleep); Date,
 * performance.now, process.hrtime; Math.random and node:crypto's random values. Not: node:net and its like used directly, child
 * processes. Files may be read; it is waited for.
 *
 * @param program gets the world: hosts, partitions, the log. It runs as a fiber; when it ends all is halted, as ever.
 * @returns what it returned, and the log. Rejects with {@link SimulationError} when it throws, when nobody can go on
 * ("deadlock", with a list of who waits for what), when it leaves something behind, or takes too long.
 * TypeError when the reactor is in use: a simulation needs it for itself.
 */
export async function simulate<T>(
  options: SimulateOptions,
  program: (world: World) => Operation<T>,
): Promise<Run<T>> {
  const { faults = {}, names = {}, limit = DAY, trace = false, leaks = false } = options;
  const { events = MOST_EVENTS } = options;
  const { seed, only } = askedReplay() ?? { seed: options.seed ?? 1, only: options.only };
  if (typeof program !== "function")
    throw new TypeError(
      "simulate takes options and a program: simulate({ seed: 1 }, function* () { ... })",
    );
  if (!(Number.isSafeInteger(seed) && seed >= 0))
    throw new TypeError(`simulate: the seed is a whole number from 0, not ${String(seed)}`);
  const world = new SimWorld({ seed, faults, only, names });
  const simulation = new Simulation(world, limit, events);
  const leave = enter(simulation, trace);
  try {
    const value = await simulation.perform(program);
    if (!leaks) simulation.mustHaveEndedAll();
    const { entries: log } = world.history;
    const seconds = world.now();
    const { happened } = world.fate;
    return { value, seed, seconds, faults: happened, log, toString: () => printed(log) };
  } catch (error) {
    const { happened: faults } = world.fate;
    throw new SimulationError({ cause: error, seed, faults, log: world.history.entries });
  } finally {
    leave();
  }
}

/** Put the simulated world in the place of the real one; what is returned undoes it. */
function enter(simulation: Simulation, trace: boolean): () => void {
  if (active !== null)
    throw new TypeError(
      "simulate: another simulation is under way: wait for it first (if its test timed out, that one is the problem)",
    );
  const { timers } = reactor;
  if (reactor.live > 0 || reactor.ready > 0 || timers.armed > 0)
    throw new TypeError(
      `simulate needs the reactor for itself, but ${reactor.live} fibers live and ${timers.armed} deadlines are armed: end them before ` +
        "(socket.closepools() closes idle connections)",
    );
  const { world } = simulation;
  const { clock, numbers, lastFiber, order, here, quiet, meter, forgetting } = reactor;
  const { network } = current;
  active = simulation;
  timers.abandon();
  reactor.clock = world.clock;
  reactor.numbers = new Map();
  reactor.lastFiber = 0;
  reactor.order = world.order;
  reactor.here = world.here;
  reactor.quiet = reactor.meter = null;
  reactor.forgetting = new Set();
  current.network = world.network;
  const unwatch = watchFibers(world.history, trace);
  const globals = virtualGlobals(world.clock, world.fate.dice);
  simulation.timers = globals.pending;
  return () => {
    globals.restore();
    unwatch();
    // Also of a program that could not end: what waits for the virtual clock waits for nothing.
    reactor.abandon();
    Object.assign(reactor, { clock, numbers, lastFiber, order, here, quiet, meter, forgetting });
    current.network = network;
    active = null;
  };
}

/** The simulation in which the caller runs. */
export function simulation(): { settling: WaitList } | null {
  return active;
}
