/** The threads of Copas's loop: which of them there are, and when nothing is left to do. It drives nobody: the reactor does. */
import type { Operation } from "effection";
import {
  Deadline,
  Fiber,
  PENDING,
  type Pending,
  reactor,
  Turn,
  Until,
  WaitList,
} from "../../reactor/index.js";
import { type Body, Thread, type ThreadErrorHandler, type ThreadOptions } from "./thread.js";
import { printError, type Threads } from "./threads.js";

export class Dispatcher implements Threads {
  exiting = false;
  errorhandler: ThreadErrorHandler = printError;
  /** The parent of every thread, while the loop runs or is stepped. */
  home: Fiber | null = null;
  /** Threads that were added before the loop. */
  private backlog: Thread[] = [];
  private readonly byFiber = new Map<Fiber, Thread>();
  private readonly changes = new WaitList();
  private readonly exits = new WaitList();
  private timeouts = 0;
  private checking = false;
  /** Who was alive when that was last asked, so that it is not all who are asked each time. */
  private witness: Fiber | null = null;

  /** The thread in whose name the caller runs; null outside of any. */
  get current(): Thread | null {
    return reactor.current === null ? null : this.threadOf(reactor.current);
  }

  /** The thread that a fiber is, or is a descendant of. */
  threadOf(fiber: Fiber): Thread | null {
    for (let family: unknown = fiber; family instanceof Fiber; family = family.parent) {
      const thread = this.byFiber.get(family);
      if (thread !== undefined) return thread;
    }
    return null;
  }

  get threads(): Thread[] {
    return [...this.byFiber.values()];
  }

  add(body: Body, options: ThreadOptions = {}): Thread {
    const name = options.name ?? `thread_${reactor.number("thread")}`;
    const thread = new LoopThread(this, name, body, options);
    if (this.home === null) this.backlog.push(thread);
    else this.start(thread, this.home);
    return thread;
  }

  private start(thread: Thread, home: Fiber): void {
    if (!thread.removed) this.byFiber.set(thread.start(home, home), thread);
  }

  gone(thread: Thread): void {
    if (thread.fiber !== null) this.byFiber.delete(thread.fiber);
    this.settimer(thread, 0);
    this.check();
  }

  /** Be the parent of all threads, also of those that have waited for one. */
  moveIn(home: Fiber): void {
    this.home = home;
    reactor.quiet = (wait) => {
      if (!(wait instanceof Watch)) this.check();
    };
    for (const thread of this.backlog.splice(0)) this.start(thread, home);
  }

  moveOut(): void {
    this.home = null;
    reactor.quiet = null;
  }

  /** One timer for each thread; 0 or Infinity: none. */
  settimer(thread: Thread, seconds: number, callback?: Body<[Thread]>): void {
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
      this.add(() => callback?.(thread), {
        name: `${thread.name}:timeout`,
      });
    };
    reactor.timers.arm(deadline, reactor.clock.now() + seconds, { expire });
  }

  get timers(): number {
    return this.timeouts;
  }

  /** Nothing is left to do: whoever is left waits for somebody, and nobody is left who could come. */
  get finished(): boolean {
    if (this.backlog.some(({ removed }) => !removed)) return false;
    if (this.byFiber.size > 0 && this.timeouts > 0) return false;
    return !this.anyAlive();
  }

  private anyAlive(): boolean {
    if (this.witness !== null && this.byFiber.has(this.witness) && alive(this.witness)) return true;
    for (const fiber of this.byFiber.keys()) {
      if (!alive(fiber)) continue;
      this.witness = fiber;
      return true;
    }
    this.witness = null;
    return false;
  }

  /** Wait until `condition` holds; it is looked at whenever {@link finished} may have changed, or {@link check} is called. */
  until(what: string, condition: () => boolean, seconds = Infinity): Operation<boolean> {
    this.check();
    return new Watch(what, "inactive", this.changes, condition, seconds);
  }

  check(): void {
    if (this.checking) return;
    this.checking = true;
    // When everybody who is ready has run.
    reactor.scheduleAside({
      resume: () => {
        this.checking = false;
        this.changes.wakeAll();
      },
    });
  }

  exit(): void {
    this.exiting = true;
    this.exits.wakeAll();
    this.check();
  }

  waitforexit(): Operation<true> {
    return new WaitForExit(this, this.exits);
  }

  /** Every thread, and what they had. */
  cancelall(): void {
    for (const thread of this.backlog.splice(0)) thread.halt();
    for (const thread of this.threads) thread.halt();
    this.exit();
  }
}

/** One whose errors are taken, so that the loop goes on. */
class LoopThread extends Thread {
  constructor(
    private readonly dispatcher: Dispatcher,
    name: string,
    body: Body,
    options: ThreadOptions,
  ) {
    super(name, body, options);
  }

  failed(error: unknown): void {
    try {
      (this.errorhandler ?? this.dispatcher.errorhandler)(error, this, this.skt);
    } catch (another) {
      printError(error, this, this.skt);
      printError(another, this, "its error handler");
    }
  }

  override ended(): void {
    this.dispatcher.gone(this);
    super.ended();
  }
}

/** Waits for what {@link Dispatcher.check} finds; it must not ask for another check each time it waits. */
class Watch extends Until {}

class WaitForExit extends Turn<true> {
  readonly description = "copas.waitforexit";
  constructor(
    private readonly dispatcher: Dispatcher,
    exits: WaitList,
  ) {
    super(exits, Infinity);
  }
  protected take(): true | Pending {
    return this.dispatcher.exiting ? true : PENDING;
  }
}

/** Whether it, or a child of its own, will go on without anybody's help. */
function alive(fiber: Fiber): boolean {
  const { waiting, state } = fiber;
  const dormant = state === "parked" && waiting?.kind === "inactive" && !waiting.timed;
  return !dormant || fiber.children().some(alive);
}
