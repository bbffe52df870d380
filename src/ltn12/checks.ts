/** What is no source, sink or filter is told at the call. */
import { shown } from "../../reactor/index.js";
import type { Data } from "../object/index.js";

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
