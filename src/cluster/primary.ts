/** The primary process: starts the workers, replaces those that die, reloads and drains them. */
import type { Worker as NodeWorker } from "node:cluster";
import type { Operation } from "effection";
import {
  channel,
  type Fiber,
  fork,
  forkIn,
  Until,
  useFiber,
  WaitList,
} from "../../reactor/index.js";
import { family, operationOf } from "../object/index.js";
import { Child, type ChildEvents } from "./child.js";
import { Inspection } from "./inspection.js";
import { arrived } from "./mail.js";
import type { ToPrimary } from "./messages.js";
import { type Letter, Overview } from "./overview.js";
import type { Settings } from "./options.js";
import { Reloads } from "./reloads.js";
import { onSignals } from "./signals.js";
import { Slot, type Starter } from "./slot.js";
import { Sockets } from "./sockets.js";
import type { ClusterEvent } from "./types.js";

/** Seconds that a body has for its cleanup when it was halted, before its process is killed. */
const CLEANUP = 2;

/** Seconds after which a socket is closed that a worker has left. */
const LEFT = 1;

export class Supervisor implements Starter, ChildEvents {
  readonly children = new Set<Child>();
  readonly slots: Slot[] = [];
  readonly inbox = channel<Letter>(Infinity);
  readonly reloads: Reloads;
  private readonly sockets: Sockets;
  private readonly inspection = new Inspection(this);
  private readonly waiters = new WaitList();
  private readonly retiring = new Set<Child>();
  private me!: Fiber;
  /** Why all are to end; null: they are not. */
  private stopping: string | null = null;
  private draining = false;
  private failure: { error: unknown } | null = null;
  private left = false;
  /** There has been a worker for each slot. */
  private started = false;

  /** @param begin starts a process for a slot */
  constructor(
    readonly settings: Settings,
    private readonly begin: (slot: number) => NodeWorker,
  ) {
    this.sockets = new Sockets(settings.reusePort);
    for (let number = 1; number <= settings.workers; number++)
      this.slots.push(new Slot(number, this));
    this.reloads = new Reloads(this.slots, this);
  }

  get isReady(): boolean {
    return this.slots.every(({ current }) => current?.state === "ready");
  }

  get isClosing(): boolean {
    return this.stopping !== null;
  }

  *run(): Operation<void> {
    // Inside a fiber of its own, so there is one.
    this.me = (yield* useFiber())!;
    const silence = onSignals({
      end: (signal) => this.stop(signal),
      reload: (signal) => this.reloads.ask(signal),
    });
    family.workers = this.inspection;
    let supervising: Fiber | null = null;
    try {
      supervising = yield* this.fork("supervisor", () => this.supervise());
      const { primary } = this.settings;
      yield* this.until("the workers", () => this.started || this.stopping !== null);
      if (primary !== undefined && this.stopping === null)
        yield* this.fork("primary", () => operationOf(primary(new Overview(this))));
      yield* this.until("a signal", () => this.stopping !== null);
      yield* this.drain(supervising);
    } finally {
      // Whoever is halted may be draining already.
      // It waits in the fiber's own generator, where a halt is not lost (docs/rationale.md).
      // eslint-disable-next-line cosocket/no-waiting-in-finally
      yield* this.drain(supervising);
      family.workers = null;
      silence();
      this.rethrow();
    }
  }

  /** A part of it, whose error ends the cluster. */
  private fork(name: string, body: () => Operation<unknown>): Operation<Fiber> {
    return fork(body, { name, boundary: (error) => this.failed(error) });
  }

  private failed(error: unknown): void {
    this.failure ??= { error };
    this.stop("an error");
  }

  private rethrow(): void {
    if (this.failure !== null) throw this.failure.error;
  }

  /** Those that look after slots, reloads, and sockets. */
  private *supervise(): Operation<void> {
    for (const slot of this.slots)
      yield* fork(() => slot.run(), { name: `supervisor:worker_${slot.number}` });
    yield* fork(() => this.reloads.run(), { name: "supervisor:reloads" });
    for (;;) {
      yield* this.until("sockets that nobody wants", () => this.left);
      this.left = false;
      yield* this.until("somebody to want them again", () => false, LEFT);
      this.sockets.sweep(false);
    }
  }

  private *drain(supervising: Fiber | null): Operation<void> {
    this.stop("it was halted");
    if (!this.draining) {
      this.draining = true;
      this.tell({ event: "drain", reason: this.stopping! });
      // It would start others.
      void supervising?.halt();
      this.reloads.close();
      for (const child of this.children) this.retire(child, true);
      // Who has been told to end accepts what the kernel has taken, and is the last that has the socket.
      this.sockets.close();
    }
    yield* this.until("the workers to end", () => this.children.size === 0);
    this.inbox.close();
  }

  start(slot: number): Child {
    const child = new Child(this.begin(slot), slot, this);
    this.children.add(child);
    this.started ||= slot === this.slots.length;
    this.waiters.wakeAll();
    this.tell({ event: "start", worker: child });
    return child;
  }

  retire(child: Child, last = false): void {
    if (child.state === "ended") return;
    const { grace } = this.settings;
    child.drain(grace, last);
    if (this.retiring.has(child)) return;
    this.retiring.add(child);
    forkIn(this.me, () => this.retired(child, grace + CLEANUP), undefined, "supervisor:retiring");
  }

  private *retired(child: Child, seconds: number): Operation<void> {
    const ended = (): boolean => child.state === "ended";
    if (yield* child.until("ends", ended, seconds)) return;
    this.kill(child, `it has not ended within ${seconds} s`);
    yield* child.until("ends", ended);
  }

  kill(child: Child, reason: string): void {
    this.tell({ event: "kill", worker: child, reason });
    child.kill(reason);
  }

  /** Sockets that nobody has are wanted by nobody, if all slots have a worker that has come to stay. */
  settled(): void {
    if (this.isReady && this.children.size === this.slots.length) this.sockets.sweep(true);
  }

  tell(event: ClusterEvent): void {
    try {
      this.settings.onevent(event);
    } catch (error) {
      this.failed(error);
    }
  }

  changed(child: Child): void {
    const { state, exit, asked } = child;
    if (state === "ready") this.tell({ event: "ready", worker: child });
    if (state === "ended") {
      this.children.delete(child);
      this.retiring.delete(child);
      this.sockets.gone(child);
      this.inspection.gone(child);
      this.tell({ event: "exit", worker: child, ...exit!, asked });
    }
    this.waiters.wakeAll();
  }

  got(child: Child, message: ToPrimary): void {
    switch (message.cosocket) {
      case "message":
        return void this.inbox.trySend({ arrived: arrived(message.value), worker: child });
      case "wanted":
        return this.sockets.want(child, message.server, message.place);
      case "listening":
        return this.sockets.listening(child, message.server);
      case "closed":
        if (!this.sockets.closed(child, message.server)) return;
        this.left = true;
        break;
      default:
        this.inspection.got(child, message);
    }
    this.waiters.wakeAll();
  }

  /** Wait until something is so that depends on the workers. */
  until(what: string, condition: () => boolean, seconds = Infinity): Operation<boolean> {
    return new Until(what, "inactive", this.waiters, condition, seconds);
  }

  private stop(reason: string): void {
    this.stopping ??= reason;
    this.waiters.wakeAll();
  }
}
