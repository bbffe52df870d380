/** What a request fails with. */
import { explained, type Failure } from "../object/index.js";
import type { Exchange } from "./exchange.js";

/** Inside, sources and sinks may say any word; the types of what is public tell which. */
export type Failed = Failure<undefined, string>;

/** @param cause Node's error behind it */
export function failed(error: string, cause?: Error): Failed {
  const failure: Failed = [undefined, error, undefined];
  return cause === undefined
    ? failure
    : explained(failure, () => ({ operation: "receive", cause }));
}

type Fault = NonNullable<Exchange["failure"]>;

/** What is wrong with the fields of an answer, in LuaSocket's words; null: it is what stands before them, or behind. */
export function faultOf({ code = "" }: Fault): string | null {
  if (code === "HPE_HEADER_OVERFLOW") return "response headers too long";
  if (
    /^HPE_INVALID_(HEADER_TOKEN|CONTENT_LENGTH|TRANSFER_ENCODING)|^HPE_UNEXPECTED_CONTENT/.test(
      code,
    )
  )
    return "malformed response headers";
  return code.startsWith("HPE_") ? null : "closed";
}

/** An answer that node:http does not understand: the cause is without the bytes, which are nobody's business. */
export function misunderstood(word: string, { code = "", message }: Fault): Failed {
  return failed(word, Object.assign(new Error(message), { code }));
}
