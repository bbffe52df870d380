/** What every stream object offers, whatever its domain: LuaSocket's methods and LuaSec's, by their names. */
import type { X509Certificate } from "node:crypto";
import { operation, unknownName, type Yieldable } from "../../reactor/index.js";
import type { Socket } from "../network/index.js";
import { checkSend, type Data, type OPTIONS, type Result, SocketObject } from "../object/index.js";
import type { CommonOptions } from "../options/index.js";
import {
  encrypt,
  facts,
  prepareHandshake,
  type SecureMethods,
  setNames,
  type TlsContext,
  type TlsInfo,
  type TlsParams,
} from "../tls/index.js";
import {
  AnyBytes,
  Bytes,
  boundaryReader,
  type BoundaryReader,
  byPattern,
  type BytePattern,
  type Connection,
  Flush,
  WholeLine,
  NOTHING,
  Peeked,
  receiving,
  Send,
  SendText,
  type TextPattern,
} from "../connection/index.js";
import { items, type Sequence } from "./items.js";
import { duplex, webstreams } from "./node-streams.js";
import type { DuplexOptions, NodeMethods, WebStreams } from "./node-streams.js";
import { checkBoundary, type OpenRestyMethods } from "./openresty.js";
import { clientOf, connectionOf, encrypted, wholeNumber } from "./inside.js";

// It keeps nothing, so that one does for all.
const LINE = new WholeLine("", false);

/**
 * What TCP, Unix and stream objects have in common: LuaSocket's methods of a client, LuaSec's of an encrypted one.
 *
 * Misuse (a bad pattern, a method of clients on a server) throws TypeError at the call; network trouble is a result.
 */
