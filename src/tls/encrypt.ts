/** Encrypting a connection in place, with LuaSec's parameters. */
import type { Operation } from "effection";
import { shown } from "../../reactor/index.js";
import { fail, type Failure, open, tracer } from "../object/index.js";
import type { Connection } from "../connection/index.js";
import { toContext, TlsContext, type TlsParams } from "./context.js";
import { Handshake } from "./handshake.js";

/** What `sni` was told, for the next handshake of a connection. */
const namesFor = new WeakMap<Connection, TlsParams["sni"]>();

/** What was made of a context for the names of a connection. */
const prepared = new WeakMap<TlsContext, TlsParams["sni"]>();

/** @see SecureMethods.sni */
export function setNames(connection: Connection, names: unknown, strict: boolean): void {
  if (typeof names !== "string" && (typeof names !== "object" || names === null))
    throw new TypeError(`sni takes a name, or contexts by name, not ${shown(names)}`);
  namesFor.set(connection, { names, strict } as TlsParams["sni"]);
}

/** The context of the next handshake: these parameters with what `sni` was told. Misuse throws TypeError. */
export function prepare(connection: Connection, params: TlsParams | TlsContext): TlsContext {
  const names = namesFor.get(connection);
  const mode = connection.incoming ? "server" : "client";
  if (names === undefined) return toContext(params, mode);
  // Prepared already.
  if (params instanceof TlsContext && prepared.get(params) === names) return params;
  const given = params instanceof TlsContext ? { wrap: params } : params;
  const context = toContext({ ...given, sni: names }, mode);
  prepared.set(context, names);
  return context;
}

/** What is known when `dohandshake` is called. Whatever it was told wrong, nothing must go on in the clear. */
export function prepareHandshake(
  connection: Connection,
  params: TlsParams | TlsContext,
  timeout: unknown,
): TlsContext {
  let context: TlsContext | undefined;
  try {
    checkTimeout(timeout);
    context = prepare(connection, params);
    return context;
  } finally {
    // A connection that is encrypted already is none the worse.
    if (context === undefined && connection.handshake === null && !connection.transport?.tls)
      connection.close();
  }
}

function checkTimeout(timeout: unknown): void {
  if (timeout === undefined || (typeof timeout === "number" && timeout >= 0)) return;
  throw new TypeError(`dohandshake: the timeout is a number of seconds, not ${shown(timeout)}`);
}

/**
 * The handshake. Null: the connection is encrypted; otherwise why not, and it is closed: so it is when it is halted.
 *
 * @param what the operation that it is part of, for a failure to say
 * @param seconds for all of it; undefined: the timeouts of the connection
 */
export function* encrypt(
  connection: Connection,
  context: TlsContext,
  what: "connect" | "dohandshake",
  seconds: number | undefined,
): Operation<Failure | null> {
  if (connection.closed) return fail("closed");
  if (connection.handshake !== null || connection.transport?.tls)
    throw new TypeError(
      `dohandshake: ${String(connection)} is ${connection.handshake === null ? "" : "being "}encrypted already`,
    );
  const handshake = new Handshake(connection, context, seconds);
  connection.handshake = handshake;
  let secured = false;
  const { peerAddress: address, lastError: before } = connection;
  try {
    const { around } = tracer;
    const steps = handshake.run();
    const error = yield* around === null ? steps : around(connection, "handshake", steps);
    secured = error === null;
    open.sockets.totals[secured ? "handshakes" : "handshakeErrors"]++;
    if (error === null) return null;
    const { lastError } = connection;
    const cause = lastError === before ? undefined : lastError;
    return fail(error, { operation: what, address, cause });
  } finally {
    connection.handshake = null;
    if (!secured) connection.close();
  }
}
