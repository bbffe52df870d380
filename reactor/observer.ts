/** Who wants to know which operations are made, and which of them are performed: a simulation, or whoever has set COSOCKET_DEBUG. */
import { Forgotten } from "./forgotten.js";

/**
 * Told of operations.
 *
 * @example
 * const observer: OperationObserver = {
 *   made: (operation) => console.log(`made: ${operation}`),
 *   performed(operation) {
 *     console.log(`performed: ${operation}`);
 *   },
 * };
 */
export interface OperationObserver {
  /** An operation was made. Not all of it may be there yet. */
  made(operation: object): void;
  /** Somebody performs it, or will see to it that it is performed, if that is still wanted. Told again each time. */
  performed(operation: object): void;
}

/** The one that is told; null: nobody. Where operations are made, asking for it may cost next to nothing: no field of an object is looked for. */
export let observer: OperationObserver | null =
  (process.env["COSOCKET_DEBUG"] ?? "0") === "0" ? null : new Forgotten();

/**
 * From now on `next` is told of operations, and nobody else.
 *
 * @returns who was told until now
 *
 * @example const before = observeOperations({ made: console.log, performed: () => {} });
 */
export function observeOperations(next: OperationObserver | null): OperationObserver | null {
  const before = observer;
  observer = next;
  return before;
}
