// npm run example:proxy -- <host> <port>
//
// A TCP proxy: what comes in on port 7779 goes to host and port, and back. Each direction is a fiber; when one side has sent
// everything, the other is told so, and may still answer (half-close).
// Try it before the echo server: npm start, npm run example:proxy -- 127.0.0.1 7777, nc 127.0.0.1 7779
import { main, type Operation } from "effection";
import { fork, serve, socket, type Tcp } from "cosocket";

const port = Number(process.env["PORT"] ?? 7779);
const [host = "127.0.0.1", to = "7777"] = process.argv.slice(2);

/** Everything that `from` sends goes to `to`; then `to` is told that there is no more. */
function* pipe(from: Tcp, to: Tcp): Operation<void> {
  for (;;) {
    const [bytes, err] = yield* from.receiveany();
    if (err) break;
    const [, failed] = yield* to.send(bytes);
    if (failed) {
      from.close();
      return;
    }
  }
  to.shutdown("send");
}

await main(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", port));
  console.log(`listening on ${String(server)}: forwards to ${host}:${to}`);
  yield* serve(server, function* (client) {
    const [upstream, err] = yield* socket.connect(host, Number(to));
    if (err) return console.error(`${host}:${to}: ${err}`);
    const there = yield* fork(() => pipe(client, upstream));
    yield* pipe(upstream, client);
    yield* there;
    // Both clients belong to this fiber, and are closed with it.
  });
});
