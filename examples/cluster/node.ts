// HOST=0.0.0.0 PORT=7786 LOG=redis://redis.internal:6379 node dist/examples/cluster/node.js
//
// One node of the chat: as many as you like, on as many machines, with one log. SIGTERM: it takes no more clients, and tells those that it has to go elsewhere.
// WORKERS=4: it is so many processes, which share the port, are started again when they die, and are replaced one after the other on SIGHUP.
import { main, type Operation } from "effection";
import { socket } from "cosocket";
import { cluster } from "cosocket/cluster";
import { chatNode } from "./chat-node.js";
import { openLog } from "./log.js";

const { HOST = "127.0.0.1", PORT = "7786", LOG, WORKERS } = process.env;

function* node(): Operation<void> {
  if (LOG !== undefined)
    console.log("connecting to the log: whatever needs it waits until it is there");
  const log = yield* openLog(LOG);
  const server = socket.try(yield* socket.bind(HOST, Number(PORT)));
  console.log(`listening on ${String(server)}`);
  yield* chatNode(server, log);
}

await main(function* () {
  if (WORKERS === undefined) yield* node();
  else yield* cluster(node, { workers: Number(WORKERS), grace: 10 });
});
