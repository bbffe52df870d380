/** Copas's functions of sockets, where they are more than the socket's own method. */
import type { Operation } from "effection";
import { operation, type Yieldable, shown } from "../../reactor/index.js";
import {
  causeOf,
  copasTimeouts,
  type Data,
  engineOf,
  instead,
  type Failure,
  isSocketObject,
  type Result,
} from "../object/index.js";
import type { Servable } from "../serve/index.js";
import { byPattern, type BytePattern, type TextPattern } from "../connection/index.js";
import { encryptByDefault, endpointOf } from "../connect/index.js";
import type { Tcp } from "../tcp/index.js";
import { TlsContext, type TlsParams } from "../tls/index.js";
import { Udp } from "../udp/index.js";
import { clientOf, type StreamObject } from "../stream/index.js";

/** What can be named, closed and given timeouts. */
export type Named = Servable | StreamObject;

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
  if (isSocketObject(skt)) return skt;
  throw new TypeError(`copas.${what} takes a socket, not ${instead(skt)}`);
}

/** From now on its timeouts are Copas's: whoever uses a socket by copas's functions has given it into Copas's hands. */
export function takenOver<S extends Named>(skt: S, what: string): S {
  const engine = engineOf(mustBeSocket(skt, what));
  engine.timeouts = copasTimeouts(engine.timeouts);
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
  secureByDefault(skt as StreamObject, sslparams);
  return skt;
}

/** `dohandshake()` uses the parameters, and `connect` does it, as with Copas's wrapper; both throw. */
function secureByDefault(skt: StreamObject, sslparams: SslParams): void {
  const handshake = skt.dohandshake.bind(skt);
  skt.dohandshake = (params: SslParams = sslparams, timeout?: number) => {
    const shaking = handshake(params, timeout);
    return operation(`dohandshake on ${String(skt)}`, function* () {
      return [yield* secured(skt, shaking)];
    });
  };
  const endpoint = endpointOf(skt);
  if (endpoint !== null) encryptByDefault(endpoint, { params: sslparams, refused });
}

function* secured<S>(skt: S, handshake: Operation<Result<unknown>>): Operation<S> {
  const result = yield* handshake;
  if (result[1] !== undefined) refused(result);
  return skt;
}

function refused(failure: Failure): never {
  const cause = causeOf(failure);
  throw new Error(`TLS/SSL handshake failed: ${failure[1]}`, cause && { cause });
}

/** @see copas.dohandshake */
export function dohandshake<S extends StreamObject>(skt: S, sslparams?: SslParams): Yieldable<S> {
  const shaking = takenOver(skt, "dohandshake").dohandshake(sslparams);
  return operation(`dohandshake on ${String(skt)}`, () => secured(skt, shaking));
}

export function connect(skt: Tcp, host: string, port: number | `${number}`): Yieldable<Result<1>> {
  return takenOver(skt, "connect").connect(host, port);
}

/** The overloads of `receive` and `receivepartial`. */
export interface Receive {
  (skt: StreamObject, pattern?: TextPattern, prefix?: string): Yieldable<Result<string, string>>;
  (
    skt: StreamObject,
    pattern: BytePattern,
    prefix?: string | Uint8Array,
  ): Yieldable<Result<Buffer, Buffer>>;
  (skt: Udp, size?: number): Yieldable<Result<Buffer>>;
}

function receiving(method: "receive" | "receivepartial"): Receive {
  const receive = (
    skt: StreamObject | Udp,
    pattern?: TextPattern | BytePattern,
    prefix?: string | Uint8Array,
  ): Yieldable<unknown> => {
    // The overloads have seen to it that pattern and prefix go together.
    if (takenOver(skt, method) instanceof Udp) return skt.receive(pattern as number);
    // By the function it is the whole pattern that is waited for, also where the timeout of a wrapped socket is 0.
    return byPattern(
      clientOf(skt as StreamObject, method),
      pattern,
      prefix,
      method === "receivepartial",
    );
  };
  return receive as Receive;
}

export const receive = receiving("receive");
export const receivepartial = receiving("receivepartial");

export function send(
  skt: StreamObject | Udp,
  data: Data,
  i?: number,
  j?: number,
): Yieldable<Result<number, number | undefined>> {
  if (takenOver(skt, "send") instanceof Udp) return skt.send(data);
  return (skt as StreamObject).send(data, i, j);
}
