/** A connection that is given away, as a stream of Node's: what has come goes with it, and what was sent leaves before all else. */
import { Deadline, reactor, type Fiber, type Resource, WaitList } from "../../reactor/index.js";
import {
  type Chunk,
  closeByReset,
  type Endpoint,
  type Socket,
  type Transport,
  TransportStream,
  unsentOf,
} from "../network/index.js";
import { DRAIN, LINGER } from "./closing.js";
import type { Connection } from "./connection.js";
import { mustBeClient } from "./holder.js";
import { LeftBehind } from "./left-behind.js";
import { Send } from "./send.js";
import type { WriteHalf } from "./write-half.js";

/** The stream, and whose it is: it ends with its fiber, as the connection would have. */
export class GivenAway implements Resource {
  /** The stream has closed. */
  over = false;
  /** For those who wait until it has. */
  readonly waiters = new WaitList();
  /** What a fiber returns to give it away. */
  handle: object;
  private readonly linger: number;
  /** Tells when the stream has got all that was written until now: where others are before it. */
  whenTaken: ((then: () => void) => void) | null = null;
  private owner: Fiber | null = null;
  private deadline: Deadline | null = null;

  /** @param incoming the other side began it; @param linger as of the connection; @param ended told when it has closed */
  constructor(
    readonly stream: Socket,
    readonly incoming: boolean,
    private readonly transferable: boolean,
    linger: number | null,
    private readonly ended: () => void,
  ) {
    this.handle = stream;
    this.linger = linger ?? LINGER;
    closeByReset(stream);
    // Nobody need listen: an error that nobody else is told of must not end the process.
    stream.on("error", () => {});
    if (stream.closed) this.closed();
    else stream.once("close", () => this.closed());
  }

  transfer(owner: Fiber | null): void {
    if (this.transferable) this.ownedBy(owner);
  }

  ownedBy(fiber: Fiber | null): void {
    if (this.over) return;
    this.owner?.disown(this);
    this.owner = fiber;
    fiber?.own(this);
  }

  /** Its fiber has ended: what was written is delivered, as far as the peer takes it. */
  release(): void {
    const { stream, linger } = this;
    if (linger === 0) return reset(stream);
    if (stream.destroyed) return;
    this.lingerFor(linger);
    if (this.whenTaken === null) this.end();
    else this.whenTaken(() => this.end());
  }

  private end(): void {
    const { stream } = this;
    stream.end();
    if (stream.writableFinished) this.leave();
    else stream.once("finish", () => this.leave());
  }

  /**
   * All has left. To close with bytes unread would reset the connection, and could take from the peer what it has not read: what still
   * comes is dropped, where it was not read, and up to the peer's farewell where there is one.
   */
  private leave(): void {
    const { stream } = this;
    const unread = "encrypted" in stream || stream.readableLength >= stream.readableHighWaterMark;
    if (!unread || !stream.readable) return void stream.destroy();
    this.lingerFor(Math.min(this.linger, DRAIN));
    stream.once("end", () => stream.destroy());
    letFlow(stream);
  }

  private lingerFor(seconds: number): void {
    const { stream } = this;
    const unsent = unsentOf(stream);
    this.deadline ??= new Deadline(true);
    reactor.timers.arm(this.deadline, reactor.clock.now() + seconds, {
      expire: () => void (unsentOf(stream) === unsent ? stream.destroy() : this.lingerFor(seconds)),
    });
  }

  private closed(): void {
    this.over = true;
    if (this.deadline !== null) reactor.timers.remove(this.deadline);
    this.owner?.disown(this);
    this.owner = null;
    this.ended();
    this.waiters.wakeAll();
    reactor.run();
  }
}

/** Drop what comes and nobody reads, up to the end: nor does who stops reading it stop the stream. */
function letFlow(stream: Socket): void {
  const drop = (): void => {};
  // Who reads with others stays; it is a listener, too, because Node lets nothing flow once the last has gone.
  stream.on("data", drop);
  // The stream that it was piped into may end before it: Node pauses it then, and takes its listener away afterwards.
  stream.on("pause", () =>
    process.nextTick(() => {
      if (stream.listenerCount("data") === 1) stream.resume();
    }),
  );
  // While somebody listens to that, nothing flows.
  stream.removeAllListeners("readable").resume();
}

