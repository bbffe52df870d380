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

/** LuaSocket's words for an answer that node:http does not understand. */
export function misunderstood(
  failure: NonNullable<Exchange["failure"]>,
  answered: boolean,
): Failed {
  const { code = "", bytesParsed = 0, rawPacket } = failure;
  // Without the bytes, which are nobody's business.
  const cause = Object.assign(new Error(failure.message), { code });
  if (code === "HPE_HEADER_OVERFLOW") return failed("response headers too long", cause);
  if (
    /^HPE_INVALID_(HEADER_TOKEN|CONTENT_LENGTH|TRANSFER_ENCODING)|^HPE_UNEXPECTED_CONTENT/.test(
      code,
    )
  )
    return failed("malformed response headers", cause);
  if (answered) return failed("invalid chunk size", cause);
  if (!code.startsWith("HPE_")) return failed("closed", cause);
  const line = lineAt(rawPacket ?? Buffer.alloc(0), bytesParsed);
  return failed(line.startsWith("HTTP/") ? line : "malformed response headers", cause);
}

/** The line of a text that the byte at `place` is in. */
function lineAt(bytes: Buffer, place: number): string {
  const from = place === 0 ? 0 : bytes.lastIndexOf("\n", place - 1) + 1;
  const to = bytes.indexOf("\n", from);
  return bytes.toString("utf8", from, to < 0 ? undefined : to).replaceAll("\r", "");
}
