import type { Operation } from "effection";
import {
  contextHere,
  Deadline,
  type FiberParent,
  type Fiber,
  forkIn,
  reactor,
  Sleep,
  oneLine,
} from "../../reactor/index.js";
import { type Callback, operationOf } from "../object/index.js";

/**
 * Takes the error of a thread: a plain function, or a generator function, which may wait. `skt` is the client that the thread serves, if
 * it serves one; it is open still, and closed afterwards. (Copas: seterrorhandler)
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in Lua, a handler knows which class it is: (error, thread, skt: Tcp)
export type ThreadErrorHandler = Callback<[error: unknown, thread: Thread, skt: any]>;

/** What a thread runs: a generator function, or a plain one that does not have to wait. */
export type Body<A extends unknown[] = [], T = unknown> = Callback<A, T>;

export interface ThreadOptions {
  /** Default: `thread_<number>`. */
  name?: string | undefined;
  /** The socket that it serves, for error reports. */
  skt?: unknown;
  /** Told of its end, however it ends. */
  ended?: (() => void) | undefined;
  /** Whether the sockets that it made are closed with it even if it returns. Default: they live on, as in Copas. */
  closes?: boolean;
}

/** Where threads come from, and whom their errors go to. */
export interface Threads {
  /** For errors that have no handler of their own. */
  readonly errorhandler: ThreadErrorHandler;
  /** How many timers of copas.timeout are set. */
  timers: number;
  /** Never runs it at once. */
  add(body: Body, options?: ThreadOptions): Thread;
}

/** Copas's coroutine: a fiber, which begins when the loop does. */
export class Thread {
  /** Its fiber; null before the loop has begun it, and for one that was removed before. */
  fiber: Fiber | null = null;
  /** @internal Who gets its sockets when it has returned. */
  newOwner: Fiber | undefined = undefined;
  /** @internal */
  errorhandler: ThreadErrorHandler | null = null;
  /** @internal What it sleeps in. */
  pause: Pause | null = null;
  /** @internal */
  removed = false;
  /** What {@link settimer} has armed. */
  private deadline: Deadline | null = null;

  /** Of whoever has added it, also if the loop begins it later. */
  private readonly context = contextHere();

  /** @internal Use `copas.addthread`. */
  constructor(
    protected readonly threads: Threads,
    private given: string,
    private readonly body: Body,
    private readonly options: ThreadOptions,
  ) {}

  get name(): string {
    return this.given;
  }
  set name(name: string) {
    this.given = name;
    if (this.fiber !== null) this.fiber.name = name;
  }

  /** The socket that it serves, if it serves one. */
  get skt(): unknown {
    return this.options.skt;
  }

  toString(): string {
    return `thread ${this.name}`;
  }

  static {
    oneLine(this.prototype);
  }

  /** @internal Become a child of `parent`. */
  start(parent: FiberParent, newOwner?: Fiber): Fiber {
    if (!this.options.closes) this.newOwner = newOwner;
    const body = (): Operation<unknown> => this.run();
    const begin = (): Fiber => forkIn(parent, body, this, undefined, this.given) as Fiber;
    return (this.fiber = this.context.runInAsyncScope(begin));
  }

  protected run(): Operation<unknown> {
    return operationOf<unknown>(this.body());
  }

  /** @internal Told by its fiber; also when it never had one. */
  ended(): void {
    this.settimer(0);
    this.options.ended?.();
  }

  /** @internal copas.timeout: one for each thread; 0 or Infinity: none. */
  settimer(seconds: number, callback?: Body<[Thread]>): void {
    const { threads, deadline } = this;
    if (deadline !== null) {
      reactor.timers.remove(deadline);
      this.deadline = null;
      threads.timers--;
    }
    if (callback === undefined || seconds === 0 || seconds === Infinity) return;
    const expire = (): void => {
      this.deadline = null;
      threads.timers--;
      threads.add(() => callback(this), { name: `${this.name}:timeout` });
    };
    this.deadline = new Deadline(true);
    threads.timers++;
    reactor.timers.arm(this.deadline, reactor.clock.now() + seconds, { expire });
  }

  /** @internal End it; its cleanup runs, and so does that of what it has forked. */
  halt(): void {
    if (this.removed) return;
    this.removed = true;
    if (this.fiber === null) this.ended();
    else void this.fiber.halt();
  }
}

/** The thread that a fiber is, or is a descendant of, also by way of Effection scopes. */
export function threadOf(parent: FiberParent | null): Thread | null {
  for (let fiber = parent?.nearest ?? null; fiber !== null; fiber = fiber.parent.nearest)
    if (fiber.supervisor instanceof Thread) return fiber.supervisor;
  return null;
}

/** The thread in whose name the caller runs; null outside of any. */
export function currentThread(): Thread | null {
  return threadOf(reactor.current);
}

/** A thread's sleep, until a time or for ever; `wakeup` ends both. It gives the seconds slept. */
export class Pause extends Sleep<number> {
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
  protected slept(): number {
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
