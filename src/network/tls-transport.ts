/** A connection that node:tls encrypts, once the handshake is done or while it is. */
import type * as tls from "node:tls";
import type { KeepAlive, TlsFacts } from "./network.js";
import type { Below } from "./below.js";
import { silent } from "./silent.js";
import { SocketTransport } from "./socket-transport.js";
import { complete, holdBack } from "./tls-socket.js";

/** What has come and waits to be handed over: bytes; or an end, and what is wrong with it. */
type Arrival = Buffer | { end: Error | undefined } | { broke: Error };

/** What the handshake knows of the connection, as {@link TlsFacts} tells it. */
export interface Bond {
  identity: string;
  trust: string;
  /** A cut is taken for an end (OpenSSL's SSL_OP_IGNORE_UNEXPECTED_EOF). */
  lenient: boolean;
}

export class TlsTransport extends SocketTransport implements TlsFacts {
  /** Told of an end or an error that comes before the handshake is done. */
  early: (error: Error) => void = () => {};
  /** Why the peer's certificate is not to be trusted, or that there is none, found out when the handshake was done. */
  untrusted: Error | undefined = undefined;
  /** The name that the client asked for, where OpenSSL does not tell it. */
  asked: string | undefined = undefined;
  /** The certificate in the session that was resumed. */
  private remembered: Buffer | undefined = undefined;
  // Private to the language: sessions are secrets, and whoever prints a connection must not see them.
  #session: Buffer | undefined = undefined;
  #resumed: Buffer | undefined = undefined;
  /** While it is not null nothing is handed over. */
  private held: Arrival[] | null = [];
  /** Hand over when the first bytes come, but not before what came with them has been read, too. */
  private lazy = false;
  /** What is to be done when Node's loop comes round, unless the connection is gone by then. */
  private readonly immediates = new Set<NodeJS.Immediate>();
  private reading = true;
  /** Something that the peer has sent has come, or its end: what TLS itself sends after the handshake stands before it. */
  private heard = false;
  /** Finished, but for the tickets of TLS 1.3 that are to be read before. */
  private awaitsTickets = false;
  private over = false;
  private chain: Buffer[] | null = null;

