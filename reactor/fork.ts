import type { Operation } from "effection";
import { GeneratorFiber } from "./fiber.js";
import { checkFork, type ForkOptions, supervisorOf } from "./fork-options.js";
import { notAsync } from "./functions.js";
import type { Joinable } from "./join.js";
import type { Yieldable } from "./operation.js";
import { Query } from "./query.js";
import { reactor } from "./reactor.js";
import type { Fiber, FiberParent, Supervisor } from "./types.js";

/**
 * Start a fiber as a child of `parent`; it runs when the caller waits or its turn ends.
 *
 * @param prefix what its default name begins with
 * @param name its name, instead
 *
 * @example
 * const parent = yield* useFiberParent();
 * const fiber = forkIn(parent, () => sleep(1), undefined, "sleeper");
 */
export function forkIn<T>(
  parent: FiberParent,
  body: () => Operation<T>,
  supervisor?: Supervisor,
  prefix = "fiber",
  name?: string,
): Fiber<T> & Joinable<T> {
  const fiber = new GeneratorFiber<T>(parent, body, prefix, name, supervisor);
  parent.adopt(fiber);
  if (!(parent instanceof GeneratorFiber)) reactor.parents.add(parent);
  reactor.schedule(fiber);
  return fiber;
}

/**
 * Run an operation concurrently: Effection's `spawn`, light.
 *
 * The fiber is a child of the caller, be that a fiber or an Effection task: it is halted when the caller ends, and
 * its error halts the caller and goes on up, unless `options.boundary` takes it. It starts when the caller waits
 * or its turn ends: who forks hundreds one after the other lets them begin in between.
 *
 * @returns the {@link Fiber}. Cancelling the caller halts it.
 *
 * @example
 * const fiber = yield* fork(() => client.receive("*l"));
 * const [line, err] = yield* fiber; // join
 * yield* fiber.halt(); // cancel
 */
export function fork<T>(
  body: () => Operation<T>,
  options: ForkOptions = NONE,
): Yieldable<Fiber<T>> {
  return new ForkQuery(body, options);
}

const NONE: ForkOptions = {};

/** What a fiber's default name begins with: that of its function, as in trio; a number follows (as in asyncio), because many run the same one. */
export function prefixOf(body: () => unknown): string {
  return body.name || "fiber";
}

class ForkQuery<T> extends Query<Fiber<T>> {
  readonly description = "fork";
  private readonly supervisor: Supervisor | undefined;
  private readonly name: string | undefined;
  constructor(
    private readonly body: () => Operation<T>,
    options: ForkOptions,
  ) {
    super();
    if (options !== NONE || typeof body !== "function") checkFork("fork", body, options);
    this.supervisor = supervisorOf(options);
    this.name = options.name;
    notAsync(body, "fork");
  }
  answer(parent: FiberParent): Fiber<T> {
    return forkIn(parent, this.body, this.supervisor, prefixOf(this.body), this.name);
  }
}

/**
 * The fiber in whose name the caller runs; undefined in an Effection task outside any fiber.
 *
 * @example
 * const me = yield* useFiber();
 * console.log(me?.name);
 */
export function useFiber(): Yieldable<Fiber | undefined> {
  return new FiberQuery();
}

/**
 * In whose name the caller runs: whose children those are that are forked here.
 *
 * @example
 * const parent = yield* useFiberParent();
 * console.log(parent.children().length);
 */
export function useFiberParent(): Yieldable<FiberParent> {
  return new ParentQuery();
}

/** Answered with whoever is to be the parent of what is forked here. */
export class ParentQuery extends Query<FiberParent> {
  readonly description = "useFiberParent";
  answer(parent: FiberParent): FiberParent {
    return parent;
  }
}

class FiberQuery extends Query<Fiber | undefined> {
  readonly description = "useFiber";
  answer(parent: FiberParent): Fiber | undefined {
    return parent.nearest ?? undefined;
  }
}
