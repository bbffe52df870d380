/** What the files of the reactor know of each other: interfaces, and nothing that runs. */
import type { Effect, Operation, Scope } from "effection";
import type { YieldStarMissing } from "./operation.js";
import type { Trace } from "./place.js";

/**
 * Somebody who can be run on: a fiber, or an Effection routine that performs a wait.
 *
 * @example
 * wait.park({
 *   resume() {
 *     console.log("it may be able to go on");
 *   },
 * });
 */
export interface Resumer {
  resume(): void;
  /** It runs Effection code. */
  readonly outside?: boolean;
  /** A fiber's name. */
  readonly name?: string;
  /** @internal The fiber that it is, or of which it is a part. */
  readonly whose?: Fiber | null;
}

/** What a wait is for, as Copas's `status` counts them. */
export type WaitKind = "read" | "write" | "timer" | "inactive";

/** What a fiber waits for, as others see it. */
export interface Waiting {
  /** In words; for people who look at a stuck task. */
  readonly description: string;
  readonly kind: WaitKind;
  /** Since when its task is parked, in the clock's seconds. */
  readonly since: number;
  /** Whether it is parked with a deadline, so that it will go on though nothing else happens. */
  readonly timed: boolean;
  /** When that passes, in the clock's seconds; Infinity: never. */
  readonly until: number;
  /** Its time is over. */
  readonly expired: boolean;
  /** @internal Where it waits, if that is recorded. */
  readonly trace?: Trace;
  /** @internal What it waits for a change of: a socket's half. */
  readonly subject?: object;
  /** @internal The description without that, if it is cheaper. */
  readonly action?: string | undefined;
}

/** @internal A fiber that is driven by Effection. */
export interface Promoted {
  /** What Effection performs for it; undefined: its tasks' end. */
  readonly performed: Effect<unknown> | undefined;
  /** Since when, in the clock's seconds. */
  readonly since: number;
}

/** What a fiber does: "ready" is about to run, "running" is on the stack, "parked" waits, "promoted" is driven by Effection, "ending" was halted and unwinds or waits for its children, "ended" is over. */
export type FiberState = "ready" | "running" | "parked" | "promoted" | "ending" | "ended";

/**
 * Something that must not outlive the fiber it belongs to: a socket.
 *
 * @example
 * const file: Resource = {
 *   release() {
 *     console.log("closed");
 *   },
 *   transfer(owner) {
 *     owner?.own(file);
 *   },
 * };
 */
export interface Resource {
  /** Begin to go away, at once if possible; when gone, call `owner.disown(this)`. */
  release(): void;
  /** What the program holds of it, and returns; without one, itself. */
  readonly handle?: object | null;
  /** Belong to `owner` from now on, or to nobody, unless it should go with its fiber. Without this method it always does. */
  transfer?(owner: Fiber | null): void;
}

/** Whoever has fibers as children: a fiber, the group of an Effection scope, or the root of what plain code runs. */
export interface FiberParent {
  /** @internal The youngest child; the others are reached through `older`. */
  readonly lastChild: Fiber | null;
  /** @internal The Effection scope whose contexts the children see, and in which they are promoted. */
  readonly home: Scope;
  /** Whether it has ended, so that nobody can become its child any more. */
  readonly over: boolean;
  /** @internal The fiber that this is or, of a group, in whose Effection scopes its scope is; null: in nobody's. */
  readonly nearest: Fiber | null;
  /** @internal */
  adopt(child: Fiber): void;
  /** @internal */
  childEnded(child: Fiber): void;
  /** @internal A child has failed and nobody took its error. */
  childFailed(error: unknown): void;
  /** @internal Go on with ending, if that is under way. What is to go on after it: its parent, if it has ended by that. */
  windUp(): FiberParent | null;
  /**
   * Children, oldest first.
   *
   * @example for (const child of fiber.children()) console.log(child.name);
   */
  children(): Fiber[];
}