  constructor(
    override readonly socket: tls.TLSSocket,
    private readonly below: Below,
    private readonly bond: Bond,
    private readonly server: boolean,
  ) {
    super(socket);
    // With TLS 1.3 sessions come after the handshake, one by one.
    socket.on("session", (session: Buffer) => (this.#session = session));
    // A server's socket tells errors of TLS by this event only.
    socket.on("_tlsError", (error: Error) => this.failed(error));
    // A stream below may be closed without a word.
    socket.once("close", () => this.failed(streamClosed()));
  }

  override duplex(busy: boolean): tls.TLSSocket {
    const { socket } = this;
    this.end();
    super.duplex(busy);
    complete(socket, this.below.stream, this.untrusted);
    if (busy) this.protocol = { ...silent, wrote: holdBack(socket) };
    return socket;
  }

  // ---- what comes -----------------------------------------------------------------------------------------------

  override pushed(chunk: Buffer | null): boolean {
    if (chunk === null) return this.endOfInput();
    if (!this.heard) this.ticketsAreIn();
    if (this.held === null) {
      const { protocol } = this;
      return (this.reading = protocol !== null && protocol.arrived(chunk));
    }
    this.held.push(chunk);
    if (this.lazy && this.held.length === 1) this.later(() => this.handOver());
    return true;
  }

  private endOfInput(): boolean {
    this.ticketsAreIn();
    const truncated = this.reading && this.below.ended() && !this.bond.lenient;
    const end = this.failure ?? (truncated ? truncatedError() : undefined);
    if (this.held === null) this.protocol?.ended(end);
    else {
      this.held.push({ end });
      this.early(closedEarly());
      if (this.lazy) this.handOver();
    }
    return false;
  }

  override failed(error: Error): void {
    if (this.over || this.protocol === null) return;
    this.end();
    this.socket.destroy();
    if (this.held === null) this.protocol.broke(error);
    else {
      this.held.push({ broke: error });
      this.early(error);
      if (this.lazy) this.handOver();
    }
  }

  /**
   * Whatever comes is the protocol's, also what has come already. What arrives runs fibers, which may ask for the rest, have another
   * protocol take it, or close: so each arrival is held until it is handed over.
   */
  handOver(): void {
    this.lazy = false;
    while (this.protocol !== null) {
      const arrival = this.held?.shift();
      if (arrival === undefined) break;
      if (Buffer.isBuffer(arrival)) this.protocol.arrived(arrival);
      else if ("end" in arrival) this.protocol.ended(arrival.end);
      else this.protocol.broke(arrival.broke);
    }
    this.held = null;
  }

  /**
   * Hand over, but see to it that whoever reads a server's first words can ask for the session: TLS 1.3's tickets may stand
   * behind them, in the same segment, and do so when Node is the server (up to 24).
   */
  handOverSoon(): void {
    if (this.held?.length !== 0 || this.server || this.version() !== "TLSv1.3") this.handOver();
    else this.lazy = true;
  }

  private later(then: () => void): void {
    if (this.over) return;
    const immediate = setImmediate(() => {
      this.immediates.delete(immediate);
      then();
    });
    this.immediates.add(immediate);
  }

  override unsent(): number {
    // TLS tells when everything has left; how far it has got only the handle below knows.
    return super.unsent() + this.below.unsent();
  }

  /** Node takes what the socket below was set to for not set, and leaves out what changes nothing. */
  override setNoDelay(on: boolean): void {
    if (!on) super.setNoDelay(true);
    super.setNoDelay(on);
  }
  override setKeepAlive(how: KeepAlive): void {
    if (!how.on) super.setKeepAlive({ ...how, on: true });
    super.setKeepAlive(how);
  }

  override read(): void {
    this.reading = true;
    super.read();
  }

  // ---- the end --------------------------------------------------------------------------------------------------

  override get needsFin(): boolean {
    return true;
  }
  override finish(): void {
    // When OpenSSL tells that the handshake is done it is still on the stack, with TLS 1.3's tickets to write: a connection
    // that was closed then would lack its close_notify (Node 20 to 24).
    if (this.server) this.later(() => super.finish());
    else super.finish();
  }
  /**
   * TLS 1.3's tickets, which come before a server's first words, must not come after close: a kernel answers them with a reset, which
   * takes from the peer what it has not read.
   */
  protected override sentEnd(): void {
    if (this.server || this.heard || this.version() !== "TLSv1.3") super.sentEnd();
    else this.awaitsTickets = true;
  }
  private ticketsAreIn(): void {
    this.heard = true;
    if (this.awaitsTickets) this.later(() => this.protocol?.finished());
    this.awaitsTickets = false;
  }
  /** Nothing is done later any more. */
  private end(): void {
    this.over = true;
    for (const immediate of this.immediates) clearImmediate(immediate);
    this.immediates.clear();
  }
  override destroy(): void {
    this.held = null;
    this.end();
    super.destroy();
  }
  override reset(): void {
    // Node knows RST only for TCP; the encrypted stream just ends.
    this.destroy();
  }

  // ---- what is known --------------------------------------------------------------------------------------------

  override get tls(): TlsFacts {
    return this;
  }
  get identity(): string {
    return this.bond.identity;
  }
  get trust(): string {
    return this.bond.trust;
  }
  version(): string {
    return this.socket.getProtocol() ?? "unknown";
  }
  cipher(): { name: string; standardName: string; version: string } {
    return this.socket.getCipher();
  }
  alpn(): string | undefined {
    return this.socket.alpnProtocol || undefined;
  }
  servername(): string | undefined {
    // Node's types leave it out: the name of SNI, or false.
    return (this.socket as { servername?: string | false | null }).servername || this.asked;
  }
  certificates(): Buffer[] {
    if (this.chain !== null) return this.chain;
    if (this.remembered !== undefined) return (this.chain = [this.remembered]);
    this.chain = [];
    // Asked once: on some versions Node's answer to a second call is empty.
    let certificate = this.socket.getPeerX509Certificate();
    for (; certificate !== undefined; certificate = certificate.issuerCertificate)
      this.chain.push(certificate.raw);
    return this.chain;
  }
  localCertificate(): Buffer | undefined {
    return this.socket.getX509Certificate()?.raw;
  }
  finished(ofPeer: boolean): Buffer | undefined {
    return ofPeer ? this.socket.getPeerFinished() : this.socket.getFinished();
  }
  keyingMaterial(length: number, label: string, context: Buffer): Buffer {
    return this.socket.exportKeyingMaterial(length, label, context);
  }
  distrust(): Error | undefined {
    return this.untrusted;
  }
  session(): Buffer | undefined {
    if (this.server) return undefined;
    if (this.#session !== undefined) return this.#session;
    // Before the first ticket of TLS 1.3 there is something, but nothing that could be resumed; a server need not give a new one
    // to a client that has one.
    return this.version() === "TLSv1.3" ? this.#resumed : this.socket.getSession();
  }
  /** What was offered has been resumed. */
  resume(session: Buffer, certificate: Buffer | undefined): void {
    this.#resumed = session;
    this.remembered = certificate;
  }
  resumed(): boolean {
    return this.socket.isSessionReused();
  }
}

function truncatedError(): Error {
  return Object.assign(new Error("the connection was cut without TLS's close_notify"), {
    code: "ERR_TLS_TRUNCATED",
  });
}

function streamClosed(): Error {
  return Object.assign(new Error("the stream below was closed"), {
    code: "ERR_STREAM_PREMATURE_CLOSE",
  });
}

export function closedEarly(): Error {
  return Object.assign(new Error("the peer closed the connection during the handshake"), {
    code: "ECONNRESET",
  });
}
