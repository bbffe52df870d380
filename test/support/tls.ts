/** TLS servers and clients for tests. */
import { ensure, type Operation } from "effection";
import { expect } from "chai";
import { fork, serve, socket, type Tcp, type TlsContext, type TlsParams } from "cosocket";
import type { Certificate } from "../../examples/support/certificate.js";
import { listening, portOf } from "./pairs.js";
import { authority, identity } from "./transports.js";

export const trusting: TlsParams = { cafile: authority.certificate };
export const serverParams = params(identity);

export function params({ key, certificate }: Certificate): TlsParams {
  return { mode: "server", key, certificate };
}

/** A TLS echo server; what it was told of failed handshakes. */
export function* serving(
  tlsParams: TlsParams | TlsContext,
  handshakeTimeout = 10,
): Operation<[Tcp, string[]]> {
  const server = yield* listening();
  const failures: string[] = [];
  yield* fork(() =>
    serve(
      server,
      function* (client) {
        for (;;) {
          const [line, err] = yield* client.receive();
          if (err) return;
          yield* client.send(`${line}\n`);
        }
      },
      {
        tls: tlsParams,
        handshakeTimeout,
        onhandshakeerror: (error) => failures.push(error),
      },
    ),
  );
  return [server, failures];
}

/** Connect and shake hands: the client or the error. The client is closed at the end of the scope. */
export function* shake(
  server: Tcp,
  how: TlsParams | TlsContext,
  host = "127.0.0.1",
): Operation<[Tcp, string | undefined]> {
  const client = socket.tcp();
  yield* ensure(() => void client.close());
  socket.try(yield* client.connect(host, portOf(server)));
  const [, error] = yield* client.dohandshake(how);
  return [client, error];
}

export function* echoes(client: Tcp): Operation<void> {
  yield* client.send("hello\n");
  expect(yield* client.receive()).to.deep.equal(["hello"]);
}
