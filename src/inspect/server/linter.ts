/** What is conspicuous about fibers and sockets, by what is known of them; some of it by having looked before. */
import type { FiberFacts, Snapshot, SocketFacts } from "../facts.js";
import type { Lint } from "../view/lints.js";

/** Seconds that a run may take. */
const LONG_RUN = 0.05;
/** Seconds by which a timeout may be late: the reactor may have had other things to do. */
const LATE = 0.5;
/** Seconds for which a fiber may run without ever waiting, or output may stay as it is. */
const SUSPICIOUS = 2;

interface Outgoing {
  /** Bytes that had left, and since when there are no more. */
  left: number;
  since: number;
}

/** Looks at one program, over and over. */
export class Linter {
  private young = new Map<number, number>();
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
    const young = new Map<number, number>();
    for (const fiber of fibers) {
      if (fiber.longest !== null && fiber.longest > LONG_RUN) add(fiber.id, "slow");
      if (isOverdue(fiber, now)) add(fiber.id, "overdue");
      if (fiber.born !== null || fiber.waitsFor !== null) continue;
      const since = this.young.get(fiber.id) ?? now;
      young.set(fiber.id, since);
      if (now - since > SUSPICIOUS) add(fiber.id, "busy");
    }
    this.young = young;
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
