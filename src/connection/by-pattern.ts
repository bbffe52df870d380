/** The receive that a pattern of LuaSocket's asks for. */
import type { Yieldable } from "../../reactor/index.js";
import type { Encoding, Result } from "../object/index.js";
import { bytePattern, textPattern, type BytePattern, type TextPattern } from "./patterns.js";
import type { ReadHalf } from "./read-half.js";
import { receiving } from "./receive.js";
import { Bytes, NOTHING } from "./receive-bytes.js";
import { All, Line } from "./receive-text.js";

// They keep nothing, so that one does for all.
const LINE = new Line("", false);
const RAW_LINE = new Line("", true);
const ALL = new All("");

/**
 * The wait for a pattern. Misuse throws TypeError.
 *
 * @param eager whether what has come is enough
 */
export function byPattern(
  { reading, encoding }: { readonly reading: ReadHalf; readonly encoding: Encoding },
  pattern: TextPattern | BytePattern = "*l",
  prefix: string | Uint8Array = "",
  eager = false,
): Yieldable<Result<string, string>> | Yieldable<Result<Buffer, Buffer>> {
  if (pattern === "*l" && prefix === "") return receiving(reading, LINE, eager);
  const text = textPattern(pattern, prefix);
  if (text !== null) return receiving(reading, textOf(text, prefix as string), eager);
  return receiving(reading, new Bytes(bytePattern(pattern), bytesOf(prefix, encoding)), eager);
}

function textOf(text: "*l" | "*L" | "*a", prefix: string): Line | All {
  if (text === "*a") return prefix === "" ? ALL : new All(prefix);
  const raw = text === "*L";
  if (prefix === "") return raw ? RAW_LINE : LINE;
  return new Line(prefix, raw);
}

function bytesOf(prefix: string | Uint8Array, encoding: Encoding): Buffer {
  if (prefix.length === 0) return NOTHING;
  return typeof prefix === "string" ? Buffer.from(prefix, encoding) : Buffer.from(prefix);
}
