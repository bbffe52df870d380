/** Encrypting a connection: from the request to the transport that encrypts, or to a closed connection. */
import type { Operation } from "effection";
import { Until, WaitList } from "../../reactor/index.js";
import { Limits, type SocketError, unwatch, watch, wordsOfTheProgram } from "../object/index.js";
import { secure, type ClientSide, type ServerSide } from "../network/index.js";
import { Barrier, type Connection } from "../connection/index.js";
import type { TlsContext } from "./context.js";
import { handshakeWord } from "./words.js";

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
    private readonly connection: Connection,
    private readonly context: TlsContext,
    /** Seconds; undefined: the connection's timeouts. */
    private readonly limit: number | undefined,
  ) {}

  abort(): void {
    this.under?.abort();
    this.waiters.wakeAll();
  }

  /** Null: the connection is encrypted. Otherwise why not; then it must be closed. */
  *run(): Operation<SocketError | null> {
    const { connection } = this;
    const side = this.side();
    const { connect, total } = connection.timeouts;
    const limits = new Limits(this.limit ?? connect, Math.min(this.limit ?? Infinity, total));
    watch(connection, this.changed);
    // What was sent in the clear leaves in the clear, and nothing else does.
    const barrier = new Barrier(connection.writing, this.changed);
    try {
      const sent = (): boolean =>
        barrier.reached || connection.transport === null || connection.closed;
      if (!(yield* this.wait(sent, limits))) return "timeout";
      connection.transport?.handOver?.();
      if (connection.closed || connection.transport === null) return "closed";
      const unread = this.takeEarly(side);
      if (unread !== null) return unread;
      this.begin(side);
      // There is no transport until there is one that encrypts.
      barrier.lift();
      const over = (): boolean => this.outcome !== undefined || connection.closed;
      if (!(yield* this.wait(over, limits))) return "timeout";
      return this.outcome === undefined ? "closed" : this.outcome;
    } finally {
      unwatch(connection, this.changed);
      barrier.closing();
      barrier.lift();
      if (this.outcome !== null) this.under?.abort();
    }
  }

  private wait(condition: () => boolean, limits: Limits): Operation<boolean> {
    const what = `TLS handshake on ${String(this.connection)}`;
    return new Until(what, "read", this.waiters, condition, limits.next());
  }

  /**
   * Bytes that came before the handshake: of a client that has begun it already they belong to it. Anything else is text in the
   * clear that would be taken for encrypted text afterwards (STARTTLS injection): refused.
   */
  private takeEarly(side: ClientSide | ServerSide): SocketError | null {
    const { connection } = this;
    if (connection.reading.unread === 0) return null;
    const bytes = connection.reading.takeAll();
    if (!side.server || bytes[0] !== HANDSHAKE_RECORD)
      return "unread data before the tls handshake";
    this.early = bytes;
    return null;
  }

  private begin(side: ClientSide | ServerSide): void {
    const { connection } = this;
    this.under = secure(connection.detach(), side, this.early, {
      secured: (transport) => {
        this.outcome = null;
        connection.connected(transport);
        this.waiters.wakeAll();
      },
      refused: (refusal) => {
        connection.lastError = refusal.error;
        if (refusal.by === "callback") wordsOfTheProgram.add(refusal.error);
        this.outcome = handshakeWord(refusal);
        this.waiters.wakeAll();
      },
    });
  }

  private side(): ClientSide | ServerSide {
    const { context, connection } = this;
    return context.mode === "server"
      ? context.serverSide
      : context.clientSide(connection.holder.peername, String(connection));
  }
}
