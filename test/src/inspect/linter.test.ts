import { expect } from "chai";
import type { FiberFacts } from "../../../src/inspect/facts.js";
import { Linter } from "../../../src/inspect/server/linter.js";

/** One that has waited before. */
const fiber = (state: FiberFacts["state"], busy: number | null): FiberFacts => ({
  ...{ id: 1, parent: null, name: "one", state, born: 1, waitsFor: "lock:get", kind: null },
  ...{ since: 1, until: null, runs: 5, busy, longest: 0.001, socket: null },
});

/** The marks after looks at these moments. */
function marks(...looks: [now: number, fiber: FiberFacts][]): string | undefined {
  const linter = new Linter();
  const all = looks.map(([now, one]) => linter.look({ now, fibers: [one], sockets: [] }));
  return all.at(-1)!.get(1);
}

describe("what is conspicuous about a fiber", () => {
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
