import type { Yieldable } from "../operation.js";
import type { Branch } from "./branch.js";
import { checkedList, type Performables } from "./performable.js";
import { Together } from "./together.js";

/**
 * Perform operations at a time, each by a fiber of its own, until one of them has returned or thrown. The others are halted then, before
 * anybody else runs, and their cleanup is waited for: what they were waiting for, they have not taken.
 *
 * @param operations operations, of this package or of Effection's, and generator functions; TypeError for none at all
 * @returns what the first one has returned. What belongs to that (a socket, if that is what it has returned) is the caller's.
 *
 * If the first one throws, that is thrown; so is what the cleanup of the others throws: several errors as an AggregateError. Cancelling
 * halts them all, and waits for their cleanup. (Effection: `race`)
 *
 * @example
 * const [line, err] = yield* race([client.receive("*l"), other.receive("*l")]);
 */
export function race<const T extends readonly unknown[]>(
  operations: Performables<T>,
): Yieldable<T[number]> {
  const list = checkedList("race", operations);
  if (list.length === 0)
    throw new TypeError("race takes at least one operation: of none, nobody would ever win");
  return new Race<T[number]>(list);
}

class Race<T> extends Together<T> {
  readonly prefix = "race";
  private winner: Branch | null = null;

  returned(branch: Branch): void {
    this.winner = branch;
    this.cancel(branch);
  }
  protected failed({ error }: Branch): void {
    this.failWith(error);
    this.cancel();
  }
  protected outcome(): T {
    return this.winner!.value as T;
  }
}
