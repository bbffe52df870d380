/** A worker: runs the body, and ends it when it is to end. */
import type { Operation } from "effection";
import {
  channel,
  type Fiber,
  fibers,
  forkIn,
  Mapped,
  oneLine,
  reactor,
  type Received,
  type Sent,
  status,
  Until,
  useFiber,
  WaitList,
  type Yieldable,
} from "../../reactor/index.js";
import { type BoundHandle, canShare, current } from "../network/index.js";
import { operationOf } from "../object/index.js";
import { letIn } from "./inspection.js";
import type { Link } from "./link.js";
import { Servers } from "./listening.js";
import { type Arrived, arrived, Mail, WINDOW } from "./mail.js";
import { fromPlain, type Question, type ToWorker } from "./messages.js";
import type { Worker } from "./types.js";

/** Seconds that the primary process may take to let a worker go. */
const PATIENCE = 2;

/** What a worker is told of itself. */
export interface Identity {
  /** There is no primary process: it is simulated. */
  alone: boolean;
  /** Somebody there receives what it sends. */
  heard: boolean;
  id: number;
  slot: number;
  workers: number;
}

export class ClusterWorker implements Worker {
  readonly id: number;
  readonly slot: number;
  readonly workers: number;
  private readonly changed = new WaitList();
  private readonly inbox = channel<Arrived>(Infinity);
  private readonly mail: Mail;
  private readonly servers: Servers;
  private saidReady = false;
  /** Until when its body may go on; null: nobody has asked it to end. */
  private deadline: number | null = null;
  private gone = false;

  /** @param grace seconds that the body may go on, unless the primary process says otherwise */
  constructor(
    private readonly identity: Identity,
    private readonly link: Link,
    private readonly grace: number,
  ) {
    ({ id: this.id, slot: this.slot, workers: this.workers } = identity);
    this.mail = new Mail("the primary process", link.post);
    this.mail.admit(WINDOW);
    this.servers = new Servers(link.post, () => this.ready());
  }

  toString(): string {
    return `worker ${this.slot}`;
  }

  get isClosing(): boolean {
    return this.deadline !== null;
  }

  closing(): Yieldable<[1]> {
    const wait = (): Operation<boolean> => this.until("its end", () => this.isClosing);
    return new Mapped<boolean, [1]>(`closing on ${String(this)}`, wait, () => [1]);
  }

  ready(): void {
    if (this.saidReady || this.isClosing) return;
    this.saidReady = true;
    this.link.post({ cosocket: "ready" });
  }

  send(message: unknown): Yieldable<Sent> {
    return this.mail.send(message);
  }

  receive(): Yieldable<Received<unknown>> {
    const receive = (): Operation<Received<Arrived>> => this.inbox.receive();
    return new Mapped("receive from the primary process", receive, (received) => {
      const [one] = received;
      if (one === undefined) return received;
      this.mail.received(one);
      return [one.message];
    });
  }

  /**
   * Run the body. When the worker is to end, its servers are closed; the body goes on until it returns, for as long as it may, and is
   * halted then. Its error is thrown when that is over.
   */
  *run(body: (worker: Worker) => Operation<unknown>): Operation<void> {
    // Inside a fiber of its own, so there is one.
    const me = (yield* useFiber())!;
    const work = new Work(this.changed);
    this.open();
    try {
      const running = (): Operation<unknown> => operationOf(body(this));
      work.fiber = forkIn(me, running, work, undefined, `worker_${this.slot}:body`);
      yield* this.until("its body to end", () => work.over || this.isClosing);
      yield* this.drain(work);
    } finally {
      if (!work.over) this.end(this.grace, true);
      // It waits in the fiber's own generator, where a halt is not lost (docs/rationale.md).
      // eslint-disable-next-line cosocket/no-waiting-in-finally
      yield* this.drain(work);
      // eslint-disable-next-line cosocket/no-waiting-in-finally
      yield* this.leave();
      work.rethrow();
    }
  }

  private open(): void {
    const { alone, heard } = this.identity;
    if (canShare || alone) current.network.share(this.servers);
    // Otherwise it would wait for ever when a thousand are there.
    if (!heard) this.mail.close();
    if (alone) this.inbox.close();
    this.link.open({
      got: (message, handle) => this.got(message, handle),
      gone: () => {
        this.gone = true;
        this.mail.close();
        this.inbox.close();
        this.servers.fail();
        this.end(this.grace, true);
      },
      signalled: () => this.end(this.grace, true),
    });
    this.link.post({ cosocket: "hello" });
  }

  /** The body is to end. @param last see {@link Servers.close} */
  private end(seconds: number, last: boolean): void {
    if (this.deadline === null) this.link.post({ cosocket: "closing" });
    this.deadline = Math.min(this.deadline ?? Infinity, reactor.clock.now() + seconds);
    // In a simulation nothing waits in a kernel.
    this.servers.close(last && !this.identity.alone);
    // Those that node:cluster has given sockets to it closes itself.
    if (!canShare && !this.gone) this.link.leave();
    this.changed.wakeAll();
  }

  private *drain(work: Work): Operation<void> {
    for (;;) {
      const { deadline } = this;
      const seconds = (deadline ?? 0) - reactor.clock.now();
      if (work.over || seconds <= 0) break;
      yield* this.until("its body to end", () => work.over || this.deadline !== deadline, seconds);
    }
    if (work.over) return;
    void work.fiber!.halt();
    yield* this.until("its body's cleanup", () => work.over);
  }

  private *leave(): Operation<void> {
    if (!this.gone) this.link.leave();
    yield* this.until("the primary process to let it go", () => this.gone, PATIENCE);
    this.link.close();
    current.network.share(null);
    this.mail.close();
    this.inbox.close();
  }

  private until(what: string, condition: () => boolean, seconds = Infinity): Operation<boolean> {
    return new Until(what, "inactive", this.changed, condition, seconds);
  }

  private got(message: ToWorker, handle: BoundHandle | undefined): void {
    switch (message.cosocket) {
      case "message":
        return void this.inbox.trySend(arrived(message.value));
      case "received":
        return this.mail.admit(message);
      case "socket": {
        const { server, error } = message;
        return this.servers.answered(server, error && fromPlain(error), handle);
      }
      case "drain":
        return this.end(message.seconds, message.last);
      case "question":
        return this.answer(message.question);
      case "inspect":
        return void letIn(this.link.post);
    }
  }

  private answer(question: Question): void {
    const value = question === "status" ? ownStatus() : ownFibers();
    this.link.post({ cosocket: "answer", question, value });
  }

  static {
    oneLine(this.prototype);
  }
}

/** The body, while it runs. */
class Work {
  fiber: Fiber | null = null;
  over = false;
  private failure: { error: unknown } | null = null;

  constructor(private readonly changed: WaitList) {}

  failed(error: unknown): void {
    this.failure = { error };
  }
  ended(): void {
    this.over = true;
    this.changed.wakeAll();
  }
  rethrow(): void {
    if (this.failure !== null) throw this.failure.error;
  }
}

function ownStatus(): object {
  const { user, system } = process.cpuUsage();
  return { memory: process.memoryUsage.rss(), cpu: (user + system) / 1e6, reactor: status() };
}

function ownFibers(): object[] {
  return fibers().map(({ name, state, parent, waitsFor, seconds }) => ({
    name,
    state,
    parent,
    waitsFor,
    seconds,
  }));
}
