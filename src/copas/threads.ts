/** Where the threads of queues, timers, futures and limits come from: the loop of copas, or, without it, whoever made them. */
import {
  type FiberParent,
  operation,
  reactor,
  useFiberParent,
  type Yieldable,
} from "../../reactor/index.js";
import { printError } from "./errors.js";
import { type Body, Thread, type ThreadOptions, type Threads } from "./thread.js";

/** Threads as children of a fiber, or of an Effection scope: they end with it, and their errors are its errors. */
class Children implements Threads {
  readonly errorhandler = printError;
  timers = 0;

  constructor(private readonly parent: FiberParent) {}

  add(body: Body, options: ThreadOptions = {}): Thread {
    const name = options.name ?? `thread_${reactor.number("thread")}`;
    const thread = new Thread(this, name, body, options);
    if (this.parent.over)
      throw new TypeError(`${thread.name} cannot begin: the task that made its owner has ended`);
    thread.start(this.parent);
    return thread;
  }
}

/** Make something whose threads are children of the caller. */
export function amongChildren<T>(what: string, make: (threads: Threads) => T): Yieldable<T> {
  return operation(what, function* () {
    return make(new Children(yield* useFiberParent()));
  });
}
