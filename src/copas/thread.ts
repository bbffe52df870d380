import type { Operation } from "effection";
import { type Deadline, type Fiber, reactor, Rest } from "../../reactor/index.js";

/** Takes the error of a thread. (Copas: seterrorhandler) */
export type ThreadErrorHandler = (error: unknown, thread: Thread, skt: unknown) => void;

/** Copas's coroutine: a fiber of the loop, which begins when the loop does. */
export class Thread {
  /** Its fiber; null before the loop has begun it, and for one that was removed before. */
  fiber: Fiber | null = null;
  /** @internal */
  errorhandler: ThreadErrorHandler | null = null;
  /** @internal What it sleeps in. */
  pause: Pause | null = null;
  /** @internal For copas.timeout. */
  deadline: Deadline | null = null;
  /** @internal */
  removed = false;

  /** @internal Use `copas.addthread`. */
  constructor(
    public name: string,
    readonly body: () => Operation<unknown> | void,
    /** The socket that it serves, for error reports. */
    readonly skt: unknown = undefined,
    /** @internal Told of its end, however it ends. */
    readonly ended: (() => void) | undefined = undefined,
  ) {}

  toString(): string {
    return `thread ${this.name}`;
  }
}

/** A thread's sleep, until a time or for ever; `wakeup` ends both. It gives the seconds slept. */
export class Pause extends Rest<number> {
  private readonly start = reactor.clock.now();

  constructor(
    private readonly thread: Thread | null,
    seconds: number,
  ) {
    super(seconds);
  }
  get description(): string {
    return this.seconds === Infinity ? "copas.pauseforever" : `copas.pause(${this.seconds})`;
  }
  protected rested(): number {
    return reactor.clock.now() - this.start;
  }
  protected override enlist(): void {
    if (this.thread !== null) this.thread.pause = this;
  }
  protected override leave(): void {
    super.leave();
    if (this.thread?.pause === this) this.thread.pause = null;
  }
}
