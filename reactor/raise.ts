import type { Scope } from "effection";
import { reactor } from "./reactor.js";

/** An error that was raised in a scope. */
export interface Raised {
  readonly error: unknown;
  /** Whether the scope has got it; otherwise it has ended before. */
  heard?: boolean;
}

/** Let `scope` get `error` as it gets that of a task of its own: by a task that fails. */
export function raiseIn(scope: Scope, error: unknown): Raised {
  const raised: Raised = { error };
  scope.run(function* fiberFailed() {
    raised.heard = true;
    throw throwable(error);
  });
  reactor.letEffectionRun();
  return raised;
}

/** `error`, or an Error instead of what Effection cannot take: it makes text of what is no Error, and that may throw. */
export function throwable(error: unknown): unknown {
  if (error instanceof Error) return error;
  try {
    String(error);
    return error;
  } catch {
    return new Unprintable(error);
  }
}

/** What {@link throwable} was given. */
export function unwrapped(error: unknown): unknown {
  return error instanceof Unprintable ? error.cause : error;
}

class Unprintable extends Error {
  override readonly name = "Unprintable";
  constructor(cause: unknown) {
    super("something was thrown that is no Error and has no text", { cause });
  }
}
