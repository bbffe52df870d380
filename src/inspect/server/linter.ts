/** What is conspicuous about fibers and sockets, by what is known of them; some of it by having looked before. */
import type { FiberFacts, Snapshot, SocketFacts } from "../facts.js";
import type { Lint } from "../view/lints.js";

/** Seconds that a run may take. */
const LONG_RUN = 0.05;
/** Seconds by which a timeout may be late: the reactor may have had other things to do. */
const LATE = 0.5;
/** Seconds for which a fiber may run without ever waiting, or output may stay as it is. */
const SUSPICIOUS = 2;
/** Seconds for which a fiber may wait for a peer that nothing limits: some talk seldom. */
const QUIET = 120;
/** Part of the time that a fiber may run, while it is never seen waiting. */
const MOST_OF_IT = 0.5;

interface Outgoing {
  /** Bytes that had left, and since when there are no more. */
  left: number;
  since: number;
}

/** A fiber that has been able to run at each look so far. */
interface Unwaiting {
  since: number;
  /** Seconds that it had run by then; null: it has never come to wait, so nothing is known of it. */
  busy: number | null;
}

/** Looks at one program, over and over. */
export class Linter {
  private unwaiting = new Map<number, Unwaiting>();
  private outgoing = new Map<number, Outgoing>();

  /** Names of `LINTS` by a fiber's id, joined by spaces; only those of which there is something to say. */
  look({
    now,
    fibers,
    sockets,
  }: Pick<Snapshot, "now" | "fibers" | "sockets">): Map<number, string> {
    const found = new Map<number, string>();
    const add = (id: number, lint: Lint): void => {
      const before = found.get(id);
      found.set(id, before === undefined ? lint : `${before} ${lint}`);
    };
    const unwaiting = new Map<number, Unwaiting>();
    for (const fiber of fibers) {
      if (fiber.longest !== null && fiber.longest > LONG_RUN) add(fiber.id, "slow");
      if (isOverdue(fiber, now)) add(fiber.id, "overdue");
      const { id, busy } = fiber;
      const young = fiber.born === null && fiber.waitsFor === null;
      if (!young && fiber.state !== "ready") continue;
      const before = this.unwaiting.get(id) ?? { since: now, busy: young ? null : busy };
      unwaiting.set(id, before);
      const seconds = now - before.since;
      if (seconds <= SUSPICIOUS) continue;
      // To be ready at each look may be chance: others run as well. To have run all the time is not.
      const ran = young ? seconds : (busy ?? 0) - (before.busy ?? 0);
      if (ran > seconds * MOST_OF_IT) add(id, "busy");
    }
    this.unwaiting = unwaiting;
    for (const id of untimed(fibers, sockets, now)) add(id, "untimed");
    for (const id of this.undrained(sockets, now)) add(id, "undrained");
    for (const id of holders(fibers, now)) add(id, "holding");
    return found;
  }

  /** Fibers whose sockets have sent what does not leave. */
  private *undrained(sockets: SocketFacts[], now: number): Iterable<number> {
    const outgoing = new Map<number, Outgoing>();
    for (const { id, sent, unsent, fiber } of sockets) {
      if (unsent === 0) continue;
      const left = sent - unsent;
      const before = this.outgoing.get(id);
      const same = before !== undefined && before.left === left;
      const state = same ? before : { left, since: now };
      outgoing.set(id, state);
      if (fiber !== null && now - state.since > SUSPICIOUS) yield fiber;
    }
    this.outgoing = outgoing;
  }
}

function isOverdue({ until, state }: FiberFacts, now: number): boolean {
  return until !== null && state === "parked" && now - until > LATE;
}

/** Those that wait on a connection, and without a timeout. (Who listens, or takes datagrams from anybody, may wait for ever.) */
function* untimed(fibers: FiberFacts[], sockets: SocketFacts[], now: number): Iterable<number> {
  const waiting = fibers.filter(
    ({ kind, until, since, socket }) =>
      (kind === "read" || kind === "write") &&
      until === null &&
      since !== null &&
      now - since > QUIET &&
      socket !== null,
  );
  if (waiting.length === 0) return;
  const connections = new Set<number>();
  for (const { id, domain, role } of sockets)
    if (role === "client" && (domain === "tcp" || domain === "unix")) connections.add(id);
  for (const { id, socket } of waiting) if (connections.has(socket!)) yield id;
}

/** Those who have locks that others have waited for all too long: by the words of the wait (src/copas/lock.ts). */
function holders(fibers: readonly FiberFacts[], now: number): Set<number> {
  const names = new Set<string>();
  for (const { waitsFor, since } of fibers) {
    if (since === null || now - since <= SUSPICIOUS) continue;
    const name = waitsFor === null ? undefined : /^lock:get, held by (.*)$/.exec(waitsFor)?.[1];
    if (name !== undefined) names.add(name);
  }
  if (names.size === 0) return new Set();
  return new Set(fibers.filter(({ name }) => names.has(name)).map(({ id }) => id));
}
