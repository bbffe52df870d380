/** LuaSocket's mime module, by its names. */
import { type Filter, filter } from "../ltn12/index.js";
import type { Data } from "../object/index.js";
import { b64, unb64 } from "./base64.js";
import { choose, decodet, encodet, wrapt } from "./filters.js";
import { dot, eol, wrp } from "./lines.js";
import { bytesOf } from "./output.js";
import { qp, qpwrp, unqp } from "./quoted-printable.js";

/** What is encoded and decoded. (LuaSocket: mime.encode) */
export type Coding = "base64" | "quoted-printable" | (string & {});
/** What lines are wrapped for. (LuaSocket: mime.wrap) */
export type Wrapping = "text" | "base64" | "quoted-printable" | "default" | (string & {});

/** MIME's encodings, as LuaSocket's `require "mime"` has them: of bytes, or of text, which is UTF-8; all of them give bytes. See docs/ltn12.md. */
export const mime = {
  /** The version of LuaSocket's module that this is. (LuaSocket: mime._VERSION) */
  _VERSION: "MIME 1.0.3",

  /**
   * A filter that encodes.
   *
   * @param mode of "quoted-printable": "binary" encodes the ends of lines, too; "text" (default) keeps CRLF as it is. (LuaSocket:
   * mime.encode)
   *
   * @example const encoded = ltn12.source.chain(from, mime.encode("base64"), mime.wrap("base64"));
   */
  encode(name: Coding, mode?: "text" | "binary"): Filter {
    return choose("mime.encode", encodet, name, mode);
  },

  /**
   * A filter that decodes. (LuaSocket: mime.decode)
   *
   * @example const plain = ltn12.sink.chain(mime.decode("quoted-printable"), to);
   */
  decode(name: Coding): Filter {
    return choose("mime.decode", decodet, name, undefined);
  },

  /**
   * A filter that breaks lines.
   *
   * @param length bytes of a line; 76, if none is given ("quoted-printable": always 76). (LuaSocket: mime.wrap)
   *
   * @example const wrapped = ltn12.source.chain(from, mime.wrap(72));
   */
  wrap,

  /**
   * A filter that ends every line in the same way, whichever way it ended.
   *
   * @param marker the end; CRLF, if none is given. (LuaSocket: mime.normalize)
   *
   * @example const unix = mime.normalize("\n");
   */
  normalize(marker: Data = "\r\n"): Filter {
    return filter.cycle(eol, 0, bytesOf("mime.normalize", marker));
  },

  /**
   * A filter that doubles a dot at the beginning of a line, as SMTP wants it. (LuaSocket: mime.stuff; RFC 5321, 4.5.2)
   *
   * @example const body = ltn12.source.chain(from, mime.stuff());
   */
  stuff(): Filter {
    return filter.cycle(dot, 2);
  },

  /**
   * Base64 of bytes.
   *
   * @param first the whole, if it is alone; otherwise what was left the last time
   * @param second the next piece
   * @returns `[encoded, rest]`; with `first` alone `[encoded]`, undefined if there is nothing. (LuaSocket: mime.b64)
   *
   * @example const [secret] = mime.b64("user:password");
   */
  b64,
  /**
   * The bytes that Base64 stands for; what is no character of Base64 is passed over. As {@link b64}. (LuaSocket: mime.unb64)
   *
   * @example const [bytes] = mime.unb64("aGVsbG8=");
   */
  unb64,
  /**
   * Quoted-printable of bytes; `marker` stands for CRLF. As {@link b64}. (LuaSocket: mime.qp)
   *
   * @example const [text] = mime.qp("ação\r\n");
   */
  qp,
  /**
   * The bytes that quoted-printable stands for. As {@link b64}. (LuaSocket: mime.unqp)
   *
   * @example const [bytes] = mime.unqp("a=C3=A7=C3=A3o");
   */
  unqp,
  /**
   * Text in lines of `length` bytes at most.
   *
   * @param left bytes for which there is room in the line
   * @param length 76, if none is given
   * @returns `[wrapped, left]`; at the end, without a piece, the end of the line, if there is one to end. (LuaSocket: mime.wrp)
   *
   * @example const [wrapped, left] = mime.wrp(76, "a very long line", 76);
   */
  wrp,
  /**
   * {@link wrp} of quoted-printable, by soft line breaks. (LuaSocket: mime.qpwrp)
   *
   * @example const [wrapped, left] = mime.qpwrp(76, "a=20line", 76);
   */
  qpwrp,
  /**
   * Ends of lines, all alike.
   *
   * @param context 0 at first, later what it gave: the byte of an end of a line that may go on
   * @param marker CRLF, if none is given. (LuaSocket: mime.eol)
   *
   * @example const [text, context] = mime.eol(0, "a\nb\r\n", "\r\n");
   */
  eol,
  /**
   * Dots at the beginning of lines, doubled.
   *
   * @param context 2 at first, later what it gave. (LuaSocket: mime.dot)
   *
   * @example const [text, context] = mime.dot(2, ".\r\n.");
   */
  dot,

  /** The encodings, by their names: others may be added. (LuaSocket: mime.encodet) */
  encodet,
  /** The decodings, by their names. (LuaSocket: mime.decodet) */
  decodet,
  /** The wrappings, by their names. (LuaSocket: mime.wrapt) */
  wrapt,
} as const;

function wrap(name: Wrapping, length?: number): Filter;
function wrap(length?: number): Filter;
function wrap(name?: Wrapping | number, length?: number): Filter {
  return choose("mime.wrap", wrapt, name, length);
}
