/** What is no source, sink or filter is told at the call. */
import type { Operation } from "effection";
import { shown } from "../../reactor/index.js";
import { type Data, isOperation } from "../object/index.js";

/** @param takes in words: "a source and a sink" */
export function checkFunctions(what: string, takes: string, functions: readonly unknown[]): void {
  const wrong = functions.findIndex((each) => typeof each !== "function");
  if (wrong >= 0)
    throw new TypeError(
      `${what} takes ${takes}, which are functions, not ${shown(functions[wrong])}`,
    );
}

/** Whether it can be sent. */
export function isData(value: unknown): value is Data {
  return (
    typeof value === "string" ||
    value instanceof Uint8Array ||
    (Array.isArray(value) && value.every(isData))
  );
}

/** LTN12's "": nothing yet. */
export function isEmpty(piece: Data | undefined): piece is Data {
  return piece?.length === 0;
}

/** Whether it is what stands first where there is no error. */
function fits(what: "source" | "sink", value: unknown): boolean {
  if (what === "sink") return Boolean(value);
  return (
    value === undefined ||
    typeof value === "string" ||
    value instanceof Uint8Array ||
    Array.isArray(value)
  );
}

/** What a source or a sink gives, which somebody has written: an operation that gives a result. */
export function* performed<R extends readonly unknown[]>(
  what: "source" | "sink",
  given: Operation<R>,
): Operation<R> {
  if (!isOperation(given))
    throw new TypeError(
      `a ${what} gives an operation, as a function* does, not ${shown(given)}; for a promise write \`yield* until(promise)\` in it`,
    );
  const result = yield* given;
  if (Array.isArray(result) && (result[1] !== undefined || fits(what, result[0]))) return result;
  const value = what === "source" ? "[piece]" : "[1]";
  throw new TypeError(
    `a ${what} gives a result, ${value} or [undefined, error, undefined], not ${shown(result)}`,
  );
}
