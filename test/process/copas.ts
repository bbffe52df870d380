// A Copas program whose last line is the loop; or, node copas.js main, one within Effection's main. For test/src/copas/loop.test.ts.
import { main, type Operation } from "effection";
import { socket } from "cosocket";
import { copas } from "cosocket/copas";

function* begin(): Operation<void> {
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
}

if (process.argv[2] === "main") await main(() => copas.loop(begin));
else await copas.loop(begin);
console.log("not reached when a signal ends it");
