/**
 * While a failure is made small another one may turn up. They were told apart by their texts: a number or an identifier in one made the same failure
 * another, which stopped the shrinking, and two with one text were the same. They are told apart by where they were thrown, and not by the innermost
 * place alone: what one helper throws for several callers is several failures.
 */
import { expect } from "chai";
import { sleep, socket } from "cosocket";
import { type World } from "cosocket/testing";
import type { Operation } from "effection";
import { found } from "../support/simulated.js";

describe("010: another failure was taken for the one made small", () => {
  it("another failure is not taken for the one that is made small, wherever it is thrown", async () => {
    const helper = (what: string): never => {
      throw new Error(what);
    };
    const two = function* (world: World): Operation<void> {
      yield* world.host("server", function* () {
        yield* socket.bind("*", 7000);
        yield* sleep(100);
      });
      yield* sleep(1);
      const [client, err] = yield* socket.connect("server", 7000);
      if (err === "connection refused") helper("refused");
      client?.close();
      helper("always");
    };
    const error = await found({ faults: { latency: [0.001, 0.01] }, runs: 1 }, two);
    const other = await found({ faults: { refuse: 1 }, runs: 1 }, two);
    expect([String(error.cause), error.faults]).to.deep.equal(["Error: always", []]);
    expect([String(other.cause), other.faults.length]).to.deep.equal(["Error: refused", 1]);
  });
});
