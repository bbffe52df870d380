// A Copas program without Effection: its last line is the loop. For test/src/copas/loop.test.ts.
import { socket } from "cosocket";
import { copas } from "cosocket/copas";

await copas.loop(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  console.log(`port ${server.getsockname()[1]}`);
  copas.addserver(server, function* (client) {
    try {
      yield* client.send("hello\n");
      yield* client.receive();
    } finally {
      yield* client.send("bye\n");
      console.log("cleaned up");
    }
  });
});
console.log("not reached when a signal ends it");
