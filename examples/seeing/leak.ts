// COSOCKET_INSPECT=7070 npm run example:seeing-leak
//
// Fibers that nobody ends. docs/seeing.md tells how they are found.
import { main } from "effection";
import { fork, run, serve, sleep, socket } from "cosocket";

await main(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", Number(process.env["PORT"] ?? 7791)));
  console.log(`listening on ${String(server)}`);
  yield* fork(() =>
    serve(
      server,
      function* (client) {
        const heartbeat = function* () {
          for (;;) {
            yield* sleep(10);
            yield* client.send("still here\n");
          }
        };
        // It has no parent: it goes on when the client has gone. `yield* fork(heartbeat)` would end with the handler.
        run(heartbeat, { name: `heartbeat of ${client.getpeername()[1]}` }).catch(() => {});
        const [line] = yield* client.receive("*l");
        yield* client.send(`${line}\n`);
      },
      { name: "echo" },
    ),
  );
  for (;;) {
    const client = socket.try(
      yield* socket.connect("127.0.0.1", server.getsockname()[1] as number),
    );
    yield* client.send("hello\n");
    yield* client.receive("*l");
    client.close();
    yield* sleep(0.1);
  }
});
