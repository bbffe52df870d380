/** Filters. */
import { shown } from "../../reactor/index.js";
import { checkFunctions, isData, isEmpty } from "./checks.js";
import type { Data } from "../object/index.js";
import type { Filter } from "./types.js";

function inappropriate(what: string): TypeError {
  return new TypeError(`filter returned inappropriate ${what}`);
}

/** What a filter gives for a piece: undefined only at the end, and something or undefined there. */
export function changed(change: Filter, piece: Data | undefined): Data | undefined {
  const given = change(piece);
  if (given === undefined && piece !== undefined)
    throw inappropriate("nil: undefined is for the end only");
  if (piece === undefined && isEmpty(given))
    throw inappropriate('"": at the end it gives what it has kept, or undefined');
  if (given !== undefined && !isData(given))
    throw new TypeError(
      `a filter is a plain function that gives a string, bytes or undefined, not ${shown(given)}`,
    );
  return given;
}

/** Filters in a row: LTN12's state machine. `top` is the first that has not told of its end yet, `index` the one whose turn it is. */
function chained(filters: readonly Filter[]): Filter {
  const last = filters.length - 1;
  let top = 0;
  let index = 0;
  let retry: Data | undefined = "";
  return (given) => {
    let piece = given;
    if (given === undefined) retry = undefined;
    for (;;) {
      if (index === top) {
        piece = filters[index]!(piece);
        if (isEmpty(piece) || top === last) return piece;
        if (piece !== undefined) index++;
        else index = ++top;
      } else {
        piece = changed(filters[index]!, piece ?? "");
        if (isEmpty(piece)) {
          index--;
          piece = retry;
        } else if (index === last) return piece;
        else index++;
      }
    }
  };
}

/** Filters of filters. (LTN12: filter) */
export const filter = {
  /**
   * One filter of several: what the first gives goes through the second, and so on. (LTN12: filter.chain)
   *
   * @example const encode = ltn12.filter.chain(mime.encode("base64"), mime.wrap("base64"));
   */
  chain(...filters: Filter[]): Filter {
    checkFunctions("filter.chain", "filters", filters);
    if (filters.length === 0) throw new TypeError("filter.chain takes one filter at least");
    return filters.length === 1 ? filters[0]! : chained(filters);
  },

  /**
   * A filter of a function that keeps no state, but takes it and gives the next one. (LTN12: filter.cycle)
   *
   * @param low gets the context, a piece and `extra`; gives a piece and the next context
   * @param context the first one
   *
   * @example const normalize = ltn12.filter.cycle(mime.eol, 0, "\r\n");
   */
  cycle<C, X = undefined>(
    low: (context: C, piece: Data | undefined, extra: X) => [piece: Data | undefined, context: C],
    context: C,
    extra?: X,
  ): Filter {
    checkFunctions("filter.cycle", "a function", [low]);
    let now = context;
    return (piece) => {
      // Who gives no extra has a function that takes none.
      const [given, next] = low(now, piece, extra as X);
      now = next;
      return given;
    };
  },
} as const;
