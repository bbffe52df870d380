/** The `socket` namespace: LuaSocket's functions, by LuaSocket's names. */
import { reactor, sleep } from "../reactor/index.js";
import type { Port } from "./address/index.js";
import { dns, newtry, protect, select, sink, skip, source } from "./lua/index.js";
import { Pool } from "./connect/index.js";
import { fail, type Failure } from "./object/index.js";
import { fd, stream } from "./stream/index.js";
import { bind, connect, Tcp } from "./tcp/index.js";
import { type TlsContext, type TlsParams, toContext } from "./tls/index.js";
import { DATAGRAMSIZE, Udp } from "./udp/index.js";
import { Unix } from "./unix/index.js";

/** LuaSocket's `socket.unix`: a function, and a table of the kinds. */
const unix = Object.assign((): Unix => Unix.make(), {
  /**
   * A Unix domain stream object. (LuaSocket: unix.stream)
   *
   * @example const unix = socket.unix.stream();
   */
  stream: (): Unix => Unix.make(),
  /** LuaSocket's older name for {@link stream}. */
  tcp: (): Unix => Unix.make(),
  /**
   * Node has no Unix datagram sockets: always `[undefined, "not supported by Node"]`.
   *
   * @example const [, err] = socket.unix.dgram(); // "not supported by Node"
   */
  dgram: (): Failure => fail("not supported by Node"),
  /** {@link dgram} */
  udp: (): Failure => fail("not supported by Node"),
});

/**
 * LuaSocket's namespace: what makes objects, and its functions, by LuaSocket's names.
 *
 * Operations are performed with `yield*`, in a fiber or in any Effection task; what may fail at run time gives a result, `[value]` or `[undefined, error, partial]`; misuse throws TypeError.
 */
