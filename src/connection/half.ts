/** What both halves of a connection are: waits look at them under the timeouts of the connection. */
import { Deadline } from "../../reactor/index.js";
import type { Transport } from "../network/index.js";
import {
  type Direction,
  type Encoding,
  explained,
  type Failure,
  type SocketError,
  type Timeouts,
} from "../object/index.js";

/** The connection, as its halves have to know it. */
export interface Whole {
  readonly timeouts: Timeouts;
  readonly encoding: Encoding;
  readonly closed: boolean;
  /** The method by which it became another's: that is the cause of every failure. Null if it did not. */
  readonly givenAway: string | null;
  lastError: Error | undefined;
  readonly transport: Transport | null;
  readonly reading: { readonly position: number };
  /** Whether there will be a connection, or it will be another one. */
  readonly pending: boolean;
  /** Where its peer is, if that is known: host and port, or a path. */
  readonly peerAddress: string | undefined;
  /** Whether a timeout keeps the process alive: where the transport does so by itself it need not. */
  readonly deadlinesHold: boolean;
  /** An operation has failed: the pool must not take the connection. */
  markDubious<T>(result: T): T;
  /** There is room for more to be sent. */
  drained(): void;
  /** More was left behind by halted senders than may be. */
  overflow(): void;
  toString(): string;
}

export abstract class Half implements Direction {
  abstract readonly kind: "read" | "write";
  abstract readonly timeout: number;
  private kept: Deadline | null = null;

  constructor(protected readonly whole: Whole) {}

  toString(): string {
    return String(this.whole);
  }
  get of(): object {
    return this.whole;
  }
  get timeouts(): Timeouts {
    return this.whole.timeouts;
  }
  get encoding(): Encoding {
    return this.whole.encoding;
  }
  markDubious<T>(result: T): T {
    return this.whole.markDubious(result);
  }

  /** The failure `error` of `operation`, with what is known of it: that the program has closed it has no cause. */
  failed<T>(operation: "send" | "receive" | "flush", error: SocketError, partial: T): Failure<T> {
    const { whole } = this;
    const { closed, givenAway, peerAddress: address } = whole;
    if (givenAway !== null) whole.lastError = new Error(`${String(whole)} by ${givenAway}()`);
    const cause = closed && givenAway === null ? undefined : whole.lastError;
    return explained<Failure<T>>([undefined, error, partial], () => ({
      operation,
      address,
      cause,
    }));
  }

  get deadline(): Deadline {
    return (this.kept ??= new Deadline(this.whole.deadlinesHold));
  }
  /** {@link deadline}, if nobody waits on it: one somebody waits on is disarmed when that wait ends. */
  get idleDeadline(): Deadline | null {
    return this.kept?.waiter === null ? this.kept : null;
  }
}
