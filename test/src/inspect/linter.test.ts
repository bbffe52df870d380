import { expect } from "chai";
import type { FiberFacts, SocketFacts } from "../../../src/inspect/facts.js";
import { Linter } from "../../../src/inspect/server/linter.js";

/** One that has waited before. */
const fiber = (
  state: FiberFacts["state"],
  busy: number | null,
  more: Partial<FiberFacts> = {},
): FiberFacts => ({
  ...{ id: 1, parent: null, name: "one", state, born: 1, waitsFor: "lock:get", kind: null },
  ...{ since: 1, until: null, runs: 5, busy, longest: 0.001, socket: null },
  ...more,
});

/** A connection with a fiber, or what `more` says. */
const socket = (more: Partial<SocketFacts> = {}): SocketFacts => ({
  ...{ id: 7, name: "tcp{client}", domain: "tcp", role: "client", local: null, peer: null },
  ...{ incoming: true, tls: null, closing: false, fiber: 1, born: 1, received: 0, sent: 0 },
  ...{ unread: 0, unsent: 0, readers: 0, writers: 0 },
  ...more,
});

/** The marks after looks at these moments. */
function marks(...looks: [now: number, fiber: FiberFacts][]): string | undefined {
  const linter = new Linter();
  const all = looks.map(([now, one]) => linter.look({ now, fibers: [one], sockets: [] }));
  return all.at(-1)!.get(1);
}

/** Those of all, after looks at sockets, too. */
function marksOf(...looks: [now: number, fibers: FiberFacts[], sockets: SocketFacts[]][]): object {
  const linter = new Linter();
  const all = looks.map(([now, fibers, sockets]) => linter.look({ now, fibers, sockets }));
  return Object.fromEntries(all.at(-1)!);
}

describe("what is conspicuous about a fiber", () => {
  it("is one long run, and a timeout that is over and has not been told", () => {
    expect(marks([10, fiber("parked", 0, { longest: 0.06 })])).to.equal("slow");
    expect(marks([10, fiber("parked", 0, { longest: 0.04 })])).to.equal(undefined);
    expect(marks([10, fiber("parked", 0, { until: 9.4 })])).to.equal("overdue");
    expect(marks([10, fiber("parked", 0, { until: 9.6 })])).to.equal(undefined);
    expect(marks([10, fiber("ready", 0, { until: 9.4 })])).to.equal(undefined);
  });

  it("is that it has never waited", () => {
    const young = fiber("running", null, { born: null, waitsFor: null, since: null });
    expect(marks([10, young])).to.equal(undefined);
    expect(marks([10, young], [12.1, young])).to.equal("busy");
  });

  it("is that what it has sent does not leave, for seconds", () => {
    const one = [fiber("parked", 0)];
    const [full, less] = [socket({ sent: 100, unsent: 60 }), socket({ sent: 100, unsent: 59 })];
    expect(marksOf([10, one, [full]], [12.1, one, [full]])).to.deep.equal({ 1: "undrained" });
    expect(marksOf([10, one, [full]], [12.1, one, [less]])).to.deep.equal({});
    expect(marksOf([10, one, [full]], [11, one, []], [12.1, one, [full]])).to.deep.equal({});
    const nobodys = socket({ sent: 100, unsent: 60, fiber: null });
    expect(marksOf([10, one, [nobodys]], [12.1, one, [nobodys]])).to.deep.equal({});
  });

  it("is that it has a lock for which others have waited for seconds", () => {
    const holder = fiber("parked", 0, { id: 2, name: "holder, of a lock", waitsFor: "sleep(9)" });
    const asks = (since: number) =>
      fiber("parked", 0, { since, waitsFor: "lock:get, held by holder, of a lock" });
    expect(marksOf([10, [holder, asks(7.9)], []])).to.deep.equal({ 2: "holding" });
    expect(marksOf([10, [holder, asks(8.1)], []])).to.deep.equal({});
  });

  it("is that it has waited for a peer for minutes, and that no timeout ends that", () => {
    const waits = (more: Partial<FiberFacts> = {}) =>
      fiber("parked", 0, { kind: "read", socket: 7, since: 10, ...more });
    const at = (now: number, one: FiberFacts, on = socket()) => marksOf([now, [one], [on]]);
    expect(at(131, waits())).to.deep.equal({ 1: "untimed" });
    expect(at(131, waits({ kind: "write" }), socket({ domain: "unix" }))).to.deep.equal({
      1: "untimed",
    });
    expect(at(129, waits())).to.deep.equal({});
    expect(at(131, waits({ until: 500 }))).to.deep.equal({});
    expect(at(131, waits(), socket({ role: "server" }))).to.deep.equal({});
    expect(at(131, waits(), socket({ domain: "udp", role: "unconnected" }))).to.deep.equal({});
    expect(at(131, waits({ kind: "timer", socket: null }))).to.deep.equal({});
  });

  it("is that it runs all the time, whatever it has waited for before", () => {
    const found = marks(
      [10, fiber("ready", 0)],
      [11, fiber("ready", 1)],
      [13, fiber("ready", 2.8)],
    );
    expect(found).to.equal("busy");
  });

  it("is not that it happens to be ready whenever somebody looks", () => {
    const found = marks(
      [10, fiber("ready", 0)],
      [11, fiber("ready", 0)],
      [13, fiber("ready", 0.1)],
    );
    expect(found).to.equal(undefined);
  });

  it("is not that it has run for long before it waited", () => {
    const found = marks([10, fiber("ready", 0)], [12, fiber("parked", 2)], [13, fiber("ready", 3)]);
    expect(found).to.equal(undefined);
  });
});