function reset(stream: Socket): void {
  try {
    stream.resetAndDestroy();
  } catch {
    // Node has RST for TCP only.
    stream.destroy();
  }
}

/**
 * Give the connection away. Its object is closed, and says why.
 *
 * Who waits to receive is told "closed", and has taken nothing. What others are sending leaves whole.
 *
 * @param what the method, for the texts of errors. Misuse throws TypeError
 */
export function giveAway(connection: Connection, what: string): GivenAway {
  connection.transport?.handOver?.();
  mustBeGivable(connection, what);
  const { dead, holder, incoming, lastError, linger, owner } = connection;
  const { reading, transferable, transport, writing } = connection;
  takeAll(writing);
  const { ended, failure } = reading;
  const broken = transport === null ? (lastError ?? notConnected()) : failure;
  const shut = writing.shut && (!dead || transport?.writable === false);
  const busy = writing.output?.busy === true;
  const rest = writing.output?.rest() ?? [];
  const stream = broken === undefined ? transport!.duplex(busy) : brokenOff(transport, broken);
  // Before what has come since.
  const unread = reading.surrender();
  if (unread.length > 0) stream.unshift(unread);
  if (holder.proxied !== undefined) showPeer(stream, holder.proxied);
  // As of a socket: of the whole connection.
  if (stream instanceof TransportStream) stream.bytesRead = reading.received;
  if (broken === undefined) {
    if (ended) stream.push(null);
    for (const chunk of rest) write(stream, chunk);
    if (shut) stream.end();
  }
  connection.givenAway = what;
  if (transport !== null) connection.retire(true);
  reading.wake();
  writing.wakeAll();
  const given = new GivenAway(stream, incoming, transferable, linger, () => holder.gone());
  given.ownedBy(owner);
  return given;
}

/** The client's address, and not that of the proxy that has connected. */
function showPeer(stream: Socket, { address, port, family }: Endpoint): void {
  const shown = {
    remoteAddress: address,
    remotePort: port,
    remoteFamily: family === "inet6" ? "IPv6" : "IPv4",
  };
  for (const [name, value] of Object.entries(shown))
    Object.defineProperty(stream, name, { value, configurable: true });
}

function write(stream: Socket, { chunk, encoding }: Chunk): void {
  if (encoding === "buffer") stream.write(chunk);
  else stream.write(chunk, encoding);
}

function mustBeGivable(connection: Connection, what: string): void {
  mustBeClient(connection, what);
  const wrong = obstacle(connection);
  if (wrong !== null) throw new TypeError(`${what}: ${String(connection)} ${wrong}`);
}

/** Why it cannot be given away; null if it can. */
function obstacle({ closed, givenAway, handshake, pending, reading }: Connection): string | null {
  if (givenAway !== null) return "already: a connection can be given away once";
  if (closed) return "has no connection any more to give away";
  if (handshake !== null) return "is being encrypted: give it away when dohandshake has returned";
  if (pending) return "is being connected: give it away when connect has returned";
  if (reading.shut) return "receives nothing any more (shutdown): half a connection is no stream";
  return null;
}

/** What is being sent is taken, though there is no room: it leaves whole. */
function takeAll({ senders }: WriteHalf): void {
  for (const sender of [...(senders ?? [])]) {
    if (sender instanceof Send) sender.handWhole();
    else if (sender instanceof LeftBehind) sender.turn();
  }
}

/** What is left of a connection that broke: what had come, then why no more comes. */
function brokenOff(transport: Transport | null, error: Error): TransportStream {
  transport?.destroy();
  const stream = new TransportStream(null);
  stream.failOnceRead(error);
  return stream;
}

function notConnected(): Error {
  return Object.assign(new Error("the connection is over"), { code: "ENOTCONN" });
}