export const socket = {
  /** This package's version. (LuaSocket: socket._VERSION) */
  _VERSION: "cosocket 0.1.0",

  /** How much of a datagram `receive` gives unless it is asked for more. (LuaSocket) */
  _DATAGRAMSIZE: DATAGRAMSIZE,

  /**
   * A TCP object of either family; `connect` or `bind` decides. (LuaSocket: socket.tcp)
   *
   * @example const tcp = socket.tcp();
   */
  tcp: (): Tcp => Tcp.make(0),
  /** {@link tcp} for IPv4 only. */
  tcp4: (): Tcp => Tcp.make(4),
  /** {@link tcp} for IPv6 only. */
  tcp6: (): Tcp => Tcp.make(6),

  /**
   * A client connected to host and port.
   *
   * @param localHost local address to connect from, with `localPort` (default: any)
   * @param family "unspec" (default), "inet" or "inet6"
   * @returns `[client]`, or `[undefined, error]` as {@link Tcp.connect}. There is no timeout: for one, make the object
   * with `socket.tcp()`. Cancelling closes it. (LuaSocket: socket.connect)
   *
   * @example const [client, err] = yield* socket.connect("example.org", 80);
   */
  connect,
  /** {@link connect} over IPv4. (LuaSocket: socket.connect4) */
  connect4: (host: string, port: Port, localHost?: string, localPort?: Port) =>
    connect(host, port, localHost, localPort, "inet"),
  /** {@link connect} over IPv6. (LuaSocket: socket.connect6) */
  connect6: (host: string, port: Port, localHost?: string, localPort?: Port) =>
    connect(host, port, localHost, localPort, "inet6"),

  /**
   * A server that listens on host ("*": all interfaces) and port (0: any).
   *
   * @returns `[server]`, or `[undefined, error]` as {@link Tcp.bind}, which also takes `{ fd }`. (LuaSocket: socket.bind)
   *
   * @example const [server, err] = yield* socket.bind("*", 7777);
   */
  bind,

  /**
   * A UDP object; its family is that of the first address it is used with. (LuaSocket: socket.udp)
   *
   * @example
   * const udp = socket.udp();
   * yield* udp.sendto("hello", "192.0.2.1", 5353);
   */
  udp: (): Udp => Udp.make(0),
  /** {@link udp} for IPv4 only. */
  udp4: (): Udp => Udp.make(4),
  /** {@link udp} for IPv6 only. */
  udp6: (): Udp => Udp.make(6),

  /**
   * A Unix domain stream object; also `socket.unix.stream()`. (LuaSocket: require "socket.unix")
   *
   * @example const unix = socket.unix();
   */
  unix,

  /**
   * Any byte stream of Node's as a client object: the same patterns, timeouts and cancellation.
   *
   * @param readable a Duplex; a child process (its stdout and stdin); or a Readable, with `writable` beside it
   * @returns the client. It is closed, and the stream with it, when the fiber that made it ends; process.stdin and
   * its like are left open. TypeError for what is no byte stream.
   *
   * @example const terminal = socket.stream(process.stdin, process.stdout);
   */
  stream,
  /**
   * An open file descriptor as a client object: a pipe, a terminal, a socket, a file.
   *
   * @param mode "r", "w" or "r+"; default: as it was opened (Linux), elsewhere "r+"; 0 is read, 1 and 2 are written
   * @returns the client; closing it closes the descriptor, except 0, 1 and 2. TypeError (with Node's `code`) if it is not open.
   *
   * @example
   * const input = socket.fd(0);
   * const [line] = yield* input.receive("*l");
   */
  fd,

  /** The resolver: toip, tohostname, getaddrinfo, getnameinfo, gethostname. (LuaSocket: socket.dns) */
  dns: dns as typeof dns,

  /**
   * Wait until something can be done with one of many objects.
   *
   * @param recvt those to receive from or to accept from; undefined for none
   * @param sendt those to send to, or that are connecting
   * @param timeout seconds; undefined or negative: for ever; 0: look once
   * @returns `[readable, writable]`, the objects in the order given, or `[[], [], "timeout"]`. What is buffered, the
   * end of the stream and a connection to accept count as readable; a connection that was made, or that failed,
   * as writable. Closed objects and values that are no sockets are passed over. Cancelling changes nothing. (LuaSocket:
   * socket.select)
   *
   * @example
   * const [readable] = yield* socket.select([server, client], undefined, 5);
   * if (readable.includes(client)) console.log(yield* client.receive());
   */
  select,

  /**
   * A source that reads from a connection, as LTN12 has them: `yield* source()` gives the next piece, undefined at the end.
   *
   * @param mode "until-closed" (also without a mode): everything until the peer closes, then the socket is closed; "by-length":
   * `length` bytes; "http-chunked": a body as RFC 9112, 7.1 has it, of which nothing but the body is read. After "timeout", and
   * when it was halted, each goes on where it was. A connection that breaks is "closed" in each; in a chunked body what the RFC
   * does not allow is "invalid chunk size" or "invalid trailer". (LuaSocket: socket.source)
   *
   * @example
   * const body = socket.source("by-length", client, 1024);
   * for (let [piece] = yield* body(); piece; [piece] = yield* body()) console.log(piece.length);
   */
  source,
  /**
   * A sink that sends to a connection: `yield* sink(piece)`; `yield* sink()` is the end.
   *
   * @param mode "close-when-done"; "keep-open" (also without a mode); "http-chunked": each piece is a chunk, and after an error
   * there is no last one, so that half a body does not look whole. (LuaSocket: socket.sink)
   *
   * @example
   * const body = socket.sink("http-chunked", client);
   * yield* body("hello");
   * yield* body(); // the last chunk
   */
  sink,

  /** For TLS: see {@link Tcp.dohandshake}. */
  tls: {
    /**
     * Parameters made ready once for many handshakes: keys read, OpenSSL's context built. Throws TypeError for
     * parameters that are wrong, and Node's error for a key or certificate that is. (LuaSec: ssl.newcontext)
     *
     * @example
     * const context = socket.tls.newcontext({ cafile: "ca.pem" });
     * yield* client.dohandshake(context);
     */
    newcontext: (params: TlsParams): TlsContext => toContext(params, "client"),
  },

  /**
   * Close every idle connection that setkeepalive has put into a pool.
   *
   * @example socket.closepools();
   */
  closepools: (): void => Pool.closeAll(),

  /**
   * From a result to its value, or to a thrown SocketException; so is `try(value, "error")`, of a value that may be undefined, null or
   * false. (LuaSocket: socket.try)
   *
   * @example const line = socket.try(yield* client.receive("*l")); // or SocketException
   * @example const port = socket.try(process.argv[2], "no port"); // or SocketException
   */
  try: newtry(),
  /**
   * `socket.newtry(finalizer)`: a `try` that calls the finalizer before it throws; what that throws is dropped, and where it waits a fiber performs it. (LuaSocket)
   *
   * @example
   * const attempt = socket.newtry(() => client.close());
   * const line = attempt(yield* client.receive("*l"));
   */
  newtry,
  /**
   * `socket.protect(fn)`: what `try` throws in it becomes a result, `[undefined, error]`; every other error passes. (LuaSocket)
   *
   * @example
   * const ask = socket.protect(function* (question: string) {
   *   socket.try(yield* client.send(question + "\n"));
   *   return socket.try(yield* client.receive("*l"));
   * });
   * const [answer, err] = yield* ask("who?");
   */
  protect,
  /**
   * `socket.skip(d, ...values)`: the values without the first d. (LuaSocket)
   *
   * @example const [port] = socket.skip(1, ...server.getsockname());
   */
  skip,
  /**
   * Park for so many seconds; fractions count. Cancelling ends it at once. (LuaSocket: socket.sleep)
   *
   * @example yield* socket.sleep(0.5);
   */
  sleep,
  /**
   * Wall-clock time in seconds since 1970. Timeouts do not depend on it. (LuaSocket: socket.gettime)
   *
   * @example const begun = socket.gettime();
   */
  gettime: (): number => reactor.clock.time(),
} as const;
