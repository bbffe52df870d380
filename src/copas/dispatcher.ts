/** The threads of Copas's loop: which of them there are, and when nothing is left to do. It drives nobody: the reactor does. */
import type { Operation } from "effection";
import {
  type Fiber,
  PENDING,
  type Pending,
  reactor,
  QueuedWait,
  Until,
  type Waiting,
  WaitList,
  type Yieldable,
} from "../../reactor/index.js";
import { beginToTell, printError, tell } from "./errors.js";
import {
  type Body,
  Thread,
  type ThreadErrorHandler,
  type ThreadOptions,
  threadOf,
} from "./thread.js";
import type { Threads } from "./thread.js";

/** Those that run at present: each is told when somebody has begun to wait for nothing but another. */
const running = new Set<Dispatcher>();

const tellAll = (wait: Waiting): void => {
  if (!(wait instanceof Watch)) for (const dispatcher of running) dispatcher.check();
};

export class Dispatcher implements Threads {
  /** Whether copas.loop is under way. */
  looping = false;
  exiting = false;
  errorhandler: ThreadErrorHandler = printError;
  /** The parent of every thread, while the loop runs or is stepped. */
  home: Fiber | null = null;
  /** Threads that were added before the loop, and not removed. */
  private readonly backlog = new Set<Thread>();
  /** Those that have begun. */
  readonly threads = new Set<Thread>();
  private readonly changes = new WaitList();
  private readonly exits = new WaitList();
  timers = 0;
  private checking = false;
  /** Who was alive when that was last asked, so that it is not all who are asked each time. */
  private witness: Thread | null = null;

  add(body: Body, options: ThreadOptions = {}): Thread {
    const name = options.name ?? `thread_${reactor.number("thread")}`;
    const thread = new LoopThread(this, name, body, options);
    if (this.home === null) this.backlog.add(thread);
    else this.start(thread, this.home);
    return thread;
  }

  private start(thread: Thread, home: Fiber): void {
    this.threads.add(thread);
    thread.start(home, home);
  }

  gone(thread: Thread): void {
    this.backlog.delete(thread);
    this.threads.delete(thread);
    this.check();
  }

  /** Be the parent of all threads, also of those that have waited for one. */
  moveIn(home: Fiber): void {
    this.home = home;
    running.add(this);
    reactor.onIdle = tellAll;
    reactor.forgetting.add(this.moveOut);
    for (const thread of this.backlog) {
      this.backlog.delete(thread);
      this.start(thread, home);
    }
  }

  readonly moveOut = (): void => {
    this.home = null;
    reactor.forgetting.delete(this.moveOut);
    running.delete(this);
    if (running.size === 0) reactor.onIdle = null;
  };

  /** How many begin with the loop. */
  get waitingToBegin(): number {
    return this.backlog.size;
  }

  /** Nothing is left to do: whoever is left waits for somebody, and nobody is left who could come. */
  get finished(): boolean {
    if (this.waitingToBegin > 0) return false;
    if (this.threads.size > 0 && this.timers > 0) return false;
    return !this.anyAlive();
  }

  /** Whether a fiber is one of its threads, or a descendant of one. */
  owns(fiber: Fiber): boolean {
    for (const thread of this.threadsAbove(fiber)) if (this.threads.has(thread)) return true;
    return false;
  }

  private *threadsAbove(fiber: Fiber | null): Generator<Thread> {
    for (let thread = threadOf(fiber); thread !== null; thread = threadOf(thread.fiber!.parent))
      yield thread;
  }

  private anyAlive(): boolean {
    if (this.witness !== null && this.threads.has(this.witness) && alive(this.witness.fiber!))
      return true;
    for (const thread of this.threads) {
      if (!alive(thread.fiber!)) continue;
      this.witness = thread;
      return true;
    }
    this.witness = null;
    return false;
  }

  /** Wait until `condition` holds; it is looked at whenever {@link finished} may have changed, or {@link check} is called. */
  until(what: string, condition: () => boolean, seconds = Infinity): Yieldable<boolean> {
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

  waitforexit(): Yieldable<true> {
    return new WaitForExit(this, this.exits);
  }

  /** Halt every thread but the caller, and those who wait for exit: they are released. */
  cancelall(): void {
    for (const thread of this.backlog) thread.halt();
    const callers = [...this.threadsAbove(reactor.current)];
    for (const thread of [...this.threads])
      if (!callers.includes(thread) && !waitsForExit(thread.fiber!)) thread.halt();
    this.exit();
  }
}

const NOTHING = Symbol("nothing");

/** One whose errors are taken, so that the loop goes on. */
class LoopThread extends Thread {
  /** What has been told already. */
  private caught: unknown = NOTHING;

  constructor(
    private readonly dispatcher: Dispatcher,
    name: string,
    body: Body,
    options: ThreadOptions,
  ) {
    super(dispatcher, name, body, options);
  }

  /** A thread that serves nobody needs no generator more, which would cost it a sixth. */
  protected override run(): Operation<unknown> {
    return this.skt === undefined ? super.run() : this.serving();
  }

  /** Told while the client that it serves can still be asked who it is, and answered: that is closed behind it. */
  private *serving(): Operation<unknown> {
    try {
      return yield* super.run();
    } catch (error) {
      this.caught = error;
      yield* tell(this.handler, error, this, this.skt);
      throw error;
    }
  }

  /** Of one that serves nobody, and of what is no error of its own code: its sockets are closed. */
  failed(error: unknown): void {
    if (error === this.caught) return;
    const rest = beginToTell(this.handler, error, this, this.skt);
    if (rest !== null) this.dispatcher.add(() => rest, { name: `${this.name}:errorhandler` });
  }

  private get handler(): ThreadErrorHandler {
    return this.errorhandler ?? this.dispatcher.errorhandler;
  }

  override ended(): void {
    super.ended();
    this.dispatcher.gone(this);
  }
}

/** Waits for what {@link Dispatcher.check} finds; it must not ask for another check each time it waits. */
class Watch extends Until {}

class WaitForExit extends QueuedWait<true> {
  readonly description = "copas.waitforexit";
  constructor(
    private readonly dispatcher: Dispatcher,
    exits: WaitList,
  ) {
    super(exits, Infinity);
  }
  protected acquire(): true | Pending {
    return this.dispatcher.exiting ? true : PENDING;
  }
}

function waitsForExit(fiber: Fiber): boolean {
  return fiber.waiting instanceof WaitForExit || fiber.children().some(waitsForExit);
}

/** Whether it, or a child of its own, will go on without anybody's help. */
function alive(fiber: Fiber): boolean {
  // A list of its own, since they may be nested deeply.
  const left = [fiber];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { waiting, state } = next;
    const dormant = state === "parked" && waiting?.kind === "inactive" && !waiting.timed;
    if (!dormant) return true;
    for (let child = next.lastChild; child !== null; child = child.older) left.push(child);
  }
  return false;
}
