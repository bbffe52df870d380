import type { Yieldable } from "../operation.js";
import type { Branch } from "./branch.js";
import type { Performable } from "./performable.js";
import { Together } from "./together.js";

/**
 * Perform an operation by a fiber of its own, and wait for its end, cleanup included: but for what it has returned nothing of it is left then. (Effection: `scoped`)
 *
 * @param prefix what the fiber's name begins with
 *
 * @example const [line] = yield* scoped("conversation", () => client.receive("*l"));
 */
export function scoped<T>(prefix: string, operation: Performable<T>): Yieldable<T> {
  return new Scoped<T>(prefix, operation);
}

class Scoped<T> extends Together<T> {
  constructor(
    readonly prefix: string,
    operation: Performable,
  ) {
    super([operation]);
  }
  override get description(): string {
    return this.prefix;
  }
  returned(): void {}
  protected failed({ error }: Branch): void {
    this.failWith(error);
  }
  protected outcome(): T {
    return this.branches[0]!.value as T;
  }
}
