/** The signal that stands behind the arguments of a function, or among its options. */
import { checkSignal, nearest, shown } from "../../reactor/index.js";

/**
 * Take the signal out of `args`: of the last one, if that is an object such as is written as options. Options that hold nothing else are
 * taken away, since functions without options have no use for them.
 */
export function takeSignal(args: unknown[], what: string): AbortSignal | undefined {
  const last = args.at(-1);
  if (last instanceof AbortController || last instanceof AbortSignal) throw misplaced(what, last);
  if (!isPlain(last)) return undefined;
  const { signal, ...rest } = last;
  if (signal !== undefined) checkSignal(signal, what);
  for (const name of Object.keys(rest))
    if (nearest(name, ["signal"]) !== undefined) throw misplaced(what, last);
  if (Object.keys(rest).length === 0) args.pop();
  else if ("signal" in last) args[args.length - 1] = rest;
  return signal;
}

function misplaced(what: string, given: unknown): TypeError {
  return new TypeError(
    `${what} takes a signal as { signal: controller.signal }, not as ${shown(given)}`,
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