/** A generator that is being driven, with a parent and children. Make one with `fork` or `run`; `yield* fiber` waits for its end. */
export interface Fiber<T = unknown> extends FiberParent, Operation<T>, PromiseLike<T> {
  /** Its number in this process, from 1; never used again. */
  readonly id: number;
  /** Name in `fibers()` and in error reports; may be set at any time. Default: a prefix and its number. */
  name: string;
  /** What it does now. */
  readonly state: FiberState;
  /** Who waits for its end before ending, and gets its error unless somebody takes it. */
  readonly parent: FiberParent;
  /** @internal Neighbours among the parent's children. */
  older: Fiber | null;
  /** @internal */
  younger: Fiber | null;
  /** @internal Whoever looks after it. */
  readonly supervisor: Supervisor | undefined;
  /** What it waits for, while parked on a wait of cosocket's. */
  readonly waiting: Waiting | null;
  /** When it first came to wait, in the clock's seconds, to a hundredth; null before. */
  readonly born: number | null;
  /** @internal While it is promoted. */
  readonly promoted: Promoted | null;
  /** @internal What is driven, while there is one. */
  readonly generator: object | null;
  /** How it has ended, in words: `failed: ...` with the text of what it has thrown. */
  readonly ending: string;
  /** @internal That itself. */
  readonly thrown: unknown;
  /** @internal What belongs to it, and is released with it. */
  held(): readonly Resource[];

  /**
   * Cancel it. Its `finally` blocks run (they may wait), its children are halted last-born first, and what
   * belongs to it is closed. Halting begins at the call; a fiber that has ended is left alone.
   *
   * @returns an operation (also awaitable) that finishes when the fiber has ended, and throws what its cleanup threw.
   * Halting the operation stops the waiting, not the halt. (Effection: `Task.halt`.)
   *
   * @example
   * const fiber = yield* fork(() => sleep(60));
   * yield* fiber.halt();
   */
  halt(): Halting;
  /** @internal Its parent halts it, and waits. */
  cancel(): void;
  /**
   * `resource` is released when this fiber ends, unless disowned before.
   *
   * @example
   * const file = { release: () => console.log("closed") };
   * fiber.own(file);
   */
  own(resource: Resource): void;
  /**
   * `resource` is no longer released with this fiber: it is gone, or another one's.
   *
   * @example
   * const file = { release: () => console.log("closed") };
   * fiber.own(file);
   * fiber.disown(file);
   */
  disown(resource: Resource): void;
}

/** What `fiber.halt()` gives: `yield*` it, or, in code outside of generators, `await` it. */
export interface Halting extends PromiseLike<void> {
  [Symbol.iterator](): Iterator<YieldStarMissing, void, unknown>;
}

/** Whoever takes the error of a failed child, so that it does not go up to the parent. */
export type Boundary = (error: unknown, fiber: Fiber) => void;

/**
 * Told of one fiber's end. One object may watch many.
 *
 * @example
 * const supervisor: Supervisor = {
 *   failed: (error, fiber) => console.error(fiber.name, error),
 *   ended(fiber) {
 *     console.log(fiber.ending);
 *   },
 * };
 */
export interface Supervisor {
  /** Takes its error; without this method the error goes up. */
  failed?: Boundary;
  ended?(fiber: Fiber): void;
  /** Who gets what belongs to it when it has returned; what belongs to one that failed or was halted goes with it. */
  readonly newOwner?: Fiber | undefined;
  /**
   * Told what it has given to its parent by returning it.
   *
   * @example
   * const supervisor: Supervisor = {
   *   gave(resources) {
   *     for (const resource of resources) console.log(resource.handle);
   *   },
   * };
   */
  gave?(resources: readonly Resource[]): void;
  /** What belongs to it goes with it also if it is what it returns; otherwise that is given away. */
  readonly keeps?: boolean;
}

/**
 * Measures turns: told when one begins and when it has ended.
 *
 * @example reactor.meter = { begin: () => console.time("turn"), end: () => console.timeEnd("turn") };
 */
export interface Meter {
  begin(): void;
  end(): void;
}
