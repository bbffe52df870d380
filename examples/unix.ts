// npm run example:unix
//
// A service behind a Unix socket: a counter that every program on this machine can ask. Try, while it runs:
// echo add 5 | nc -UN /tmp/cosocket-counter.sock
import { main } from "effection";
import { serve, socket, type Unix } from "cosocket";

const path = process.argv[2] ?? "/tmp/cosocket-counter.sock";

await main(function* () {
  const server: Unix = socket.unix();
  // A file that an earlier run has left behind is replaced; one that is in use is not.
  socket.try(yield* server.bind(path));
  console.log(`listening on ${String(server)}`);
  let count = 0;
  yield* serve(server, function* (client) {
    client.settimeout(60);
    for (;;) {
      const [line, err] = yield* client.receive();
      if (err) return;
      const [, amount] = /^add (-?\d+)$/.exec(line) ?? [];
      if (amount !== undefined) count += Number(amount);
      yield* client.send(amount === undefined ? 'say "add <number>"\n' : `${count}\n`);
    }
  });
});
