/** Encrypting a connection: from the request to the wire that encrypts, or to a closed connection. */
import type { Operation } from "effection";
import { Until, WaitList } from "../../reactor/index.js";
import type { SocketError } from "../errors.js";
import { Limits } from "../limits.js";
import { secure, type ClientSide, type ServerSide, type Wire } from "../network/index.js";
import type { Barrier } from "../stream/senders.js";
import type { Timeouts } from "../timeouts.js";
import { unwatch, watch } from "../watch.js";
import type { TlsContext } from "./context.js";
import { handshakeWord } from "./words.js";

/** The stream that is upgraded, as far as the handshake has to know it. */
export interface Upgraded {
  readonly timeouts: Timeouts;
  readonly closed: boolean;
  readonly wire: Wire | null;
  readonly unread: number;
  lastError: Error | undefined;
  /** Take everything that was received and not read. */
  takeUnread(): Buffer;
  /** From now on nothing more leaves, until it is lifted; `tell` is called when what was sent before may have left. */
  barrier(tell: () => void): Barrier;
  /** Give the connection away. */
  surrender(): Wire;
  connected(wire: Wire): void;
  toString(): string;
}

/** First byte of every TLS handshake. */
const HANDSHAKE_RECORD = 22;

export class Handshake {
  private readonly waiters = new WaitList();
  private readonly changed = (): void => this.waiters.wakeAll();
  private under: { abort(): void } | null = null;
  private outcome: SocketError | null | undefined = undefined;
  /** Bytes of the handshake that have been read already. */
  private early: Buffer = Buffer.alloc(0);

  constructor(
    private readonly stream: Upgraded,
    private readonly context: TlsContext,
    private readonly host: string | undefined,
    /** Seconds; undefined: the stream's timeouts. */
    private readonly limit: number | undefined,
  ) {}

  abort(): void {
    this.under?.abort();
    this.waiters.wakeAll();
  }

  /** Null: the connection is encrypted. Otherwise why not; then it must be closed. */
  *run(): Operation<SocketError | null> {
    const { stream } = this;
    const side = this.side();
    const { connect, total } = stream.timeouts;
    const limits = new Limits(this.limit ?? connect, Math.min(this.limit ?? Infinity, total));
    watch(stream, this.changed);
    // What was sent in the clear leaves in the clear, and nothing else does.
    const barrier = stream.barrier(this.changed);
    try {
      const sent = (): boolean => barrier.reached || stream.wire === null || stream.closed;
      if (!(yield* this.wait(sent, limits))) return "timeout";
      if (stream.closed || stream.wire === null) return "closed";
      const unread = this.takeEarly(side);
      if (unread !== null) return unread;
      this.begin(side);
      // There is no wire until there is one that encrypts.
      barrier.lift();
      const over = (): boolean => this.outcome !== undefined || stream.closed;
      if (!(yield* this.wait(over, limits))) return "timeout";
      return this.outcome === undefined ? "closed" : this.outcome;
    } finally {
      unwatch(stream, this.changed);
      barrier.closing();
      barrier.lift();
      if (this.outcome !== null) this.under?.abort();
    }
  }

  private wait(condition: () => boolean, limits: Limits): Operation<boolean> {
    const what = `TLS handshake on ${String(this.stream)}`;
    return new Until(what, "read", this.waiters, condition, limits.next());
  }

  /**
   * Bytes that came before the handshake: of a client that has begun it already they belong to it. Anything else is text in the
   * clear that would be taken for encrypted text afterwards (STARTTLS injection): refused.
   */
  private takeEarly(side: ClientSide | ServerSide): SocketError | null {
    const { stream } = this;
    if (stream.unread === 0) return null;
    const bytes = stream.takeUnread();
    if (!side.server || bytes[0] !== HANDSHAKE_RECORD)
      return "unread data before the tls handshake";
    this.early = bytes;
    return null;
  }

  private begin(side: ClientSide | ServerSide): void {
    const { stream } = this;
    this.under = secure(stream.surrender(), side, this.early, {
      secured: (wire) => {
        this.outcome = null;
        stream.connected(wire);
        this.waiters.wakeAll();
      },
      refused: (refusal) => {
        stream.lastError = refusal.error;
        this.outcome = handshakeWord(refusal);
        this.waiters.wakeAll();
      },
    });
  }

  private side(): ClientSide | ServerSide {
    const { context, host, stream } = this;
    return context.mode === "server"
      ? context.serverSide
      : context.clientSide(host, String(stream));
  }
}
