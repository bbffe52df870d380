// npm run example:cluster
//
// Two nodes of a chat, in one process, with their log in its memory. With LOG=redis://127.0.0.1:6379 or LOG=nats://127.0.0.1:4222 it is there, and
// nodes on other machines share it: node.ts is one node alone. Talk to either of the two with: node dist/examples/cluster/client.js <name> 127.0.0.1:7786 127.0.0.1:7787
import { main, type Operation } from "effection";
import { all, socket } from "cosocket";
import { chatNode } from "./chat-node.js";
import { openLog } from "./log.js";

const ports = (process.env["PORTS"] ?? "7786,7787").split(",").map(Number);

await main(function* () {
  const url = process.env["LOG"];
  if (url !== undefined)
    console.log("connecting to the log: whatever needs it waits until it is there");
  const log = yield* openLog(url);
  const node = function* (port: number): Operation<void> {
    const server = socket.try(yield* socket.bind("127.0.0.1", port));
    console.log(`listening on ${String(server)}`);
    yield* chatNode(server, log);
  };
  yield* all(ports.map((port) => () => node(port)));
});
