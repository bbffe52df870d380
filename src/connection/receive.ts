/**
 * Receiving, as a wait: one class for all patterns. Nothing is taken from the buffer before a pattern is complete, so a receive that is
 * halted has lost nothing; only a timeout or the end of the stream takes what is there, as the partial.
 */
import { PENDING, type Pending, TryFirst } from "../../reactor/index.js";
import { type Result, SocketWait } from "../object/index.js";
import type { Reader, ReadHalf } from "./read-half.js";

/** What is received: when that is there, and how it is taken. */
export interface Pattern<T, P> {
  /** The call in words: `receive("*l")`. */
  toString(): string;
  /** Whether {@link take} has something to give. */
  complete(half: ReadHalf): boolean;
  /** The result, taken from the buffer, if the pattern is complete; otherwise null. */
  take(half: ReadHalf): Result<T, P> | null;
  /** What is there although that is not all, taken; `ended`: nothing more will come. */
  partial(half: ReadHalf, ended: boolean): P;
  /** What goes before it: the partial of one whose turn did not come. */
  readonly prefix: P;
}

/**
 * The operation: a small one, where it will probably find what it wants.
 *
 * @param eager whether what has come is enough
 */
export function receiving<T, P>(
  half: ReadHalf,
  pattern: Pattern<T, P>,
  eager = false,
): Receive<T, P> | ReceiveBuffered<T, P> {
  if (half.unread > 0 && !eager) return new ReceiveBuffered(half, pattern);
  const wait = new Receive(half, pattern);
  if (eager) wait.eager = true;
  return wait;
}

/** What the pattern takes, if it is complete; the kernel may have to be read again then. */
function takenBy<T, P>(pattern: Pattern<T, P>, half: ReadHalf): Result<T, P> | null {
  const result = pattern.take(half);
  if (result !== null) half.taken();
  return result;
}

/** What has arrived may be enough: it need not wait. */
class ReceiveBuffered<T, P> extends TryFirst<Result<T, P>> {
  constructor(
    private readonly half: ReadHalf,
    private readonly pattern: Pattern<T, P>,
  ) {
    super();
  }
  get description(): string {
    return `${String(this.pattern)} on ${String(this.half)}`;
  }

  get direction(): ReadHalf {
    return this.half;
  }

  protected attempt(): Result<T, P> | Pending {
    const { half, pattern } = this;
    const { readers } = half;
    if (readers !== null && !readers.empty) return PENDING;
    return takenBy(pattern, half) ?? PENDING;
  }
  protected waiting(): Receive<T, P> {
    return new Receive(this.half, this.pattern);
  }
}

export class Receive<T, P> extends SocketWait<Result<T, P>, ReadHalf> implements Reader {
  /** Copas's receivepartial: whatever has come is enough, and then "timeout" says that it is not all. */
  declare eager: boolean;

  constructor(
    half: ReadHalf,
    private readonly pattern: Pattern<T, P>,
  ) {
    super(half);
  }
  override get action(): string {
    return String(this.pattern);
  }
  get description(): string {
    return `${this.action} on ${String(this.half)}`;
  }

  get begun(): boolean {
    // A text, bytes, or nothing.
    const { length = 0 } = (this.pattern.prefix ?? {}) as { readonly length?: number };
    return length > 0;
  }
  ready(): boolean {
    const { half } = this;
    return half.ended || this.pattern.complete(half) || (this.eager && half.input.size > 0);
  }
  arrived(): void {
    if (this.ready()) this.enqueue();
    else this.progress();
  }
  private get first(): boolean {
    const { readers } = this.half;
    return readers === null || readers.admits(this);
  }

  protected attempt(): Result<T, P> | Pending {
    const { half, pattern } = this;
    if (!this.first) return PENDING;
    const result = takenBy(pattern, half);
    if (result !== null) return result;
    if (half.ended) return half.atEnd(pattern.partial(half, true));
    if (this.eager && half.input.size > 0) return this.timedOut();
    half.wantMore();
    return PENDING;
  }
  protected override timedOut(): Result<T, P> {
    const { half, pattern } = this;
    const partial = this.first ? pattern.partial(half, false) : pattern.prefix;
    half.taken();
    return half.markDubious([undefined, "timeout", partial]);
  }

  /** Nothing was taken, but what it waited for is still to come: the pool must not take the connection. */
  protected override halted(): void {
    this.half.markDubious(undefined);
  }
  protected enlist(): void {
    this.half.readerQueue.add(this);
  }
  protected leave(): void {
    this.half.readers!.delete(this);
    this.half.wake();
  }
}

// On the prototype: almost no receive is.
Object.defineProperty(Receive.prototype, "eager", { value: false, writable: true });
