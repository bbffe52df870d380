/** A thread that listens at an address and never accepts: its queue fills, and what knocks then gets no answer (Linux). */
import { createServer, type AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

const { host, port, over } = workerData as { host: string; port: number; over: Int32Array };
const server = createServer();
server.once("error", (error: NodeJS.ErrnoException) =>
  parentPort!.postMessage({ error: error.code }),
);
server.listen({ host, port, backlog: 1 }, () => {
  parentPort!.postMessage({ port: (server.address() as AddressInfo).port });
  // Its loop stands still, and with it what would accept.
  Atomics.wait(over, 0, 0);
  server.close();
});
