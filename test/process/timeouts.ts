// Waits with a timeout, while nothing else keeps the process alive; for test/process.test.ts.
import { run, sleep } from "cosocket";
import { copas, lock, queue, semaphore } from "cosocket/copas";

await run(function* () {
  const mutex = lock.new(0.01, true);
  yield* mutex.get();
  console.log("lock", (yield* mutex.get())[1]);
  console.log("semaphore", (yield* semaphore.new(1, 0, 0.01).take())[1]);
  const jobs = yield* queue.new<number>({ max: 1 });
  console.log("pop", (yield* jobs.pop(0.01))[1]);
  yield* jobs.push(1);
  console.log("push", (yield* jobs.push(2, 0.01))[1]);
  jobs.add_worker(() => sleep(Infinity));
  console.log("finish", (yield* jobs.finish(0.01))[1]);
  copas.addthread(function* () {
    copas.timeout(0.02, () => console.log("timeout"));
    yield* copas.pauseforever();
  });
  console.log("step", yield* copas.step(0.01));
  while (!copas.finished()) yield* copas.step();
});
console.log("done");
