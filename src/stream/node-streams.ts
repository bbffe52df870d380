/** A connection for Node's libraries: as a stream of Node's, or as two of the web's. */
import { checkOptionNames, shown } from "../../reactor/index.js";
import { type Connection, giveAway, type GivenAway } from "../connection/index.js";
import type { Socket } from "../network/index.js";
import { connectionOf } from "./inside.js";
import { type WebStreams, webStreams } from "./web-streams.js";

export type { WebStreams };

/** Options of `duplex`. */
export interface DuplexOptions {
  /** False (default): when the peer has ended, and that has been read, so does this side, as of Node's own sockets. */
  allowHalfOpen?: boolean;
}

/** How a connection is given to others: libraries for Node, and for the web. */
export interface NodeMethods {
  /**
   * The connection as a stream of Node's, for a library that takes one: it is given away, and this object is closed.
   *
   * What it is: Node's own net.Socket or tls.TLSSocket where there is one below, so that node:http and others are at their full
   * speed; in a simulation and over a stream (socket.stream) a Duplex with net.Socket's methods, properties and events.
   *
   * What has arrived and nobody has received is read from it first; what was sent leaves before what is written on it, also what other
   * tasks are sending just now. A task that waits to receive is told "closed", and has taken nothing. Network trouble, also what
   * has happened already, is an error of the stream, with Node's code; one that nobody listens to ends nothing else.
   *
   * It belongs to the fiber that the connection belonged to, until it closes: a fiber that ends, or is halted, ends it, delivers what
   * was written as `close` does (setoption "linger"), and waits for that. A fiber that returns the stream gives it to its parent. No timeout
   * of this object is the stream's. A place that the connection has in a pool is free when the stream has closed.
   *
   * @param options.allowHalfOpen as of net.connect: whether this side may still write when the peer has ended (default false)
   * @returns a stream; TypeError for what is no connection (any more), is being encrypted or connected, or had its receiving side
   * shut down. Later operations on this object fail with "closed"; causeOf and lastError say that it was given away.
   * See docs/node.md.
   *
   * @example
   * const [client, err] = yield* socket.connect("127.0.0.1", 8080);
   * if (err) return;
   * const stream = client.duplex();
   * stream.write("GET / HTTP/1.0\r\n\r\n");
   * stream.pipe(process.stdout);
   */
  duplex(options?: DuplexOptions): Socket;

  /**
   * The connection as two streams of the web, of bytes: given away as by {@link duplex}, with the same owner and the same end.
   *
   * `writable.close()` ends this side only, after what was written; `writable.abort()` resets the connection; `readable.cancel()` drops
   * what still comes, and closes the connection once the writable is closed, too. A write is done when its bytes are in the kernel.
   * When the peer ends, the readable ends; when the connection breaks, both fail with Node's error.
   *
   * @returns `{ readable, writable }`; TypeError as duplex
   *
   * @example
   * const { readable, writable } = client.webstreams();
   * yield* call(() => readable.pipeThrough(new CompressionStream("gzip")).pipeTo(writable));
   */
  webstreams(): WebStreams;
}

/** The connection of `client`, given away. Misuse throws TypeError. */
export function given(client: Parameters<typeof connectionOf>[0], what: string): GivenAway {
  return giveAway(connectionOf(client), what);
}

/** @see NodeMethods.duplex */
export function duplex(connection: Connection, options: DuplexOptions): Socket {
  checkOptionNames("duplex", options, ["allowHalfOpen"]);
  const { allowHalfOpen = false } = options;
  if (typeof allowHalfOpen !== "boolean")
    throw new TypeError(`duplex: allowHalfOpen is true or false, not ${shown(allowHalfOpen)}`);
  const { stream } = giveAway(connection, "duplex");
  stream.allowHalfOpen = allowHalfOpen;
  return stream;
}

/** @see NodeMethods.webstreams */
export function webstreams(connection: Connection): WebStreams {
  const given = giveAway(connection, "webstreams");
  given.stream.allowHalfOpen = true;
  const [pair, whenTaken] = webStreams(given.stream);
  given.handle = pair;
  given.whenTaken = whenTaken;
  return pair;
}
