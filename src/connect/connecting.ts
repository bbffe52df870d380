import { WaitList } from "../../reactor/index.js";
import { errorWord, fail, type Result, type SocketError } from "../object/index.js";
import { current, type Attempt, type ConnectAddress } from "../network/index.js";
import type { Connection } from "../connection/index.js";

/** Where to connect to, once that is known: the addresses of a name, or a path. */
export interface Destination {
  readonly waiters: WaitList;
  readonly done: boolean;
  readonly targets: ConnectAddress[] | null;
  readonly error: SocketError | null;
  readonly cause: Error | undefined;
}

/** Whoever is to be connected. */
export interface Connecter {
  readonly connection: Connection;
  /** The attempt has got somewhere, or has failed, whether anybody waits for it or not. */
  progressed(): void;
}

/**
 * A connection in the making: know where to, then try each target in order.
 *
 * It lives on the socket, not in the call: after a timeout the attempt goes on, and calling `connect` again waits for
 * it (that is how LuaSocket's non-blocking connect is used).
 */
export class Connecting {
  readonly waiters = new WaitList();
  /** How many calls of `connect` wait for it. */
  followers = 0;
  succeeded = false;
  private attempt: Attempt | null = null;
  private nextTarget = 0;
  private error: SocketError = "host or service not provided, or not known";
  /** Node's error behind it, where there is one. */
  private cause: Error | undefined;

  constructor(
    private readonly caller: Connecter,
    private readonly destination: Destination,
  ) {}

  /** What is waited for now, and by whom. */
  get step(): { waiters: WaitList; done: () => boolean } {
    const { destination, attempt } = this;
    if (!destination.done) return { waiters: destination.waiters, done: () => destination.done };
    return { waiters: this.waiters, done: () => this.attempt !== attempt };
  }

  /** Whether it stands still until `advance` is called. */
  get turned(): boolean {
    return this.destination.done && this.attempt === null;
  }

  /** Whether nothing will come of it. */
  get failed(): boolean {
    const { done, targets } = this.destination;
    const left = (targets?.length ?? 0) - this.nextTarget;
    return done && !this.succeeded && this.attempt === null && left <= 0;
  }

  /** Go on as far as possible without waiting. Null: something has to be waited for. */
  advance(): Result<1> | null {
    if (this.succeeded) return [1];
    if (!this.destination.done || this.attempt !== null) return null;
    const { targets, error, cause } = this.destination;
    if (targets === null) {
      this.caller.connection.lastError = cause;
      return fail(error!);
    }
    const target = targets[this.nextTarget++];
    if (target === undefined) {
      this.caller.connection.lastError = this.cause;
      return fail(this.error);
    }
    this.try(target);
    return null;
  }

  /** Whether an attempt is under way with another target to go to. */
  get hasAlternative(): boolean {
    const { targets } = this.destination;
    return this.attempt !== null && targets !== null && this.nextTarget < targets.length;
  }

  /** Give the present attempt up, as one that took too long. */
  giveUp(): void {
    this.error = "timeout";
    this.cause = undefined;
    this.abort();
  }

  abort(): void {
    this.attempt?.abort();
    this.attempt = null;
  }

  private try(target: ConnectAddress): void {
    const { connection } = this.caller;
    const attempt: Attempt = current.network.connect(target, connection, (error) => {
      // A late answer of an attempt that was given up.
      if (this.attempt !== attempt) return;
      this.attempt = null;
      if (error === null) {
        this.succeeded = true;
        connection.connected(attempt.transport);
      } else {
        this.error = errorWord(error);
        connection.lastError = this.cause = error;
      }
      this.caller.progressed();
      this.waiters.wakeAll();
    });
    this.attempt = attempt;
  }
}
