/**
 * Fails a test that asserted nothing: it would pass whatever the library did. Loaded by mocha (.mocharc.js, `--require`).
 *
 * All of chai goes through one function, which counts. What `check` sees to after every test is not a test's own assertion: it asserts in `uncounted`.
 */
import { Assertion } from "chai";
import type { Context, RootHookObject } from "mocha";

// The declarations leave it out: https://www.chaijs.com/guide/helpers/ has it.
const prototype = Assertion.prototype as unknown as { assert(...args: unknown[]): void };
const { assert } = prototype;
let asserted = 0;

prototype.assert = function (...args) {
  asserted++;
  assert.apply(this, args);
};

/** Assertions that are no test's own. */
export function uncounted(assertions: () => void): void {
  const before = asserted;
  assertions();
  asserted = before;
}

export const mochaHooks: RootHookObject = {
  beforeEach(this: Context) {
    const test = this.currentTest!;
    const body = test.fn!;
    asserted = 0;
    test.fn = async function (this: Context) {
      await (body as (this: Context) => unknown).call(this);
      if (asserted === 0) throw new Error("this test asserted nothing");
    };
  },
};
