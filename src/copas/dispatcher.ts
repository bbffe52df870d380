/** The threads of Copas, and its loop: which of them there are, and when nothing is left to do. It drives nobody: the reactor does. */
import type { Operation } from "effection";
import {
  Deadline,
  Fiber,
  fork,
  forkIn,
  reactor,
  Turn,
  Until,
  PENDING,
  useFiber,
  WaitList,
} from "../../reactor/index.js";
import { errorText } from "../errors.js";
import { Thread, type ThreadErrorHandler } from "./thread.js";

export class Dispatcher {
  running = false;
  exiting = false;
  errorhandler: ThreadErrorHandler = printError;
  /** The loop's fiber: the parent of every thread. */
  private home: Fiber | null = null;
  /** Threads that were added before the loop. */
  private backlog: Thread[] = [];
  private readonly byFiber = new Map<Fiber, Thread>();
  private readonly ends = new WaitList();
  private readonly exits = new WaitList();
  private timeouts = 0;
  private checking = false;
  private lastNumber = 0;

  /** The thread in whose name the caller runs; null outside of any. */
  get current(): Thread | null {
    for (let family: unknown = reactor.current; family instanceof Fiber; family = family.parent) {
      const thread = this.byFiber.get(family);
      if (thread !== undefined) return thread;
    }
    return null;
  }

  get threads(): Thread[] {
    return [...this.byFiber.values()];
  }

  /** Never runs it at once. */
  add(
    name: string | undefined,
    body: () => Operation<unknown> | void,
    skt?: unknown,
    ended?: () => void,
  ): Thread {
    const thread = new Thread(name ?? `thread_${++this.lastNumber}`, body, skt, ended);
    if (this.home === null) this.backlog.push(thread);
    else this.start(thread, this.home);
    return thread;
  }

  private start(thread: Thread, home: Fiber): void {
    if (thread.removed) return;
    const supervisor = {
      failed: (error: unknown) => {
        (thread.errorhandler ?? this.errorhandler)(error, thread, thread.skt);
      },
      ended: (fiber: Fiber) => {
        this.byFiber.delete(fiber);
        this.settimer(thread, 0);
        thread.ended?.();
        this.check();
      },
    };
    const body = (): Operation<unknown> => thread.body() as Operation<unknown>;
    thread.fiber = forkIn(home, body, supervisor, undefined, thread.name) as Fiber;
    this.byFiber.set(thread.fiber, thread);
  }

  /** Its cleanup runs; so does that of what it has forked. */
  remove(thread: Thread): void {
    if (thread.removed) return;
    thread.removed = true;
    if (thread.fiber === null) thread.ended?.();
    else void thread.fiber.halt();
  }

  /** One timer for each thread; 0 or Infinity: none. */
  settimer(thread: Thread, seconds: number, callback?: (thread: Thread) => unknown): void {
    if (thread.deadline !== null) {
      reactor.timers.remove(thread.deadline);
      thread.deadline = null;
      this.timeouts--;
    }
    if (!(seconds > 0 && seconds < Infinity)) return;
    const deadline = (thread.deadline = new Deadline(true));
    this.timeouts++;
    const expire = (): void => {
      thread.deadline = null;
      this.timeouts--;
      this.add(`${thread.name}:timeout`, () => callback?.(thread) as Operation<unknown> | void);
    };
    reactor.timers.arm(deadline, reactor.clock.now() + seconds, { expire });
  }

  get timers(): number {
    return this.timeouts;
  }

  /** Nothing is left to do: whoever is left waits for somebody, and nobody is left who could come. */
  get finished(): boolean {
    if (this.backlog.length > 0) return false;
    if (this.byFiber.size > 0 && this.timeouts > 0) return false;
    return ![...this.byFiber.keys()].some(alive);
  }

  private check(): void {
    if (this.checking) return;
    this.checking = true;
    // When everybody who is ready has run.
    reactor.scheduleAside({
      resume: () => {
        this.checking = false;
        this.ends.first?.wake();
      },
    });
  }

  *loop(initializer?: () => Operation<unknown> | void): Operation<void> {
    if (this.home !== null || this.running)
      throw new TypeError("copas.loop is running already: add threads to it with copas.addthread");
    this.running = true;
    try {
      const fiber = yield* fork(() => this.main(initializer), { name: "copas" });
      yield* fiber;
    } finally {
      this.running = false;
      this.home = null;
      reactor.quiet = null;
    }
  }

  private *main(initializer?: () => Operation<unknown> | void): Operation<void> {
    // Inside a fiber of its own, so there is one.
    const home = (this.home = (yield* useFiber())!);
    this.exiting = false;
    reactor.quiet = () => this.check();
    for (const thread of this.backlog.splice(0)) this.start(thread, home);
    if (initializer) this.add("copas_initializer", initializer);
    yield* this.untilFinished();
    this.exit();
    yield* this.untilFinished();
  }

  private untilFinished(): Operation<boolean> {
    this.check();
    // Not a Turn: that would ask for another check each time it waits.
    const over = (): boolean => this.finished;
    return new Until("copas to finish", "inactive", this.ends, over, Infinity);
  }

  exit(): void {
    this.exiting = true;
    this.exits.wakeAll();
    this.check();
  }

  waitforexit(): Operation<boolean> {
    const take = (): true | typeof PENDING => (this.exiting ? true : PENDING);
    return new Turn<boolean>("copas.waitforexit", this.exits, take, () => false, Infinity);
  }

  /** Every thread, and what they had. */
  cancelall(): void {
    for (const thread of this.backlog.splice(0)) this.remove(thread);
    for (const thread of this.threads) this.remove(thread);
    this.exit();
  }
}

/** Whether it, or a child of its own, will go on without anybody's help. */
function alive(fiber: Fiber): boolean {
  const { waiting, state } = fiber;
  const dormant = state === "parked" && waiting?.kind === "inactive" && !waiting.timed;
  return !dormant || fiber.children().some(alive);
}

export function printError(error: unknown, thread: Thread, skt: unknown): void {
  console.error(
    `${thread.name}${skt === undefined ? "" : `, ${String(skt)}`}: ${errorText(error)}`,
  );
}
