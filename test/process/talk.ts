/** A cluster whose primary process and workers talk. Prints what was said, and what the primary process knows of its workers; then all end, in spite of a body that stays. */
import { main, type Operation, suspend } from "effection";
import { fork, sleep } from "cosocket";
import { cluster, type Primary, type Worker } from "cosocket/cluster";

function* body(worker: Worker): Operation<void> {
  worker.ready();
  for (;;) {
    const [message, err] = yield* worker.receive();
    if (err) break;
    if (message === "stay") break;
    yield* worker.send({ from: worker.slot, of: worker.workers, message });
  }
  yield* suspend();
}

function* primary(primary: Primary): Operation<void> {
  const [one, two] = primary.workers;
  console.log("slots", one!.slot, two!.slot, one!.state);
  // More than may be under way: it waits for them.
  yield* fork(function* () {
    for (let i = 0; i < 2500; i++) yield* one!.send(i);
  });
  let sum = 0;
  for (let i = 0; i < 2500; i++) {
    const [letter] = yield* primary.receive();
    sum += (letter!.message as { message: number }).message;
  }
  console.log("sum", sum);
  console.log("broadcast", yield* primary.broadcast(new Map([["a", Buffer.from("bytes")]])));
  const from: string[] = [];
  for (let i = 0; i < 2; i++) {
    const [letter, err] = yield* primary.receive();
    if (err) return;
    const { message, of } = letter.message as { message: Map<string, Uint8Array>; of: number };
    from.push(`${letter.worker.slot} of ${of}: ${Buffer.from(message.get("a")!).toString()}`);
  }
  console.log("from", from.sort().join(", "));
  try {
    yield* one!.send(() => {});
  } catch (error) {
    console.log(String(error));
  }
  const [status, silent] = yield* primary.status();
  console.log("status", status!.state, status!.reactor!.fibers > 0, status!.memory! > 1e6);
  console.log("status", silent!.slot, JSON.parse(JSON.stringify(silent)).failures);
  const [{ fibers } = { fibers: null }] = yield* primary.fibers();
  const waits = fibers!.find(({ name }) => name === "worker_1:body")!.waitsFor;
  console.log("fibers", waits);
  process.kill(two!.pid!, "SIGKILL");
  while (two!.state !== "ended") yield* sleep(0.01);
  console.log("dead", (yield* two!.send("x"))[1]);
  yield* one!.send("stay");
  process.kill(process.pid, "SIGTERM");
}

await main(function* () {
  const options = { workers: 2, grace: 0.05, onevent: () => {} };
  yield* cluster(body, { ...options, primary });
  console.log("end");
});
