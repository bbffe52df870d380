/** All workers in one place, for the operation that runs in the primary process. */
import type { Operation } from "effection";
import {
  all,
  type Channel,
  Mapped,
  oneLine,
  operation,
  reactor,
  type Received,
  type Sent,
  type Yieldable,
} from "../../reactor/index.js";
import type { Child } from "./child.js";
import type { Arrived } from "./mail.js";
import type { Question } from "./messages.js";
import type { Reloads } from "./reloads.js";
import type { Slot } from "./slot.js";
import type { Primary, WorkerFibers, WorkerProcess, WorkerStatus } from "./types.js";

/** Seconds that workers have to answer a question. */
const PATIENCE = 1;

/** A message, and the worker that has sent it. */
export interface Letter {
  readonly arrived: Arrived;
  readonly worker: Child;
}

/** What it looks at. */
export interface Watched {
  readonly children: ReadonlySet<Child>;
  readonly slots: readonly Slot[];
  readonly inbox: Channel<Letter>;
  readonly reloads: Reloads;
  /** Each slot has a worker that is ready. */
  readonly isReady: boolean;
  /** All are to end. */
  readonly isClosing: boolean;
  until(what: string, condition: () => boolean, seconds: number): Operation<boolean>;
}

export class Overview implements Primary {
  constructor(private readonly supervisor: Watched) {}

  toString(): string {
    return `primary process (workers: ${this.children().length})`;
  }

  get workers(): WorkerProcess[] {
    return this.children();
  }

  get isClosing(): boolean {
    return this.supervisor.isClosing;
  }

  closing(): Yieldable<[1]> {
    const { supervisor } = this;
    const wait = (): Operation<boolean> =>
      supervisor.until("the end of the cluster", () => supervisor.isClosing, Infinity);
    return new Mapped<boolean, [1]>("closing of the cluster", wait, () => [1]);
  }

  ready(): Yieldable<Received<1>> {
    const { supervisor } = this;
    const known = (): boolean => supervisor.isReady || supervisor.isClosing;
    const wait = (): Operation<boolean> =>
      supervisor.until("all workers to be ready", known, Infinity);
    return new Mapped<boolean, Received<1>>("ready of all workers", wait, () =>
      supervisor.isClosing ? [undefined, "closed", undefined] : [1],
    );
  }

  private children(): Child[] {
    return [...this.supervisor.children].sort((a, b) => a.slot - b.slot || a.id - b.id);
  }

  receive(): ReturnType<Primary["receive"]> {
    const receive = (): Yieldable<Received<Letter>> => this.supervisor.inbox.receive();
    return new Mapped("receive from any worker", receive, (received) => {
      const [letter] = received;
      if (letter === undefined) return received;
      const { worker, arrived } = letter;
      worker.mail.received(arrived);
      return [{ message: arrived.message, worker }];
    });
  }

  broadcast(message: unknown): Yieldable<number> {
    const sends = (): Yieldable<Sent>[] => this.children().map((child) => child.send(message));
    return operation("broadcast", function* () {
      const sent = yield* all(sends());
      return sent.filter(([value]) => value === true).length;
    });
  }

  reload(): ReturnType<Primary["reload"]> {
    const { reloads } = this.supervisor;
    return operation("reload", function* () {
      const error = yield* reloads.end(reloads.ask("the program"));
      return error === null ? [true] : [undefined, error];
    });
  }

  status(): Yieldable<WorkerStatus[]> {
    return this.asked("status", (child, answer) => {
      const { id, slot, pid = null, state, born } = child;
      const seconds = reactor.clock.now() - born;
      const { failures, restarts } = this.supervisor.slots[slot - 1]!;
      const silent = { memory: null, cpu: null, reactor: null };
      return {
        id,
        slot,
        pid,
        state,
        seconds,
        failures,
        restarts,
        ...silent,
        ...(answer as object),
      };
    });
  }

  fibers(): Yieldable<WorkerFibers[]> {
    return this.asked("fibers", ({ id, slot, pid = null }, answer = null) => {
      return { id, slot, pid, fibers: answer as WorkerFibers["fibers"] };
    });
  }

  /** Ask all, and make something of what each has answered; undefined: it has not. */
  private asked<T>(
    question: Question,
    make: (child: Child, answer?: unknown) => T,
  ): Yieldable<T[]> {
    const { supervisor } = this;
    const children = (): Child[] => this.children();
    return operation(question, function* () {
      const asked = children().map((child) => {
        const inquiry = child.inquiries[question];
        return { child, inquiry, number: child.hears ? inquiry.ask() : 0 };
      });
      const known = (): boolean =>
        asked.every(({ child, inquiry, number }) => !child.hears || inquiry.knows(number));
      try {
        yield* supervisor.until("the workers' answers", known, PATIENCE);
        return asked.map(({ child, inquiry, number }) => make(child, inquiry.answer(number)));
      } finally {
        for (const { inquiry, number } of asked) if (number > 0) inquiry.leave();
      }
    });
  }

  static {
    oneLine(this.prototype);
  }
}
