/** Who waits for how many, and for whom of them there is enough. */
import { expect } from "chai";
import fc from "fast-check";
import { type Claim, Claims } from "../../../src/copas/claims.js";
import { runs } from "../../support/counts.js";

/** A claim as far as lists of them are concerned. */
function claim(amount: number, looked: () => void = () => {}): Claim {
  const links = { before: null, behind: null };
  return Object.defineProperty(links, "wanted", {
    get() {
      looked();
      return amount;
    },
  }) as unknown as Claim;
}

describe("claims", () => {
  it("are promised to the first ones for whom there is enough, whatever comes and goes", () => {
    const amount = fc.nat(4);
    const step = fc.oneof(
      fc.record({ add: amount }),
      fc.record({ leave: fc.nat(20) }),
      fc.record({ available: fc.integer({ min: -3, max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let available = 0;
        const claims = new Claims(() => available);
        const model: Claim[] = [];
        for (const step of steps) {
          if ("add" in step) {
            const one = claim(step.add);
            model.push(one);
            claims.add(one);
          } else if ("available" in step) available = step.available;
          else if (step.leave < model.length) claims.delete(model.splice(step.leave, 1)[0]!);
          let sum = 0;
          for (const { wanted } of model) {
            if (sum + wanted > Math.max(available, 0)) break;
            sum += wanted;
          }
          expect(claims.promised()).to.equal(sum);
        }
      }),
      { numRuns: runs(50, 200) },
    );
  });

  it("are looked at a few times each, however often it is asked what is promised", () => {
    let [available, looked] = [0, 0];
    const claims = new Claims(() => available);
    for (let i = 0; i < 1000; i++) claims.add(claim(1, () => looked++));
    claims.add(claim(1e6, () => looked++));
    for (let i = 0; i < 1000; i++) {
      available++;
      expect(claims.promised()).to.equal(available);
    }
    expect(looked).to.be.below(10_000);
  });
});
