import type { Scope } from "effection";
import { reactor } from "./reactor.js";
import type { Resumer } from "./types.js";

/**
 * Lets a scope get an error as it gets that of a task of its own: by a task that fails, before others run. It is resumed by the reactor,
 * since where the error ends the scope's fiber the next scope gets it, and so on up: that must not be one long step.
 */
export class Raised implements Resumer {
  readonly outside = true;
  #over = false;

  constructor(
    private readonly scope: Scope,
    readonly error: unknown,
  ) {
    reactor.first(this);
  }

  /** The scope has ended: true if that was before it has got the error, which it will not get any more. */
  missed(): boolean {
    if (this.#over) return false;
    return (this.#over = true);
  }

  resume(): void {
    if (this.#over) return;
    const heard = (): void => void (this.#over = true);
    const { error } = this;
    this.scope.run(function* fiberFailed() {
      heard();
      throw throwable(error);
    });
  }
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
