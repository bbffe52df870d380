// npm start
//
// The LuaSocket manual's echo server, concurrent. Talk to it with: nc 127.0.0.1 7777
import { main } from "effection";
import { serve, socket } from "cosocket";

const port = Number(process.env["PORT"] ?? 7777);

await main(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", port));
  console.log(`listening on ${String(server)}: try \`nc 127.0.0.1 ${server.getsockname()[1]}\``);
  yield* serve(server, function* (client) {
    client.settimeout(60);
    for (;;) {
      const [line, err] = yield* client.receive("*l");
      if (err) return; // "closed" or "timeout"
      yield* client.send(line + "\n");
    }
  });
});
