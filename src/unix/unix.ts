/** The Unix domain stream object: LuaSocket's unix{master}, unix{server} and unix{client} in one. */
import type { Operation } from "effection";
import { resolve } from "node:path";
import { type Fiber, shown, type Yieldable } from "../../reactor/index.js";
import {
  accept,
  BACKLOG,
  bind,
  closing,
  connect,
  type ConnectOptions,
  type Destination,
  type DomainMethods,
  getproxy,
  inherit,
  type InheritedSocket,
  isInherited,
  IDLE_TIMEOUT,
  listen,
  type ProxyInfo,
  setkeepalive,
  wanted,
} from "../connect/index.js";
import { fail, type OPTIONS, type Result, type SocketError } from "../object/index.js";
import type { OptionsOf } from "../options/index.js";
import { connectionOf, StreamObject } from "../stream/index.js";
import { Path, UnixEndpoint, unusable } from "./endpoint.js";

/** LuaSocket's unix stream objects, master, server and client in one: made by `socket.unix()`; addresses are paths. It is closed when the fiber that made it ends. See docs/unix.md. */
export class Unix extends StreamObject implements DomainMethods {
  declare readonly [OPTIONS]: OptionsOf<"unix">;

  /** @internal Use `socket.unix()`. */
  constructor(endpoint: UnixEndpoint) {
    super(endpoint.connection);
  }

  /** @internal */
  static make(owner?: Fiber | null): Unix {
    return new Unix(new UnixEndpoint(wrap, owner));
  }

  /**
   * Connect to the server at `path`.
   *
   * @param path of its socket file; on Linux a name that begins with "\0" is an abstract one, without a file
   * @returns `[1]`, or "connection refused" (nobody listens), "no such file or directory", "path too long",
   * "permission denied", "already connected", "timeout". TypeError for what is no path.
   *
   * @param options the pool to look in, and to come back to by setkeepalive; `tls`: encrypt the connection, too, as
   * dohandshake does (which has to be told a `servername`, since a path is no name). See {@link Tcp.connect}.
   *
   * Cancelling gives the attempt up; during the handshake of `tls` it closes the object. (LuaSocket: unix master:connect; OpenResty: tcpsock:connect)
   *
   * @example
   * const unix = socket.unix();
   * const [, err] = yield* unix.connect("/run/app.sock");
   */
  connect(path: string, options: ConnectOptions = {}): Yieldable<Result<1>> {
    checkPath(path, "connect");
    // In another folder the same words lead elsewhere.
    const where = JSON.stringify(path.startsWith("\0") ? path : resolve(path));
    const destination = (): Destination => new Path(path);
    const endpoint = endpointIn(this);
    const asked = wanted(endpoint, options);
    const wrong = unusable(path);
    return connect(endpoint, where, () =>
      wrong === null
        ? endpoint.reach({ where, peer: path, name: undefined, destination }, asked)
        : failing(wrong),
    );
  }

  /** LuaSocket's other name for {@link connect}. */
  setpeername(path: string, options?: ConnectOptions): Yieldable<Result<1>> {
    return this.connect(path, options);
  }

  /**
   * Listen at `path`. The file is removed when the server is closed. One that a dead server has left behind is
   * replaced; a path at which somebody listens, or that is no socket, is "address already in use".
   *
   * @param path of the socket file; on Linux a name that begins with "\0" is an abstract one, without a file
   * @param backlog how many connections may wait to be accepted (default 511); more are reset
   * @returns `[1]`, or "address already in use", "path too long", "permission denied", "no such file or
   * directory", ... Cancelling removes the file. (LuaSocket: unix master:bind; Node: server.listen)
   *
   * `bind({ fd })` takes a Unix domain socket that this process was started with: by systemd (see `socket.activated`), or by the program that it
   * follows. See docs/deploy.md. TypeError if the descriptor is not open, is something else, or is a connection (see {@link setfd}).
   * The file is not removed then: whoever has made it may give it to another program.
   *
   * @example
   * const unix = socket.unix();
   * const [, err] = yield* unix.bind("/run/app.sock");
   */
  bind(path: string | InheritedSocket, backlog: number = BACKLOG): Yieldable<Result<1>> {
    const endpoint = endpointIn(this);
    if (isInherited(path)) return takeOver(endpoint, path.fd, backlog, false);
    checkPath(path, "bind");
    return bind(endpoint, JSON.stringify(path), backlog, () => endpoint.bind(path, backlog));
  }

