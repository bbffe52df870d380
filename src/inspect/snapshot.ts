/** All that is known, at one moment. */
import { awaited, checkOptionNames, type Fiber, reactor } from "../../reactor/index.js";
import { current } from "../network/index.js";
import { open } from "../object/index.js";
import type { ReactorFacts, Snapshot } from "./facts.js";
import { fibersBut, fibersFacts } from "./fibers.js";
import { givenFacts } from "./given.js";
import { openSockets, serversFacts, socketsFacts } from "./sockets.js";
import { loopFacts } from "./watch.js";

/** Options of `snapshot`. TypeError for others. */
export interface SnapshotOptions {
  /** With the place at which each fiber waits, which takes longer: see `pathOf`; "recorded": where that is known without asking. Default: false. */
  paths?: boolean | "recorded";
  /** Leave out this fiber, its descendants, and what belongs to them: those who look need not see themselves. */
  without?: Fiber;
}

/**
 * What runs now: every fiber with what it waits for, every open socket, every server, and the reactor's counts, as plain data.
 *
 * Takes a microsecond or two for each fiber and socket, in which nothing else runs. Nothing is kept for it meanwhile: what has a cost is
 * counted only while somebody asks for it by {@link watch}.
 *
 * @example
 * const { now, fibers } = snapshot();
 * for (const { name, waitsFor, since } of fibers) console.log(name, waitsFor, since && now - since);
 */
export function snapshot(options: SnapshotOptions = {}): Snapshot {
  checkOptionNames("snapshot", options, ["paths", "without"]);
  const { paths = false, without } = options;
  const now = reactor.clock.now();
  const fibers = fibersBut(without);
  const engines = openSockets();
  const known = without === undefined ? null : new Set<Fiber>(fibers);
  const shown =
    known === null ? engines : engines.filter(({ owner }) => owner === null || known.has(owner));
  return {
    time: reactor.clock.time(),
    now,
    fibers: fibersFacts(fibers, paths),
    promises: awaited().map(({ waitsFor, seconds }) => ({ waitsFor, since: now - seconds })),
    sockets: [...socketsFacts(shown), ...givenFacts(fibers)],
    servers: serversFacts(shown),
    reactor: reactorFacts(),
  };
}

function reactorFacts(): ReactorFacts {
  return {
    fibers: reactor.live,
    started: reactor.lastFiber,
    ready: reactor.ready,
    deadlines: reactor.timers.armed,
    turns: reactor.turns,
    ...loopFacts(),
    transport: current.network.transport,
  };
}

/**
 * Sums that are always kept: bytes that all sockets have received and sent, how many are open, how many fibers live and are ready. Looks at the
 * open sockets only, so it may be asked often.
 *
 * @example const { received, sent } = totals();
 */
export function totals(): {
  received: number;
  sent: number;
  open: number;
  fibers: number;
  ready: number;
} {
  const { opened, closed } = open.sockets.totals;
  return {
    ...open.sockets.bytes(),
    open: opened - closed,
    fibers: reactor.live,
    ready: reactor.ready,
  };
}
