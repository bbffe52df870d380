// COSOCKET_INSPECT=7070 npm run example:seeing-slow
//
// All clients are slow now and then, because of one. docs/seeing.md tells how it is found.
import { createHash } from "node:crypto";
import { main } from "effection";
import { fork, serve, sleep, socket, type Tcp } from "cosocket";

/** As some do with passwords: a tenth of a second and more, in which nobody else runs. */
function stretched(password: string): string {
  let hash = password;
  for (const until = performance.now() + 150; performance.now() < until;)
    hash = createHash("sha256").update(hash).digest("hex");
  return hash;
}

function* answer(client: Tcp) {
  for (;;) {
    const [line, err] = yield* client.receive("*l");
    if (err) return;
    yield* client.send(line.startsWith("login ") ? `${stretched(line.slice(6))}\n` : "pong\n");
  }
}

await main(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", Number(process.env["PORT"] ?? 7792)));
  console.log(`listening on ${String(server)}`);
  yield* fork(() => serve(server, answer, { name: "accounts" }));
  for (let i = 1; i <= 50; i++) {
    const client = socket.try(
      yield* socket.connect("127.0.0.1", server.getsockname()[1] as number),
    );
    const talks = function* () {
      for (;;) {
        yield* client.send(i === 30 ? "login secret\n" : "ping\n");
        yield* client.receive("*l");
        yield* sleep(i === 30 ? 1 : 0.2);
      }
    };
    yield* fork(talks, { name: `client-${i}` });
  }
  yield* sleep(3600);
});
