import type { Operation } from "effection";
import { Ask } from "./ask.js";
import type { Family } from "./family.js";
import { Fiber } from "./fiber.js";
import type { Yieldable } from "./operation.js";
import { notAsync } from "./functions.js";
import { reactor } from "./reactor.js";
import { checkFork, type ForkOptions, type Supervisor, supervisorOf } from "./supervisor.js";

/**
 * Start a fiber as a child of `family`; it runs when the caller waits or its turn ends.
 *
 * @param names what its default name begins with
 * @param name its name, instead
 */
export function forkIn<T>(
  family: Family,
  body: () => Operation<T>,
  supervisor?: Supervisor,
  names = "fiber",
  name?: string,
): Fiber<T> {
  const fiber = new Fiber<T>(family, body, names, name, supervisor);
  family.adopt(fiber as Fiber);
  if (!(family instanceof Fiber)) reactor.families.add(family);
  reactor.schedule(fiber);
  return fiber;
}

/**
 * Run an operation concurrently: Effection's `spawn`, light.
 *
 * The fiber is a child of the caller, be that a fiber or an Effection task: it is halted when the caller ends, and
 * its error halts the caller and goes on up, unless `options.boundary` takes it. It starts when the caller waits
 * or its turn ends.
 *
 * ```ts
 * const fiber = yield* fork(function* () { ... });
 * const value = yield* fiber;      // join
 * yield* fiber.halt();             // cancel
 * ```
 *
 * @returns the {@link Fiber}. Cancelling the caller halts it.
 */
export function fork<T>(
  body: () => Operation<T>,
  options: ForkOptions = NONE,
): Yieldable<Fiber<T>> {
  return new Fork(body, options);
}

const NONE: ForkOptions = {};

class Fork<T> extends Ask<Fiber<T>> {
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
  answer(family: Family): Fiber<T> {
    return forkIn(family, this.body, this.supervisor, undefined, this.name);
  }
}

/** The fiber in whose name the caller runs; undefined in an Effection task outside any fiber. */
export function useFiber(): Yieldable<Fiber | undefined> {
  return new Self();
}

/** In whose name the caller runs: whose children those are that are forked here. */
export function useFamily(): Yieldable<Family> {
  return new Relatives();
}

class Relatives extends Ask<Family> {
  readonly description = "useFamily";
  answer(family: Family): Family {
    return family;
  }
}

class Self extends Ask<Fiber | undefined> {
  readonly description = "useFiber";
  answer(family: Family): Fiber | undefined {
    return family.nearest ?? undefined;
  }
}
