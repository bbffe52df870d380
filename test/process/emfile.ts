// A server with too few descriptors, which tells how much it has turned; for test/src/copas/bugs.test.ts.
import { socket } from "cosocket";
import { copas } from "cosocket/copas";

copas.status(true);
await copas.loop(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  console.log(`port ${server.getsockname()[1]}`);
  copas.addserver(server, function* (client) {
    const [question] = yield* client.receive();
    if (question === "what happened?") yield* client.send(`steps ${copas.status().steps}\n`);
  });
});
