// Ends in the middle of a simulation: node simulated-exit.js <how>. For test/src/testing/outside.test.ts.
import { createHook } from "node:async_hooks";
import { sleep } from "cosocket";
import { simulate, type SimulationError } from "cosocket/testing";

const fail = (what: string) => (): never => {
  throw new Error(what);
};
const ways: Record<string, () => void> = {
  exits: () => process.exit(),
  "exits with 3": () => process.exit(3),
  "has a hook that throws": () => {
    createHook({ init: fail("in a hook") }).enable();
    void Promise.resolve().then(() => {});
  },
  "has a handler that throws": () => {
    process.once("exit", fail("in a handler"));
    process.exit();
  },
};

try {
  await simulate({ seed: 77 }, function* () {
    yield* sleep(1);
    ways[process.argv[2]!]!();
  });
} catch (error) {
  process.stdout.write(`${(error as SimulationError).message}\n`);
}
