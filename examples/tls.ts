// npm run example:tls
//
// An echo server over TLS, with a certificate that it makes for itself, and a client that trusts it. Talk to it, too, with:
// openssl s_client -quiet -connect 127.0.0.1:7780
import { main } from "effection";
import { fork, serve, socket } from "cosocket";
import { certificate } from "./support/certificate.js";

const port = Number(process.env["PORT"] ?? 7780);
const identity = certificate(["localhost", "127.0.0.1"]);

await main(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", port));
  console.log(`listening on ${String(server)}`);
  const serving = yield* fork(() =>
    serve(
      server,
      function* (client) {
        for (;;) {
          const [line, err] = yield* client.receive("*l");
          if (err) return;
          yield* client.send(line + "\n");
        }
      },
      { tls: { key: identity.key, certificate: identity.certificate } },
    ),
  );

  const client = socket.tcp();
  client.settimeout(5);
  socket.try(yield* client.connect("127.0.0.1", server.getsockname()[1] as number));
  // The server's name is verified against its certificate, and that against whom we trust: here itself.
  socket.try(yield* client.dohandshake({ cafile: identity.certificate }));
  yield* client.send("hello, in secret\n");
  const [echo] = yield* client.receive();
  console.log(`${echo}: ${client.info()[0]?.protocol}, verified: ${client.info()[0]?.verified}`);
  client.close();
  yield* serving;
});
