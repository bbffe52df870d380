/** Running the threads until nothing is left to do, or step by step. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Effect, Operation } from "effection";
import {
  channels,
  type Fiber,
  type FiberEvent,
  type FiberParent,
  forkIn,
  oneLine,
  operation,
  reactor,
  run,
  sleep,
  useFiber,
  useFiberParent,
  type Yieldable,
} from "../../reactor/index.js";
import { seconds } from "../object/index.js";
import type { Dispatcher } from "./dispatcher.js";
import { here } from "./instance.js";
import type { Body } from "./thread.js";

/** `yield* copas.loop()` in an Effection program; `await copas.loop()` at the top of a program without. */
export class Loop implements Operation<void>, PromiseLike<void> {
  private awaited: Promise<void> | undefined;

  constructor(private readonly initializer: Body | undefined) {}

  toString(): string {
    return "[operation: copas.loop; it is begun by `yield*` or `await` before it]";
  }

  static {
    oneLine(this.prototype);
  }

  [Symbol.iterator](): Iterator<Effect<unknown>, void, unknown> {
    return operation("copas.loop", () => loop(here().dispatcher, this.initializer))[
      Symbol.iterator
    ]();
  }

  then<A = void, B = never>(
    onfulfilled?: ((value: void) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return (this.awaited ??= underSignals(this)).then(onfulfilled, onrejected);
  }
}

function* loop(dispatcher: Dispatcher, initializer: Body | undefined): Operation<void> {
  const parent = yield* useFiberParent();
  if (dispatcher.looping)
    throw new TypeError("copas.loop is running already: add threads to it with copas.addthread");
  dispatcher.looping = true;
  const ended = (fiber: Fiber): void => {
    dispatcher.looping = false;
    if (dispatcher.home === fiber) dispatcher.moveOut();
  };
  yield* forkIn(parent, () => main(dispatcher, initializer), { ended }, undefined, "copas");
}

function* main(dispatcher: Dispatcher, initializer: Body | undefined): Operation<void> {
  dispatcher.exiting = false;
  // Threads of copas.step stay where they are.
  const stepped = dispatcher.home !== null;
  if (!stepped) dispatcher.moveIn((yield* useFiber())!);
  if (initializer) dispatcher.add(initializer, { name: "copas_initializer" });
  const finished = (): Operation<boolean> =>
    dispatcher.until("copas to finish", () => dispatcher.finished);
  yield* finished();
  dispatcher.exit();
  yield* finished();
  if (!stepped) return;
  for (const thread of [...dispatcher.threads]) thread.halt();
  yield* dispatcher.until("the threads of copas to end", () => dispatcher.threads.size === 0);
}

/** @returns whether a thread went on because of a socket */
export function step(timeout?: number): Yieldable<boolean> {
  const limit = seconds(timeout, "copas.step: the timeout");
  return operation("copas.step", () => stepping(here().dispatcher, limit));
}

function* stepping(dispatcher: Dispatcher, limit: number): Operation<boolean> {
  const parent = yield* useFiberParent();
  if (dispatcher.home === null) open(dispatcher, parent);
  const observed = new Observed(dispatcher);
  try {
    yield* sleep(0);
    const over = (): boolean => observed.resumed || dispatcher.finished;
    if (!over() && limit > 0) yield* dispatcher.until("copas.step", over, limit);
    return observed.bySocket;
  } finally {
    observed.close();
  }
}

/** A home for the threads that lives as long as the caller. */
function open(dispatcher: Dispatcher, parent: FiberParent): void {
  const ended = (fiber: Fiber): void => {
    if (dispatcher.home === fiber) dispatcher.moveOut();
  };
  const home = forkIn(parent, () => sleep(Infinity), { ended }, undefined, "copas");
  dispatcher.moveIn(home as Fiber);
}

/** Whether threads have gone on, and why. */
class Observed {
  resumed = false;
  bySocket = false;
  constructor(private readonly dispatcher: Dispatcher) {
    subscribe(channels.resume.name, this.look);
    reactor.forgetting.add(this.close);
  }
  private readonly look = (event: unknown): void => {
    const { fiber, wait } = event as FiberEvent;
    // Inside of Effection's loop nobody is halted.
    if (fiber.promoted !== null || !this.dispatcher.owns(fiber)) return;
    if ((wait?.kind === "read" || wait?.kind === "write") && !wait.expired) this.bySocket = true;
    if (this.resumed) return;
    this.resumed = true;
    this.dispatcher.check();
  };
  readonly close = (): void => {
    unsubscribe(channels.resume.name, this.look);
    reactor.forgetting.delete(this.close);
  };
}

/** As a program of its own: SIGINT and SIGTERM end it, its cleanup runs, and then the signal does what it does by default. */
function underSignals(operation: Operation<void>): Promise<void> {
  let signalled: NodeJS.Signals | undefined;
  const task = run(() => operation);
  const stop = (signal: NodeJS.Signals): void => {
    off();
    signalled = signal;
    void task.halt();
  };
  const off = (): void => {
    for (const signal of SIGNALS) process.off(signal, stop);
    reactor.forgetting.delete(off);
  };
  reactor.forgetting.add(off);
  for (const signal of SIGNALS) process.on(signal, stop);
  return task.then(off, (error: unknown) => {
    off();
    if (signalled === undefined) throw error;
    process.kill(process.pid, signalled);
  });
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
