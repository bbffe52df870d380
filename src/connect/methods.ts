/** What TCP and Unix objects can do alike, beside what all streams can: listen, accept, connect, be kept in a pool. */
import type { Operation } from "effection";
import { operation, type Yieldable } from "../../reactor/index.js";
import { mustBeClient } from "../connection/index.js";
import { fail, type Result } from "../object/index.js";
import type { Endpoint } from "./endpoint.js";
import { Accept, checkBacklog, type Listener } from "./listener.js";
import { checkIdle } from "./connect-options.js";
import { ServerEnd } from "./server-end.js";
import type { ProxyAddress, ProxyHeader } from "../proxy/index.js";

/** What a proxy has said, and where it is itself; undefined over a Unix socket, and after the end. */
export interface ProxyInfo extends ProxyHeader {
  proxy: ProxyAddress | undefined;
}

export interface DomainMethods {
  /**
   * Accept a connection; wait for one under the timeout.
   *
   * The client has its own timeouts (none), and the server's encoding and options. It is closed when the fiber that
   * called accept ends; called in an Effection task, by whoever closes it (docs/effection.md, 8).
   *
   * @returns `[client]`, "timeout", or "closed" when the server was closed. TypeError on a client or an unbound
   * object. Cancelling loses no connection: the next accept gets it. (LuaSocket: server:accept)
   *
   * @example const [client, err] = yield* server.accept();
   */
  accept(): Yieldable<Result<DomainMethods>>;

  /**
   * Put the connection into its pool, for a later `connect` that asks for just such a one; this object is closed.
   *
   * It is kept as what it is: in the clear, or encrypted, with whom, as whom, and verified how. What was set by setoption is not kept:
   * whoever gets it next has the options of his own object.
   *
   * @param timeout seconds that it may be idle there (default 60; 0: for ever)
   * @param size how many may be idle in the pool (default 30), if nobody has said so yet; beyond, the one that was idle
   * for longest is closed
   * @returns `[1]`. Refused, and left as it is: "unread data in buffer"; "connection in dubious state" (a receive or
   * send had failed, was halted, is under way, or has not left yet; one direction is shut down); "closed". TypeError for a
   * connection that was accepted. (OpenResty: tcpsock:setkeepalive; seconds here, not milliseconds)
   *
   * @example
   * const [, err] = client.setkeepalive(60, 100); // a later connect gets it
   * if (err) client.close();
   */
  setkeepalive(timeout?: number, size?: number): Result<1>;

  /**
   * How often the connection came out of a pool: `[0]` for a new one. (OpenResty: tcpsock:getreusedtimes)
   *
   * @example const [times] = client.getreusedtimes(); // 0: it is new
   */
  getreusedtimes(): Result<number>;

  /**
   * Wait until the server that has accepted this connection accepts no more, since it was closed or `serve` was halted: then a
   * handler should come to its end. `isClosing` tells the same without waiting.
   *
   * @returns `[1]`, or "closed" when this object itself was closed. One that was not accepted has no server, and waits for ever.
   * One that was given away (duplex, nodeHandler) waits for its server. Cancelling changes nothing.
   *
   * @example
   * // Whatever comes first: in the first case nothing of a line is lost.
   * yield* race([client.closing(), client.receive("*l")]);
   */
  closing(): Yieldable<Result<1>>;

  /**
   * Whether the server that has accepted this connection accepts no more: {@link closing}.
   *
   * @example
   * while (!client.isClosing) {
   *   const [line, err] = yield* client.receive("*l");
   *   if (err) return;
   *   yield* client.send(line + "\n");
   * }
   */
  readonly isClosing: boolean;

  /**
   * What the proxy in front of the server has said of this client, where `serve` has `proxy`; undefined if there was none. The client's address is
   * `getpeername`'s; here it is with everything else, and with the address of the proxy. See docs/proxy.md.
   *
   * @example
   * const name = client.getproxy()?.tlvs.find(({ type }) => type === 0x02); // PP2_TYPE_AUTHORITY
   */
  getproxy(): ProxyInfo | undefined;

  /** Of a server: connections that were refused because too many waited to be accepted. */
  readonly refused: number;
}

/** `getproxy` */
export function getproxy({ proxyHeader, connection }: Endpoint): ProxyInfo | undefined {
  return proxyHeader === null ? undefined : { ...proxyHeader, proxy: connection.transport?.peer() };
}

/** `connect`, as an operation: what fails tells what it was. */
export function connect(
  endpoint: Endpoint,
  where: string,
  steps: () => Operation<Result<1>>,
): Yieldable<Result<1>> {
  const { connection } = endpoint;
  return operation(`connect to ${where}`, () => connection.attempting("connect", where, steps()));
}

/** `bind`. Misuse throws TypeError. */
export function bind(
  endpoint: Endpoint,
  where: string,
  backlog: number,
  steps: () => Operation<Result<1>>,
): Yieldable<Result<1>> {
  const { connection } = endpoint;
  checkBacklog(backlog);
  endpoint.mustBind("bind");
  return operation(`bind ${where}`, () => connection.attempting("bind", where, steps()));
}

/** `listen`. Misuse throws TypeError. */
export function listen(endpoint: Endpoint, backlog: number): Yieldable<Result<1>> {
  checkBacklog(backlog);
  if (endpoint.listener === null) endpoint.mustBind("listen");
  return operation("listen", function* () {
    if (endpoint.closed) return fail("closed");
    if (endpoint.listener === null) {
      const bound = yield* endpoint.bindAnywhere(backlog);
      if (bound[1] !== undefined) return bound;
    }
    return endpoint.listener?.listen(backlog) ?? fail("closed");
  });
}

/** Its listener, null if it is closed. Misuse throws TypeError. */
export function listening(endpoint: Endpoint, what: string): Listener | null {
  const { listener } = endpoint;
  if (listener !== null || endpoint.closed) return listener;
  throw new TypeError(
    `${what}: ${endpoint.domain}{server} expected, but this is ${String(endpoint.connection)}: bind it first`,
  );
}

/**
 * @param patient for servers' loops: the timeouts are for others, so it is never "timeout"
 * @returns `[client]`, of the server's own class
 */
export function accept(endpoint: Endpoint, patient: boolean): Yieldable<Result<object>> {
  const listener = listening(endpoint, "accept");
  if (listener === null) return operation(`accept on ${String(endpoint.connection)}`, closed);
  return new Accept(endpoint, listener, patient);
}

function* closed(): Operation<Result<never>> {
  return fail("closed");
}

/** @see DomainMethods.closing */
export function closing(endpoint: Endpoint): Yieldable<Result<1>> {
  if (!endpoint.closed) mustBeClient(endpoint.connection, "closing");
  return new ServerEnd(endpoint);
}

/** @see DomainMethods.setkeepalive */
export function setkeepalive(
  endpoint: Endpoint,
  timeout: number,
  size: number | undefined,
): Result<1> {
  const { connection } = endpoint;
  checkIdle(timeout, size);
  if (connection.closed) return fail("closed");
  mustBeClient(connection, "setkeepalive");
  if (connection.incoming)
    throw new TypeError(
      `setkeepalive: ${String(connection)} was accepted, not connected: nobody could ask for it again`,
    );
  return endpoint.keep(timeout, size);
}
