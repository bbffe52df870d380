/** A peer in another thread: it acts while this one is kept from reading, so that a write is the first to learn of it. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type * as net from "node:net";
import type * as threads from "node:worker_threads";
import { call, ensure, type Operation } from "effection";
import { socket, type Tcp } from "cosocket";

type Act = "end" | "reset";

/** Runs in the thread, from its text alone. */
function peer({ workerData, parentPort }: typeof threads, { connect }: typeof net): void {
  const { port, say, done } = workerData as { port: number; say: string; done: Int32Array };
  const socket = connect(port, "127.0.0.1", () => socket.write(say));
  socket.on("error", () => {});
  socket.resume();
  socket.on("close", () => {
    Atomics.store(done, 0, 1);
    Atomics.notify(done, 0);
    parentPort!.close();
  });
  parentPort!.on(
    "message",
    (act: Act) => void (act === "end" ? socket.destroy() : socket.resetAndDestroy()),
  );
}

const CODE = `(${String(peer)})(require("node:worker_threads"), require("node:net"))`;

/** A connection whose peer has sent `say`; `act` makes it end or reset it, and returns when it has, without Node's loop having run. */
export function* threadPeer(say: string): Operation<{ served: Tcp; act: (how: Act) => void }> {
  const [server] = yield* socket.bind("127.0.0.1", 0);
  const [, port] = server!.getsockname();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(CODE, { eval: true, workerData: { port, say, done } });
  yield* ensure(() => call(() => worker.terminate()));
  yield* call(() => once(worker, "online"));
  const [served] = yield* server!.accept();
  server!.close();
  yield* ensure(() => void served!.close());
  const act = (how: Act): void => {
    worker.postMessage(how);
    Atomics.wait(done, 0, 0);
  };
  return { served: served!, act };
}