export abstract class StreamObject
  extends SocketObject
  implements OpenRestyMethods, SecureMethods, NodeMethods
{
  declare readonly [OPTIONS]: CommonOptions;

  /** @internal */
  constructor(connection: Connection) {
    super(connection);
  }

  /**
   * Receive by pattern.
   *
   * - `"*l"` (default): a line as a string, without its LF; every CR in it is dropped
   * - `"*L"`: a line as it came, with its line end
   * - `"*a"`: a string of everything until the peer closes
   * - a number n: a Buffer of exactly n bytes; `Infinity`: a Buffer of everything until the peer closes
   *
   * @param prefix is put before what is received, and counts toward n, and of a line toward the line limit: so
   * `receive(pattern, partial)` goes on after a timeout
   * @returns `[data]`, or `[undefined, error, partial]`: "timeout" (settimeout; the connection is as before), "closed",
   * "line too long" (setoption "line-limit"; the connection is usable). The partial has been taken from the stream.
   * "*a" and Infinity succeed where the peer has ended the stream; a connection that breaks is "closed", with what has come as
   * partial, and the reason in lastError. Never throws on network trouble; TypeError for a bad pattern.
   *
   * Cancelling takes nothing: what had arrived is there for the next receive. Several tasks may receive on one
   * socket: first come, first served. (LuaSocket: client:receive)
   *
   * @example
   * const [line, err] = yield* client.receive("*l");
   * const [block, error, partial] = yield* client.receive(512);
   */
  receive(pattern?: TextPattern, prefix?: string): Yieldable<Result<string, string>>;
  receive(pattern: BytePattern, prefix?: string | Uint8Array): Yieldable<Result<Buffer, Buffer>>;
  receive(
    pattern: TextPattern | BytePattern,
    prefix?: string,
  ): Yieldable<Result<string, string> | Result<Buffer, Buffer>>;
  receive(
    pattern?: TextPattern | BytePattern,
    prefix?: string | Uint8Array,
  ): Yieldable<Result<string, string> | Result<Buffer, Buffer>> {
    const connection = clientOf(this, "receive");
    return byPattern(connection, pattern, prefix, connection.timeouts.eager);
  }

  /**
   * Receive by pattern, but be content with whatever has come: if that does not complete the pattern, the result is
   * `[undefined, "timeout", partial]` at once. Waits only while there is nothing at all. Patterns, prefix, errors and
   * cancelling as {@link receive}. (Copas: receivepartial)
   *
   * @example
   * const [all, err, some] = yield* client.receivepartial(65536);
   * const bytes = err ? some : all;
   */
  receivepartial(pattern?: TextPattern, prefix?: string): Yieldable<Result<string, string>>;
  receivepartial(
    pattern: BytePattern,
    prefix?: string | Uint8Array,
  ): Yieldable<Result<Buffer, Buffer>>;
  receivepartial(
    pattern: TextPattern | BytePattern,
    prefix?: string,
  ): Yieldable<Result<string, string> | Result<Buffer, Buffer>>;
  receivepartial(
    pattern?: TextPattern | BytePattern,
    prefix?: string | Uint8Array,
  ): Yieldable<Result<string, string> | Result<Buffer, Buffer>> {
    return byPattern(clientOf(this, "receivepartial"), pattern, prefix, true);
  }

  // ---- OpenResty's, documented in OpenRestyMethods ---------------------------------------------------------------

  receiveany(max = Infinity): Yieldable<Result<Buffer, Buffer>> {
    const { reading } = clientOf(this, "receiveany");
    if (max !== Infinity) wholeNumber(max, "receiveany takes the most bytes to receive");
    return receiving(reading, new AnyBytes(max));
  }

  peek(count: number): Yieldable<Result<Buffer, Buffer>> {
    const { reading } = clientOf(this, "peek");
    wholeNumber(count, "peek takes how many bytes to look at");
    return receiving(reading, new Peeked(count));
  }

  receiveuntil(
    boundary: string | Uint8Array,
    options: { inclusive?: boolean } = {},
  ): BoundaryReader {
    const { reading } = clientOf(this, "receiveuntil");
    const inclusive = checkBoundary(boundary, options);
    return boundaryReader(reading, Buffer.from(boundary as string), inclusive);
  }

  /**
   * The lines as a stream, for `each` of this package (and for Effection's), and in an async function for
   * `for await (const line of client.lines())`. It ends when the peer has ended it, or the
   * socket was closed here; a last line without its LF is given, too. Any other error, such as a timeout, "line too long", or "closed" when
   * the connection breaks, is thrown (SocketException): then what has come of a line is there for the next receive.
   * Cancelling takes nothing; leaving the loop closes nothing.
   *
   * @example
   * for (const line of yield* each(client.lines())) {
   *   console.log(line);
   *   yield* each.next();
   * }
   */
  lines(): Sequence<string> {
    return items("lines", LINE, () => clientOf(this, "lines"));
  }

  /**
   * Blocks of `size` bytes as a stream, the last one shorter; otherwise as {@link lines}.
   *
   * @example
   * for (const block of yield* each(client.blocks(65536))) {
   *   console.log(block.length);
   *   yield* each.next();
   * }
   */
  blocks(size: number): Sequence<Buffer> {
    wholeNumber(size, "blocks takes the bytes of a block");
    return items("blocks", new Bytes(size, NOTHING), () => clientOf(this, "blocks"));
  }

  /**
   * Send data, or the bytes from i to j of it (1-based, both included, negative from the end).
   *
   * Sent means taken into the socket's bounded queue, which leaves at the end of the turn; beyond the bound `send` waits
   * for the peer. The caller may change its buffer as soon as `send` has returned.
   *
   * @param data a string (in the socket's encoding), a Uint8Array, or an array of them
   * @returns `[index of the last byte sent]`, or `[undefined, error, index]`: "timeout", "closed". Sending on from
   * index + 1 neither repeats nor loses a byte. TypeError for other data.
   *
   * Cancelling stops the waiting, not the message: it still leaves, whole and in order; but when more than 16 MiB are waiting to leave
   * by then, it breaks the connection ("no buffer space available"). Messages of several senders never mix. (LuaSocket: client:send)
   *
   * @example
   * const [last, err] = yield* client.send("hello\n");
   * yield* client.send(["content-length: 2\n", Buffer.from("ok")]);
   */
  send(data: Data, i?: number, j?: number): Yieldable<Result<number, number>> {
    const { encoding, writing } = clientOf(this, "send");
    const whole = i === undefined && j === undefined;
    if (!whole || typeof data !== "string" || encoding !== "utf8") checkSend(data, i, j, encoding);
    return whole && typeof data === "string"
      ? new SendText(writing, data)
      : new Send(writing, data, i, j);
  }

  /**
   * Wait until what was sent is in the kernel. Nobody has to: it leaves by itself, and `close` delivers it.
   *
   * @returns `[1]`, "timeout" (of settimeout's for sending), "closed". Cancelling stops the waiting. (Copas: skt:flush,
   * which does nothing)
   *
   * @example
   * yield* client.send("going down\n");
   * yield* client.flush();
   */
  flush(): Yieldable<Result<1>> {
    return new Flush(clientOf(this, "flush").writing);
  }

  /**
   * Shut down one direction, or both. Always 1. (LuaSocket)
   *
   * "send": what was sent still leaves, then the peer sees the end; "receive": what has arrived can be received,
   * what comes later is dropped.
   *
   * @example
   * yield* client.send("that is all\n");
   * client.shutdown("send");
   * const [answer, err] = yield* client.receive("*a");
   */
  shutdown(how: "send" | "receive" | "both" = "both"): 1 {
    if (how !== "send" && how !== "receive" && how !== "both") {
      throw new TypeError(
        `shutdown: there is no mode ${unknownName(how, ["send", "receive", "both"])}`,
      );
    }
    if (!this.closed) clientOf(this, "shutdown").shutdown(how);
    return 1;
  }

  /**
   * Whether there are bytes that have arrived and nobody has received. (LuaSocket)
   *
   * @example if (client.dirty()) console.log("there are bytes to receive");
   */
  dirty(): boolean {
    return connectionOf(this).reading.unread > 0;
  }

  // ---- for Node's libraries, documented in NodeMethods ------------------------------------------------------------

  duplex(options: DuplexOptions = {}): Socket {
    return duplex(connectionOf(this), options);
  }
  webstreams(): WebStreams {
    return webstreams(connectionOf(this));
  }

  // ---- LuaSec's, documented in SecureMethods ----------------------------------------------------------------------

  dohandshake(params: TlsParams | TlsContext = {}, timeout?: number): Yieldable<Result<this>> {
    const connection = clientOf(this, "dohandshake");
    const context = prepareHandshake(connection, params, timeout);
    return operation(`dohandshake on ${String(this)}`, () =>
      encrypted<this>(this, encrypt(connection, context, "dohandshake", timeout)),
    );
  }
  sni(names: string | Readonly<Record<string, TlsParams | TlsContext>>, strict = false): 1 {
    setNames(connectionOf(this), names, strict);
    return 1;
  }
  getalpn(): Result<string | undefined> {
    return facts.alpn(connectionOf(this));
  }
  getsniname(): Result<string | undefined> {
    return facts.serverName(connectionOf(this));
  }
  getpeercertificate(): Result<X509Certificate | undefined> {
    return facts.peerCertificate(connectionOf(this));
  }
  getpeerchain(): Result<X509Certificate[]> {
    return facts.peerChain(connectionOf(this));
  }
  getlocalcertificate(): Result<X509Certificate | undefined> {
    return facts.localCertificate(connectionOf(this));
  }
  getpeerverification(): Result<true> {
    return facts.verification(connectionOf(this));
  }
  info(): Result<TlsInfo> {
    return facts.info(connectionOf(this));
  }
  getsession(): Result<Buffer | undefined> {
    return facts.session(connectionOf(this));
  }
  getfinished(): Result<Buffer | undefined> {
    return facts.finished(connectionOf(this), false);
  }
  getpeerfinished(): Result<Buffer | undefined> {
    return facts.finished(connectionOf(this), true);
  }
  exportkeyingmaterial(label: string, length: number, context = ""): Result<Buffer> {
    return facts.keyingMaterial(connectionOf(this), label, length, context);
  }
}
