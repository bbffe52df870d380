/** Node's handles are native code, where a mistake ends the process: one is fed handles in every state. */
import { join } from "node:path";
import { expect } from "chai";
import { call } from "effection";
import { handles } from "../../../src/network/handle/index.js";
import { check } from "../../support/check.js";
import { program, root } from "../../support/process.js";
import { runs } from "../../support/counts.js";

/** Many more by hand, with a collection at each place: COSOCKET_RUNS=10. */
const ROUNDS = runs(1);
const EVERY = ROUNDS === 1 ? 100 : 1;

describe("Node's handles", function () {
  if (ROUNDS > 1) this.timeout(0);

  it(`are closed in every state, with collections between, and nothing crashes or is left (${ROUNDS} times)`, function () {
    if (handles === null) this.skip();
    return check(function* () {
      const file = join(root, "dist/test/process/handle-states.js");
      const states = yield* program(process.execPath, [
        "--expose-gc",
        file,
        String(ROUNDS),
        String(EVERY),
      ]);
      expect(yield* call(() => states.ends()), states.out).to.deep.equal({ code: 0, signal: null });
      expect(states.out).to.equal("through\n");
    });
  });

  it("read where they should after an exception, though Node drops what it was told then", () =>
    check(function* () {
      const file = join(root, "dist/test/process/read-memory.js");
      const reader = yield* program(process.execPath, [file]);
      expect(yield* call(() => reader.ends()), reader.out).to.deep.equal({ code: 0, signal: null });
      expect(reader.out).to.equal("exceptions, 0 wrong\n");
    }));
});
