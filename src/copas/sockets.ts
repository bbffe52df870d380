/** Copas's functions of sockets, where they are more than the socket's own method. */
import type { Operation } from "effection";
import type { Result } from "../result.js";
import type { Servable } from "../serve.js";
import type { BytePattern, TextPattern } from "../stream/patterns.js";
import type { Tcp } from "../tcp/tcp.js";
import type { TlsContext } from "../tls/context.js";
import type { TlsParams } from "../tls/params.js";
import type { SecurableSocket } from "../tls/securable.js";

/** What can be named, closed and given timeouts. */
export type Named = Servable | SecurableSocket;

const tlsOf = new WeakMap<object, TlsParams | TlsContext>();

export function wrap<S extends Named>(skt: S, sslparams?: TlsParams | TlsContext): S {
  if (sslparams !== undefined) tlsOf.set(skt, sslparams);
  return skt;
}

export function* connect(skt: Tcp, host: string, port: number | `${number}`): Operation<Result<1>> {
  const result = yield* skt.connect(host, port);
  const sslparams = tlsOf.get(skt);
  if (result[1] === undefined && sslparams !== undefined) yield* dohandshake(skt, sslparams);
  return result;
}

export function* dohandshake<S extends SecurableSocket>(
  skt: S,
  sslparams: TlsParams | TlsContext,
): Operation<S> {
  const [, error] = yield* skt.dohandshake(sslparams);
  if (error) throw new Error(`TLS/SSL handshake failed: ${error}`);
  return skt;
}

export function receive(
  skt: SecurableSocket,
  pattern?: TextPattern,
  prefix?: string,
): Operation<Result<string, string>>;
export function receive(
  skt: SecurableSocket,
  pattern: BytePattern,
  prefix?: string | Uint8Array,
): Operation<Result<Buffer, Buffer>>;
export function receive(
  skt: SecurableSocket,
  pattern?: TextPattern | BytePattern,
  prefix?: string | Uint8Array,
): Operation<Result<string, string>> | Operation<Result<Buffer, Buffer>> {
  // The overloads have seen to it that pattern and prefix go together.
  return skt.receive(pattern as BytePattern, prefix);
}

export function receivepartial(
  skt: SecurableSocket,
  pattern?: TextPattern,
  prefix?: string,
): Operation<Result<string, string>>;
export function receivepartial(
  skt: SecurableSocket,
  pattern: BytePattern,
  prefix?: string | Uint8Array,
): Operation<Result<Buffer, Buffer>>;
export function receivepartial(
  skt: SecurableSocket,
  pattern?: TextPattern | BytePattern,
  prefix?: string | Uint8Array,
): Operation<Result<string, string>> | Operation<Result<Buffer, Buffer>> {
  return skt.receivepartial(pattern as BytePattern, prefix);
}
