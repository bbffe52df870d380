/**
 * Against SMTP smuggling. A message ends with a dot on a line of its own, and lines end in CRLF; but there are servers to which a bare CR or
 * LF is a line end, too. To them a dot between two such would end the message, and what follows in it would be commands.
 */
import type { Operation } from "effection";
import { type Data, isFailure, joined, type Result } from "../object/index.js";
import type { Source } from "../ltn12/index.js";

/** A dot that stands behind a bare CR or LF, alone on its line. Behind CRLF it has been doubled. */
const SMUGGLED = /(?:\r|(?<!\r)\n)\.[\r\n]/;

type Error = "bare line end before a dot in the message";

/** The same, or the error where it would be in danger. */
export function withoutBareDots<Word extends string>(source: Source<Word>): Source<Word | Error> {
  // As many characters as the pattern looks at, but for the last one. At first it is behind a CRLF.
  let before = "\r\n";
  return function* (): Operation<Result<Data | undefined, undefined, Word | Error>> {
    const got = yield* source();
    if (isFailure(got)) return got;
    // The end of the message is followed by CRLF.
    const text = before + (got[0] === undefined ? "\r" : joined(got[0], "utf8").toString("latin1"));
    before = text.slice(-3);
    return SMUGGLED.test(text)
      ? [undefined, "bare line end before a dot in the message", undefined]
      : got;
  };
}
