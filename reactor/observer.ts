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

/** Whose business it is what becomes of operations. */
let judge: OperationObserver | null =
  (process.env["COSOCKET_DEBUG"] ?? "0") === "0" ? null : new Forgotten();
/** Who tells others of them: that has nothing to do with whose business it is, and neither begins nor ends with it. */
let teller: OperationObserver | null = null;

/** The one that is told; null: nobody. Where operations are made, asking for it may cost next to nothing: no field of an object is looked for. */
export let observer: OperationObserver | null = judge;

class Both implements OperationObserver {
  constructor(
    private readonly first: OperationObserver,
    private readonly second: OperationObserver,
  ) {}
  made(operation: object): void {
    this.first.made(operation);
    this.second.made(operation);
  }
  performed(operation: object): void {
    this.first.performed(operation);
    this.second.performed(operation);
  }
}

function combine(): void {
  observer = judge === null || teller === null ? (judge ?? teller) : new Both(judge, teller);
}

/**
 * From now on `next` is told of operations, and nobody else but who tells tools of them.
 *
 * @returns who was told until now
 *
 * @example const before = observeOperations({ made: console.log, performed: () => {} });
 */
export function observeOperations(next: OperationObserver | null): OperationObserver | null {
  const before = judge;
  judge = next;
  combine();
  return before;
}

/**
 * From now on `next` is told of operations as well, whoever else is; null: nobody.
 *
 * @example tellOfOperations({ made: () => {}, performed: (operation) => console.log(String(operation)) });
 */
export function tellOfOperations(next: OperationObserver | null): void {
  teller = next;
  combine();
}
