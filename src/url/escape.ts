/** Percent-encoding, of text that is UTF-8. */

/** The well-formed sequences of UTF-8, where each character is a byte. (RFC 3629, 4) */
const CHARACTER =
  /[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2}|[^]/g;

/** Each byte of the UTF-8 of what `unsafe` matches as `%` and two digits, which are small letters. */
export function escaping(text: string, unsafe: RegExp): string {
  return text.replace(unsafe, (part) => Buffer.from(part).toString("hex").replace(/../g, "%$&"));
}

/** The bytes of a run of escapes as text; those that are not UTF-8 stay escaped, so that none is lost. */
function unescapedRun(run: string): string {
  const bytes = Buffer.from(run.replaceAll("%", ""), "hex");
  let at = 0;
  return bytes.toString("latin1").replace(CHARACTER, (character) => {
    const from = at;
    at += character.length;
    return character.length === 1 && character > "\x7f"
      ? run.slice(3 * from, 3 * at)
      : bytes.toString("utf8", from, at);
  });
}

/** @see url.unescape */
export function unescaped(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, unescapedRun);
}
