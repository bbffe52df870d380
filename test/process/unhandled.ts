// A fiber that fails and that nobody waits for; for test/process.test.ts.
import { run, sleep } from "cosocket";

void run(function* () {
  yield* sleep(0.001);
  throw new Error("nobody waits for this");
});
