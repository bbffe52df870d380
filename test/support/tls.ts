/** TLS servers and clients for tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ensure, type Operation } from "effection";
import { expect } from "chai";
import {
  fork,
  serve,
  type ServeOptions,
  socket,
  type Tcp,
  type TlsContext,
  type TlsParams,
} from "cosocket";
import type { Certificate } from "../../examples/support/certificate.js";
import { listening, portOf } from "./pairs.js";
import { authority, identity } from "./transports.js";

export const trusting: TlsParams = { cafile: authority.certificate };
export const serverParams = params(identity);

export function params({ key, certificate }: Certificate): TlsParams {
  return { mode: "server", key, certificate };
}

/** A folder for PEM files, removed at the end of the scope. */
export function* pemFolder(): Operation<
  [folder: string, write: (name: string, text: string) => string]
> {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-tls-"));
  yield* ensure(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  return [folder, write];
}

/** A TLS echo server; what it was told of failed handshakes. */
export function serving(
  tls: TlsParams | TlsContext,
  handshakeTimeout = 10,
): Operation<[Tcp, string[]]> {
  return serves(echo, { tls, handshakeTimeout });
}

function* echo(client: Tcp): Operation<void> {
  for (;;) {
    const [line, err] = yield* client.receive();
    if (err) return;
    yield* client.send(`${line}\n`);
  }
}

/** A TLS server of any kind; what it was told of failed handshakes. */
export function* serves(
  handler: (client: Tcp) => Operation<void>,
  options: ServeOptions,
): Operation<[Tcp, string[]]> {
  const server = yield* listening();
  const failures: string[] = [];
  const onhandshakeerror = (error: string): void => void failures.push(error);
  yield* fork(() => serve(server, handler, { ...options, onhandshakeerror }));
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
