/** Headers of connections that have come in. */
import type { Operation } from "effection";
import { type Connection, type Pattern, type ReadHalf, receiving } from "../connection/index.js";
import type { Result } from "../object/index.js";
import { FIXED_2, LONGEST, LONGEST_1, type ProxyHeader } from "./header.js";
import { isSigned, lengthOf, readHeader } from "./read.js";

/** As much of it as is needed to know: it may come byte by byte, and to look at all of it each time would cost its square. */
function seen({ input }: ReadHalf): Buffer {
  const start = input.peek(Math.min(input.size, FIXED_2));
  const length = lengthOf(start);
  if (length === null) return input.peek(Math.min(input.size, LONGEST_1));
  return input.size < length ? start : input.peek(Math.min(length, LONGEST));
}

/** A header, and none of the bytes behind it. */
class Header implements Pattern<ProxyHeader, undefined> {
  readonly prefix = undefined;
  toString(): string {
    return "the header of the PROXY protocol";
  }
  complete(half: ReadHalf): boolean {
    return half.input.size > 0 && readHeader(seen(half)) !== "short";
  }
  take(half: ReadHalf): Result<ProxyHeader> | null {
    if (half.input.size === 0) return null;
    const read = readHeader(seen(half));
    if (read === "short") return null;
    if (read === "none") return [undefined, "invalid proxy header", undefined];
    half.input.skip(read.length);
    return [read.header];
  }
  partial(): undefined {
    return undefined;
  }
}

/**
 * The first bytes, which must not be those of a header, or that nobody will receive any. It takes nothing: whoever waits behind it
 * receives them.
 */
export class Foreign implements Pattern<1, undefined> {
  readonly prefix = undefined;
  private over = false;

  toString(): string {
    return "the first bytes, which must be no header of the PROXY protocol";
  }
  /** Wait until it is known. `[1]`, or "untrusted proxy header". */
  on({ reading }: Connection): Operation<Result<1>> {
    return receiving(reading, this);
  }
  /** Wait no longer. */
  end({ reading }: Connection): void {
    this.over = true;
    reading.wake();
  }
  complete({ input }: ReadHalf): boolean {
    return this.over || input.size > 0;
  }
  take(half: ReadHalf): Result<1> | null {
    if (!this.complete(half)) return null;
    return isSigned(seen(half)) ? [undefined, "untrusted proxy header", undefined] : [1];
  }
  partial(): undefined {
    return undefined;
  }
}

// It keeps nothing, so that one does for all.
const HEADER = new Header();

/** The header that the connection begins with; "invalid proxy header" for anything else. */
export function receiveProxyHeader({ reading }: Connection): Operation<Result<ProxyHeader>> {
  return receiving(reading, HEADER);
}
