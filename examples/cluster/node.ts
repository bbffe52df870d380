// HOST=0.0.0.0 PORT=7786 LOG=redis://redis.internal:6379 node dist/examples/cluster/node.js
//
// One node of the chat: as many as you like, on as many machines, with one log. SIGTERM: it takes no more clients, and tells those that it has to go elsewhere.
import { main } from "effection";
import { socket } from "cosocket";
import { chatNode } from "./chat-node.js";
import { openLog } from "./log.js";

const { HOST = "127.0.0.1", PORT = "7786", LOG } = process.env;

await main(function* () {
  const log = yield* openLog(LOG);
  const server = socket.try(yield* socket.bind(HOST, Number(PORT)));
  console.log(`listening on ${String(server)}`);
  yield* chatNode(server, log);
});
