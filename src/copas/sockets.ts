/** Copas's functions of sockets, where they are more than the socket's own method. */
import type { Operation } from "effection";
import { operation, type Yieldable, shown } from "../../reactor/index.js";
import type { Result } from "../result.js";
import type { Servable } from "../serve.js";
import { copasTimeouts } from "../timeouts.js";
import type { Data } from "../stream/data.js";
import type { BytePattern, TextPattern } from "../stream/patterns.js";
import { DomainSocket } from "../domain/domain-socket.js";
import { encryptByDefault } from "../domain/encrypting.js";
import type { Tcp } from "../tcp/tcp.js";
import { TlsContext } from "../tls/context.js";
import type { TlsParams } from "../tls/params.js";
import type { SecurableSocket } from "../tls/securable.js";
import { Udp } from "../udp/udp.js";
import { SocketObject } from "../socket-object.js";

/** What can be named, closed and given timeouts. */
export type Named = Servable | SecurableSocket;

/** LuaSec's parameters, or a context. */
export type SslParams = TlsParams | TlsContext;

const names = new WeakMap<object, string>();

export function setsocketname(name: string, skt: Named): void {
  if (typeof name !== "string")
    throw new TypeError(`copas.setsocketname takes a name and a socket, not ${shown(name)}`);
  names.set(mustBeSocket(skt, "setsocketname"), name);
}

export function getsocketname(skt: Named): string {
  return names.get(mustBeSocket(skt, "getsocketname")) ?? String(skt);
}

/** Misuse throws TypeError. */
export function mustBeSocket<S extends Named>(skt: S, what: string): S {
  if (skt instanceof SocketObject) return skt;
  throw new TypeError(`copas.${what} takes a socket, not ${shown(skt)}`);
}

/** From now on its timeouts are Copas's: whoever uses a socket by copas's functions has given it into Copas's hands. */
export function takenOver<S extends Named>(skt: S, what: string): S {
  const { timeouts } = mustBeSocket(skt, what);
  if (!timeouts.copas) skt.timeouts = copasTimeouts(timeouts);
  return skt;
}

/** Sockets that were wrapped with parameters for TLS. */
const wrapped = new WeakMap<object, SslParams>();

/** @see copas.wrap */
export function wrap<S extends Named>(skt: S, sslparams?: SslParams): S {
  takenOver(skt, "wrap");
  if (sslparams === undefined || wrapped.has(skt)) return skt;
  if (skt instanceof Udp) throw new TypeError("copas.wrap: there is no TLS over UDP");
  wrapped.set(skt, sslparams);
  secureByDefault(skt as SecurableSocket, sslparams);
  return skt;
}

/** `dohandshake()` uses the parameters, and `connect` does it, as with Copas's wrapper; both throw. */
function secureByDefault(skt: SecurableSocket, sslparams: SslParams): void {
  const handshake = skt.dohandshake.bind(skt);
  skt.dohandshake = (params: SslParams = sslparams, timeout?: number) => {
    const shaking = handshake(params, timeout);
    return operation(`dohandshake on ${String(skt)}`, function* () {
      return [yield* secured(skt, shaking)];
    });
  };
  if (skt instanceof DomainSocket) encryptByDefault(skt, sslparams);
}

function* secured<S>(skt: S, handshake: Operation<Result<unknown>>): Operation<S> {
  const [, error] = yield* handshake;
  if (error) throw new Error(`TLS/SSL handshake failed: ${error}`);
  return skt;
}

/** @see copas.dohandshake */
export function dohandshake<S extends SecurableSocket>(
  skt: S,
  sslparams?: SslParams,
): Yieldable<S> {
  const shaking = takenOver(skt, "dohandshake").dohandshake(sslparams);
  return operation(`dohandshake on ${String(skt)}`, () => secured(skt, shaking));
}

export function connect(skt: Tcp, host: string, port: number | `${number}`): Yieldable<Result<1>> {
  return takenOver(skt, "connect").connect(host, port);
}

/** The overloads of `receive` and `receivepartial`. */
export interface Receive {
  (skt: SecurableSocket, pattern?: TextPattern, prefix?: string): Yieldable<Result<string, string>>;
  (
    skt: SecurableSocket,
    pattern: BytePattern,
    prefix?: string | Uint8Array,
  ): Yieldable<Result<Buffer, Buffer>>;
  (skt: Udp, size?: number): Yieldable<Result<Buffer>>;
}

/** What `receive` gives, as far as it matters here. */
interface Eager {
  eager: boolean;
}

function receiving(method: "receive" | "receivepartial"): Receive {
  const receive = (
    skt: SecurableSocket | Udp,
    pattern?: TextPattern | BytePattern,
    prefix?: string | Uint8Array,
  ): Yieldable<unknown> => {
    // The overloads have seen to it that pattern and prefix go together.
    if (takenOver(skt, method) instanceof Udp) return skt.receive(pattern as number);
    const reading = (skt as SecurableSocket)[method](pattern as BytePattern, prefix);
    // By the function it is the whole pattern that is waited for.
    if (method === "receive" && skt.timeouts.eager) (reading as unknown as Eager).eager = false;
    return reading;
  };
  return receive as Receive;
}

export const receive = receiving("receive");
export const receivepartial = receiving("receivepartial");

export function send(
  skt: SecurableSocket | Udp,
  data: Data,
  i?: number,
  j?: number,
): Yieldable<Result<number, number | undefined>> {
  if (takenOver(skt, "send") instanceof Udp) return skt.send(data);
  return (skt as SecurableSocket).send(data, i, j);
}
