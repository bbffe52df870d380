// npm run example:daytime
//
// The daytime protocol (RFC 867) over UDP: the LuaSocket manual's client, and a server for it to ask. Another server:
// npm run example:daytime -- <host> [<port>]
import { main } from "effection";
import { fork, serve, socket } from "cosocket";

const [host, port = "13"] = process.argv.slice(2);

await main(function* () {
  const server = socket.udp();
  if (host === undefined) {
    socket.try(yield* server.setsockname("127.0.0.1", 0));
    yield* fork(() =>
      serve(server, function* (udp) {
        for (;;) {
          const [, ip, from] = yield* udp.receivefrom();
          if (ip === undefined) return;
          yield* udp.sendto(`${new Date().toUTCString()}\n`, ip, from as number);
        }
      }),
    );
  }
  // retrieve the current time from the server, as in the manual
  const [ip, to] = host === undefined ? server.getsockname() : [host, Number(port)];
  const udp = socket.udp();
  socket.try(yield* udp.setpeername(ip!, to as number));
  udp.settimeout(3);
  socket.try(yield* udp.send("anything"));
  const [time, err] = yield* udp.receive();
  console.log(err ?? String(time).trimEnd());
});