  /** LuaSocket's other name for {@link bind}. */
  setsockname(path: string | InheritedSocket, backlog?: number): Yieldable<Result<1>> {
    return this.bind(path, backlog);
  }

  /**
   * Take a socket that this process was started with: one that listens makes a server of this object, a connection makes it a client. See
   * docs/deploy.md.
   *
   * @param fd the number of its descriptor, as {@link bind} takes it; 0 for a program of inetd's
   * @returns `[1]`, or an error as of {@link bind}. TypeError as there, but not for a connection. Closing a client says so to the peer, also
   * where others have the descriptor, too. Cancelling closes what listens. (LuaSocket: setfd, which believes whatever it is told)
   *
   * @example
   * const unix = socket.unix();
   * const [, err] = yield* unix.setfd(0); // StandardInput=socket and Accept=yes of systemd, nowait of inetd
   */
  setfd(fd: number): Yieldable<Result<1>> {
    return takeOver(endpointIn(this), fd, BACKLOG, true);
  }

  /**
   * Set how many connections may wait to be accepted. (LuaSocket: unix master:listen)
   *
   * @returns `[1]`; "invalid argument" on an object that was not bound: there is no path that the kernel could choose.
   * TypeError for a client. It never waits, so there is nothing to cancel.
   *
   * @example
   * yield* unix.bind("/run/app.sock");
   * yield* unix.listen(128);
   */
  listen(backlog: number = BACKLOG): Yieldable<Result<1>> {
    return listen(endpointIn(this), backlog);
  }

  accept(): Yieldable<Result<Unix>> {
    // What it accepts is of its own class.
    return accept(endpointIn(this), false) as Yieldable<Result<Unix>>;
  }
  getproxy(): ProxyInfo | undefined {
    return getproxy(endpointIn(this));
  }
  setkeepalive(timeout: number = IDLE_TIMEOUT, size?: number): Result<1> {
    return setkeepalive(endpointIn(this), timeout, size);
  }
  getreusedtimes(): Result<number> {
    return this.closed ? fail("closed") : [endpointIn(this).reused];
  }
  closing(): Yieldable<Result<1>> {
    return closing(endpointIn(this));
  }
  get isClosing(): boolean {
    return endpointIn(this).origin?.over === true;
  }
  get refused(): number {
    return endpointIn(this).listener?.refused ?? 0;
  }

  /**
   * The path that it is bound to, "" for none: `[path]`. (LuaSocket: unix getsockname)
   *
   * @example const [path] = unix.getsockname();
   */
  getsockname(): Result<string> {
    return this.closed ? fail("closed") : [endpointIn(this).path ?? ""];
  }

  /**
   * The path that it is connected to, "" for one that was accepted: `[path]`.
   *
   * @example const [path] = unix.getpeername();
   */
  getpeername(): Result<string> {
    if (this.closed) return fail("closed");
    const { connection, peer } = endpointIn(this);
    if (connection.transport === null || connection.dead)
      return fail("transport endpoint is not connected");
    return [peer];
  }

  /**
   * Always "unix".
   *
   * @example const family = unix.getfamily(); // "unix"
   */
  getfamily(): "unix" {
    return "unix";
  }
}

function endpointIn(object: Unix): UnixEndpoint {
  // It is made around one.
  return connectionOf(object).holder as UnixEndpoint;
}

function takeOver(
  endpoint: UnixEndpoint,
  fd: number,
  backlog: number,
  orConnection: boolean,
): Yieldable<Result<1>> {
  return inherit(endpoint, fd, backlog, orConnection, (found) => {
    if (found.kind === "unix") endpoint.path = found.path;
  });
}

function wrap(endpoint: UnixEndpoint): Unix {
  return new Unix(endpoint);
}

function* failing(error: SocketError): Operation<Result<1>> {
  return fail(error);
}

function checkPath(path: unknown, what: string): void {
  if (typeof path === "string" && path !== "\0" && !path.includes("\0", 1)) return;
  throw new TypeError(`${what}: the path must be a string, not ${shown(path)}`);
}
