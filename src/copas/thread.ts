import type { Operation } from "effection";
import {
  type Deadline,
  type Fiber,
  PENDING,
  type Pending,
  reactor,
  type Resumer,
  Wait,
  type WaitKind,
} from "../../reactor/index.js";

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

/** Sleeping until a time, or for ever; `wakeup` ends both. */
export class Pause extends Wait<number> {
  private over = false;
  private readonly start = reactor.clock.now();

  constructor(
    private readonly thread: Thread | null,
    private readonly seconds: number,
  ) {
    super();
  }
  get kind(): WaitKind {
    return this.seconds === Infinity ? "inactive" : "timer";
  }
  get description(): string {
    return this.seconds === Infinity ? "copas.pauseforever" : `copas.pause(${this.seconds})`;
  }
  protected attempt(): number | Pending {
    return this.over ? reactor.clock.now() - this.start : PENDING;
  }
  protected override get block(): number {
    return this.seconds;
  }
  protected override get holds(): boolean {
    return true;
  }
  override expire(): void {
    this.over = true;
    super.expire();
  }
  /** False: it has been woken already. */
  rouse(): boolean {
    if (this.over) return false;
    this.over = true;
    this.wake();
    return true;
  }
  override park(resumer: Resumer): void {
    super.park(resumer);
    if (this.seconds === Infinity) reactor.quiet?.();
  }
  protected enlist(): void {
    if (this.thread !== null) this.thread.pause = this;
  }
  protected leave(): void {
    if (this.thread?.pause === this) this.thread.pause = null;
  }
}
