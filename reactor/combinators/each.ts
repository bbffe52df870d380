import { each as eachOfEffection, type Operation, type Stream, type Subscription } from "effection";
import { ReactorError } from "../errors.js";
import { Mapped } from "../mapped.js";
import { observer } from "../observer.js";
import { operation, type Yieldable } from "../operation.js";
import { reactor } from "../reactor.js";
import { shown } from "../show.js";
import type { Fiber } from "../types.js";

/** The innermost loop that a fiber is in. */
const loops = new WeakMap<Fiber, Level>();

interface Level {
  /** Performed at the end of each round. */
  readonly advance: Yieldable<void>;
}

/** One loop: what the `for` goes through. */
class Loop<T> implements Level, Iterable<T>, Iterator<T> {
  /** The item that is next, or the end. */
  private coming: IteratorResult<T, unknown>;
  /** It has been given out. */
  private stale = false;
  private readonly outer: Level | undefined;
  private readonly request = (): Operation<IteratorResult<T, unknown>> => this.items.next();
  private readonly arrived = (coming: IteratorResult<T, unknown>): void => {
    this.coming = coming;
    this.stale = false;
    if (coming.done) this.leave();
  };
  readonly advance: Yieldable<void> = new Mapped("each.next()", this.request, this.arrived);

  constructor(
    private readonly fiber: Fiber,
    private readonly items: Subscription<T, unknown>,
    first: IteratorResult<T, unknown>,
  ) {
    this.coming = first;
    this.outer = loops.get(fiber);
    if (!first.done) loops.set(fiber, this);
    // Of a loop of one round it is not asked for.
    if (observer !== null) observer.performed(this.advance);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<T, undefined> {
    if (this.stale) {
      // A `for` does not call return() for what next() throws.
      this.leave();
      throw new ReactorError(
        "ITERATION",
        "a loop over each(...) must end each round with `yield* each.next()`, also where it says `continue`",
      );
    }
    const { coming } = this;
    if (coming.done) return { done: true, value: undefined };
    this.stale = true;
    return coming;
  }

  return(): IteratorResult<T, undefined> {
    this.leave();
    return { done: true, value: undefined };
  }

  private leave(): void {
    const { fiber, outer } = this;
    if (outer === undefined) loops.delete(fiber);
    else loops.set(fiber, outer);
  }
}

/** What `each` is: a function, and `each.next`. */
export interface Each {
  /**
   * What to loop over, when the first item has come.
   *
   * @example for (const line of yield* each(client.lines())) yield* each.next();
   */
  <T>(stream: Stream<T, unknown>): Yieldable<Iterable<T>>;
  /**
   * Wait for the next item of the innermost loop: the last thing in each round, also before `continue`.
   *
   * @example
   * for (const line of yield* each(client.lines())) {
   *   console.log(line);
   *   yield* each.next();
   * }
   */
  next(): Yieldable<void>;
}

/**
 * Loop over a stream: `client.lines()`, `client.blocks(n)`, a channel, any of Effection's. Each round ends with `yield* each.next()`, which
 * waits for the next item; `break`, `return` and errors end the loop.
 *
 * It is Effection's `each`, light: over streams of this package a fiber is not promoted, and an item costs little more than a `receive`.
 * In a task of Effection's own, outside of fibers, it is Effection's.
 *
 * @returns what to loop over. Cancelling takes nothing.
 *
 * @example
 * for (const line of yield* each(client.lines())) {
 *   if (line === "") break;
 *   console.log(line);
 *   yield* each.next();
 * }
 */
export const each: Each = Object.assign(loopOver, { next: nextItem });

function loopOver<T>(stream: Stream<T, unknown>): Yieldable<Iterable<T>> {
  if (typeof (stream as Partial<Stream<T, unknown>> | null)?.[Symbol.iterator] !== "function")
    throw new TypeError(`each takes a stream, such as client.lines(), not ${shown(stream)}`);
  if (isList(stream))
    throw new TypeError(
      `each takes a stream, such as client.lines(), not ${shown(stream)}: what is all there needs no waiting, \`for (const item of list)\``,
    );
  return operation("each", () => {
    const fiber = reactor.current;
    return fiber === null ? eachOfEffection(stream) : begin(fiber, stream);
  });
}

/** It is iterable, as an operation is, but gives what is in it. */
function isList(given: unknown): boolean {
  return (
    typeof given === "string" ||
    Array.isArray(given) ||
    ArrayBuffer.isView(given) ||
    given instanceof Set ||
    given instanceof Map
  );
}

function* begin<T>(fiber: Fiber, stream: Stream<T, unknown>): Operation<Iterable<T>> {
  const items = yield* stream;
  return new Loop(fiber, items, yield* items.next());
}

function nextItem(): Yieldable<void> {
  const fiber = reactor.current;
  if (fiber === null) return operation("each.next()", () => eachOfEffection.next());
  const loop = loops.get(fiber);
  if (loop === undefined)
    throw new ReactorError(
      "ITERATION",
      "each.next() outside of a loop over each(...): `each` of the loop and `each.next` must come from one library, both from cosocket or both from Effection",
    );
  return loop.advance;
}
