// COSOCKET_INSPECT=7070 npm run example:seeing-stuck
//
// A client that gets no answer. docs/seeing.md tells how it is found.
import { main, sleep } from "effection";
import { fork, serve, socket } from "cosocket";

await main(function* () {
  const backend = socket.try(yield* socket.bind("127.0.0.1", 0));
  yield* fork(() =>
    serve(
      backend,
      function* (client) {
        for (;;) {
          const [question, err] = yield* client.receive("*l");
          if (err) return;
          // Now and then it forgets the end of the line.
          yield* client.send(question === "7" ? "49" : `${Number(question) ** 2}\n`);
        }
      },
      { name: "backend" },
    ),
  );
  const server = socket.try(yield* socket.bind("127.0.0.1", Number(process.env["PORT"] ?? 7790)));
  console.log(`listening on ${String(server)}`);
  yield* fork(() =>
    serve(
      server,
      function* (client) {
        const upstream = socket.try(
          yield* socket.connect("127.0.0.1", backend.getsockname()[1] as number),
        );
        for (;;) {
          const [question, err] = yield* client.receive("*l");
          if (err) return;
          yield* upstream.send(`${question}\n`);
          const [answer] = yield* upstream.receive("*l"); // without a timeout
          yield* client.send(`${answer}\n`);
        }
      },
      { name: "relay" },
    ),
  );
  for (let i = 1; i <= 20; i++) {
    const client = socket.try(
      yield* socket.connect("127.0.0.1", server.getsockname()[1] as number),
    );
    const asks = function* () {
      for (;;) {
        yield* client.send(`${i}\n`);
        yield* client.receive("*l");
        yield* sleep(500);
      }
    };
    yield* fork(asks, { name: `asker-${i}` });
  }
  yield* sleep(3_600_000);
});
