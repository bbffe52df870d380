import { reactor, WaitList } from "../../reactor/index.js";
import { errorWord, fail, type Result, type SocketError } from "../object/index.js";
import { current, type Attempt, type ConnectAddress } from "../network/index.js";
import type { Connection } from "../connection/index.js";

/** Where to connect to, once that is known: the addresses of a name, or a path. */
export interface Destination {
  readonly waiters: WaitList;
  readonly done: boolean;
  /** In the order in which they are tried. */
  readonly targets: ConnectAddress[] | null;
  /** Which of them tells the error when none can be reached. */
  readonly decisive: number;
  /** Seconds after which the next is tried though those before have not answered; Infinity: one after the other. */
  readonly delay: number;
  readonly error: SocketError | null;
  readonly cause: Error | undefined;
  /** Nobody wants to know any more. */
  drop(): void;
}

/** Whoever is to be connected. */
export interface Connecter {
  readonly connection: Connection;
  /** The attempt has got somewhere, or has failed, whether anybody waits for it or not. */
  progressed(): void;
}

/** Seconds between two attempts, at least. (RFC 8305, section 8) */
export const SHORTEST_DELAY = 0.01;

/**
 * A connection in the making: know where to, then try each target in order; if that takes longer than the destination's delay, the next
 * beside it, until one is connected: the others are given up. (RFC 8305, section 5)
 *
 * It lives on the socket, not in the call: after a timeout the attempts go on, and calling `connect` again waits for
 * them (that is how LuaSocket's non-blocking connect is used).
 */
export class Connecting {
  readonly waiters = new WaitList();
  /** How many calls of `connect` wait for it. */
  followers = 0;
  succeeded = false;
  private readonly attempts = new Set<Attempt>();
  /** How many attempts have ended. */
  private ended = 0;
  private nextTarget = 0;
  /** When the next target is to be tried beside those under way, in the clock's seconds. */
  private due = Infinity;
  private error: SocketError = "host or service not provided, or not known";
  /** Node's error behind it, where there is one. */
  private cause: Error | undefined;

  constructor(
    private readonly caller: Connecter,
    private readonly destination: Destination,
  ) {}

  /** What is waited for now, and by whom. */
  get step(): { waiters: WaitList; done: () => boolean } {
    const { destination, ended } = this;
    if (!destination.done) return { waiters: destination.waiters, done: () => destination.done };
    return { waiters: this.waiters, done: () => this.ended !== ended };
  }

  /** Seconds until the next target is to be tried beside those under way. */
  get pause(): number {
    return this.due - reactor.clock.now();
  }

  /** Whether its targets are tried beside one another. */
  get racing(): boolean {
    return this.destination.done && this.destination.delay < Infinity;
  }

  /** Whether it stands still until `advance` is called. */
  get turned(): boolean {
    return this.destination.done && this.attempts.size === 0;
  }

  private get left(): number {
    return (this.destination.targets?.length ?? 0) - this.nextTarget;
  }

  /** Whether nothing will come of it. */
  get failed(): boolean {
    return this.turned && !this.succeeded && this.left <= 0;
  }

  /**
   * Go on as far as possible without waiting. Null: something has to be waited for.
   *
   * @param patience for how many seconds the caller would wait; 0 or less: then nothing is tried beside what is under way
   */
  advance(patience: number): Result<1> | null {
    if (this.succeeded) return [1];
    const { destination, attempts } = this;
    if (!destination.done) return null;
    const { targets, error, cause } = destination;
    if (targets === null) {
      this.caller.connection.lastError = cause;
      return fail(error!);
    }
    const target = targets[this.nextTarget];
    if (attempts.size > 0 && !(target !== undefined && patience > 0 && this.pause <= 0))
      return null;
    if (target === undefined) {
      this.caller.connection.lastError = this.cause;
      return fail(this.error);
    }
    this.try(target, this.nextTarget++);
    this.due = this.left > 0 ? reactor.clock.now() + this.delay(patience) : Infinity;
    return null;
  }

  /** Where time is short, each target is to have its share of it. */
  private delay(patience: number): number {
    const { delay } = this.destination;
    if (delay === Infinity || patience <= 0) return delay;
    return Math.max(Math.min(delay, patience / (this.left + 1)), SHORTEST_DELAY);
  }

  /** Whether an attempt is under way with another target to go to. */
  get hasAlternative(): boolean {
    return this.attempts.size > 0 && this.left > 0;
  }

  /** Give the present attempt up, as one that took too long. */
  giveUp(): void {
    if (this.nextTarget - 1 === this.destination.decisive) {
      this.error = "timeout";
      this.cause = undefined;
    }
    this.abort();
  }

  abort(): void {
    this.destination.drop();
    for (const attempt of this.attempts) attempt.abort();
    this.attempts.clear();
  }

  private try(target: ConnectAddress, place: number): void {
    const { connection } = this.caller;
    const attempt: Attempt = current.network.connect(target, connection, (error) => {
      // A late answer of an attempt that was given up.
      if (!this.attempts.delete(attempt)) return;
      this.ended++;
      if (error === null) {
        this.succeeded = true;
        this.abort();
        connection.connected(attempt.transport);
      } else this.refused(error, place);
      this.caller.progressed();
      this.waiters.wakeAll();
    });
    this.attempts.add(attempt);
  }

  private refused(error: Error, place: number): void {
    this.caller.connection.lastError = error;
    if (place === this.destination.decisive) {
      this.error = errorWord(error);
      this.cause = error;
    }
    // The next need not wait for its turn.
    if (this.due < Infinity) this.due = 0;
  }
}
