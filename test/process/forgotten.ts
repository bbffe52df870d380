// Operations that nobody performs, with COSOCKET_DEBUG; for test/process.test.ts.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fork, run, sleep, socket } from "cosocket";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const kept = sleep(4);

await run(function* program() {
  forgets();
  forgets();
  yield* sleep(0);
  const later = sleep(0);
  const fiber = yield* fork(() => sleep(5));
  fiber.halt();
  yield* later;
  collect();
  // The registry is told in a task of its own.
  yield* sleep(0.001);
  console.log("collected");
});
console.log(String(kept).length > 0);

/** In a frame of its own, so that nothing is left on the stack. */
function forgets(): void {
  for (let i = 0; i < 3; i++) {
    // eslint-disable-next-line cosocket/no-floating-operations
    socket.sleep(3);
  }
}
