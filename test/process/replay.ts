// Prints the log of one run of the key-value store: node replay.js <seed>. For test/src/testing/simulate.test.ts.
import * as cosocket from "cosocket";
import { ALL_FAULTS, simulate } from "cosocket/testing";
import { keyValueProgram } from "../support/kv.js";

const run = await simulate(
  { seed: Number(process.argv[2]), faults: ALL_FAULTS },
  keyValueProgram(cosocket),
);
process.stdout.write(String(run));
