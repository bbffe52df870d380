/** Whether random programs get everywhere: a branch of a model that no seed takes asserts nothing. */
import { expect } from "chai";
import { reactor, systemClock } from "cosocket/reactor";
import { areTheUsual } from "./counts.js";

/**
 * Counts how often branches of a model are taken in simulations. (On the real network that depends on the machine.)
 *
 * @example
 * const branches = new Branches("a send times out");
 * if (error) branches.take("a send times out");
 * describe("random halts", () => {
 *   programs("lose nothing", program, 10);
 *   branches.allTaken();
 * });
 */
export class Branches<Name extends string> {
  private readonly counts: Map<Name, number>;

  constructor(...names: Name[]) {
    this.counts = new Map(names.map((name) => [name, 0]));
  }

  take(name: Name): void {
    if (reactor.clock !== systemClock) this.counts.set(name, this.counts.get(name)! + 1);
  }

  /** The last test of a suite: its other tests have taken each. Skipped when they have not all run, or with other seeds. */
  allTaken(): void {
    const { counts } = this;
    it(`take every branch: ${[...counts.keys()].join("; ")}`, function () {
      const others = this.test!.parent!.tests.filter((test) => test !== this.test);
      if (!others.every((test) => test.isPassed()) || !areTheUsual) this.skip();
      const never = [...counts].filter(([, times]) => times === 0).map(([name]) => name);
      expect(never).to.deep.equal([]);
    });
  }
}
