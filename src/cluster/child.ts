/** A worker process, seen from the primary process. */
import type { Worker as NodeWorker } from "node:cluster";
import type { Operation } from "effection";
import {
  oneLine,
  reactor,
  type Sent,
  Until,
  WaitList,
  type Yieldable,
} from "../../reactor/index.js";
import { Inquiry } from "./inquiry.js";
import { Mail, WINDOW } from "./mail.js";
import { isOurs, type Question, sender, type ToPrimary, type ToWorker } from "./messages.js";
import type { WorkerProcess, WorkerState } from "./types.js";

/** What it tells the cluster, beside what its state says. */
export interface ChildEvents {
  /** Its state is another one now. */
  changed(child: Child): void;
  /** What is not about the process itself. */
  got(child: Child, message: ToPrimary): void;
}

/** How a process has ended. */
export interface Exit {
  code: number | null;
  signal: string | null;
  /** Why the cluster has killed it, or could not start it; null: it has done so itself. */
  reason: string | null;
}

export class Child implements WorkerProcess {
  state: WorkerState = "starting";
  /** How its process has ended. */
  exit: Exit | null = null;
  /** It was told to end. */
  asked = false;
  /** Its program runs `cluster`. */
  running = false;
  readonly born = reactor.clock.now();
  readonly mail: Mail;
  readonly inquiries: Readonly<Record<Question, Inquiry>>;
  readonly post: (message: ToWorker, handle?: unknown) => void;
  /** See {@link Exit}. */
  private reason: string | null = null;
  private readonly waiters = new WaitList();

  constructor(
    private readonly worker: NodeWorker,
    readonly slot: number,
    private readonly events: ChildEvents,
  ) {
    this.post = sender<ToWorker>(worker.process);
    const inquiry = (question: Question): Inquiry =>
      new Inquiry(() => this.post({ cosocket: "question", question }));
    this.inquiries = { status: inquiry("status"), fibers: inquiry("fibers") };
    // It takes nothing yet.
    this.mail = new Mail(String(this), this.post);
    worker.on("message", (message: unknown) => {
      if (isOurs(message)) this.got(message as ToPrimary);
    });
    // A server of Node's own.
    worker.on("listening", () => this.becomes("ready"));
    worker.on("disconnect", () => this.becomes("closing"));
    worker.on("exit", (code: number | null, signal: string | null) => this.ended(code, signal));
    // It could not be started, or sent to: what comes of that is seen by its end.
    worker.on("error", ({ message }: Error) => {
      if (worker.process.pid !== undefined) return;
      this.reason = `it could not be started: ${message}`;
      this.ended(null, null);
    });
  }

  get id(): number {
    return this.worker.id;
  }

  get pid(): number | undefined {
    return this.worker.process.pid;
  }

  toString(): string {
    return `worker ${this.slot} (pid ${this.pid})`;
  }

  /** Logs are told of it, with the events that it is in. */
  toJSON(): object {
    const { id, slot, pid = null, state } = this;
    return { id, slot, pid, state };
  }

  send(message: unknown): Yieldable<Sent> {
    return this.mail.send(message);
  }

  /** Whether it can be asked something. */
  get hears(): boolean {
    return this.running && this.worker.process.connected;
  }

  /** Wait until something is so that depends on it. */
  until(what: string, condition: () => boolean, seconds = Infinity): Operation<boolean> {
    return new Until(`${String(this)} ${what}`, "inactive", this.waiters, condition, seconds);
  }

  /** Whoever waits for something of it should look. */
  stir(): void {
    this.waiters.wakeAll();
  }

  /** Ask it to end. @param last nobody takes its place */
  drain(seconds: number, last: boolean): void {
    if (last || this.state !== "closing") this.asked = true;
    this.becomes("closing");
    // What it would do before it knows that it is a worker is in nobody's interest.
    if (this.running) this.post({ cosocket: "drain", seconds, last });
    else this.kill("it was not running yet");
  }

  kill(reason: string): void {
    this.reason ??= reason;
    this.worker.process.kill("SIGKILL");
  }

  private becomes(state: WorkerState): void {
    const order: WorkerState[] = ["starting", "ready", "closing", "ended"];
    if (order.indexOf(state) <= order.indexOf(this.state)) return;
    this.state = state;
    if (state === "ended") this.mail.close();
    this.events.changed(this);
    this.stir();
  }

  private ended(code: number | null, signal: string | null): void {
    this.exit ??= { code, signal, reason: this.reason };
    this.becomes("ended");
  }

  private got(message: ToPrimary): void {
    switch (message.cosocket) {
      case "hello":
        this.running = true;
        return this.mail.admit(WINDOW);
      case "ready":
        return this.becomes("ready");
      case "closing":
        return this.becomes("closing");
      case "received":
        return this.mail.admit(message);
      case "answer":
        this.inquiries[message.question].answered(message.value);
        return this.events.got(this, message);
      default:
        return this.events.got(this, message);
    }
  }

  static {
    oneLine(this.prototype);
  }
}
