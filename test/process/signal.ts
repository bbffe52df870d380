// A server whose handlers clean up and say so; for test/process.test.ts.
import { main } from "effection";
import { serve, sleep, socket } from "cosocket";

await main(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", Number(process.argv[2] ?? 0)));
  console.log(`port ${server.getsockname()[1]}`);
  yield* serve(server, function* (client) {
    try {
      yield* client.send("hello\n");
      yield* client.receive();
    } finally {
      yield* client.send("bye\n");
      yield* sleep(0.01);
      console.log("cleaned up");
    }
  });
});
