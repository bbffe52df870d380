/**
 * A body in HTTP's chunked transfer coding (RFC 9112, section 7.1), and prefix that is only like it: what one program takes for the
 * end of a body and another does not is how requests are smuggled.
 *
 * What is not complete stays in the stream's buffer. So a timeout or a halt, at whatever byte, loses prefix.
 */
import { fail, type Result, type SocketError } from "../object/index.js";
import type { ReadHalf } from "./read-half.js";
import type { ReceiveBuffer } from "./receive-buffer.js";
import type { Pattern } from "./receive.js";

const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const QUOTED =
  '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"';
const EXTENSION = `[ \\t]*;[ \\t]*${TOKEN}(?:[ \\t]*=[ \\t]*(?:${TOKEN}|${QUOTED}))?`;
const SIZE_LINE = new RegExp(`^([\\da-f]+)(?:${EXTENSION})*\\r\\n$`, "i");
const FIELD_LINE = new RegExp(`^${TOKEN}:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n$`);
const EMPTY_LINE = "\r\n";

/** Bytes of a piece at most. */
const BLOCK = 64 * 1024;
/** Digits of a size, beyond which more (they can be zeros only) count as superfluous; the CRLF; one for good measure. */
const USUAL_SIZE_LINE = 16 + 2;
/** Bytes that extensions of chunks and trailer fields may have, of all the body: as many as Node's own parser takes. */
const SUPERFLUOUS = 16 * 1024;

type Phase = "size" | "data" | "end of data" | "trailer" | "over";

/** How much of a body has been received. Pure: it takes from the buffer what is whole. */
export class ChunkedBody {
  private phase: Phase = "size";
  /** Bytes of the chunk that are still to come. */
  private left = 0;
  private superfluous = 0;
  private error: SocketError | null = null;

  /** Whether {@link next} may have something to do. */
  ready(input: ReceiveBuffer): boolean {
    if (this.phase === "data") return input.size > 0;
    return this.phase === "over" || input.lineLength() >= 0 || input.size > this.longest;
  }

  /** The next piece, undefined at the end, or why there is none; null while it has not come. */
  next(input: ReceiveBuffer): Result<Buffer | undefined> | null {
    for (;;) {
      if (this.error !== null) return fail(this.error);
      if (this.phase === "over") return [undefined];
      if (!this.ready(input)) return null;
      if (this.phase === "data") return [this.take(input)];
      const line = this.takeLine(input);
      this.error = line === null ? this.malformed : this.follow(line);
    }
  }

  private take(input: ReceiveBuffer): Buffer {
    const piece = input.take(Math.min(BLOCK, this.left, input.size));
    this.left -= piece.length;
    if (this.left === 0) this.phase = "end of data";
    return piece;
  }

  /** Null if it is longer than may be. */
  private takeLine(input: ReceiveBuffer): string | null {
    const length = input.lineLength() + 1;
    if (length === 0 || length > this.longest) return null;
    const usual = this.phase === "trailer" ? 0 : USUAL_SIZE_LINE;
    this.superfluous += Math.max(length - usual, 0);
    return input.takeRawLine("latin1");
  }

  /** Bytes that a line may have, with its CRLF. */
  private get longest(): number {
    if (this.phase === "end of data") return EMPTY_LINE.length;
    return SUPERFLUOUS - this.superfluous + (this.phase === "trailer" ? 0 : USUAL_SIZE_LINE);
  }

  private get malformed(): SocketError {
    return this.phase === "trailer" ? "invalid trailer" : "invalid chunk size";
  }

  /** What a line means. An error word if it means prefix. */
  private follow(line: string): SocketError | null {
    const { malformed } = this;
    if (this.phase === "size") return this.begin(SIZE_LINE.exec(line)?.[1]) ? null : malformed;
    if (line === EMPTY_LINE) this.phase = this.phase === "trailer" ? "over" : "size";
    else if (this.phase !== "trailer" || !FIELD_LINE.test(line)) return malformed;
    return null;
  }

  private begin(digits: string | undefined): boolean {
    this.left = parseInt(digits ?? "", 16);
    this.phase = this.left === 0 ? "trailer" : "data";
    // Beyond, neighbouring numbers cannot be told apart.
    return this.left <= Number.MAX_SAFE_INTEGER;
  }
}

/** The next piece of a body. */
export class Chunk implements Pattern<Buffer | undefined, undefined> {
  readonly prefix = undefined;
  constructor(private readonly body = new ChunkedBody()) {}
  toString(): string {
    return "receive a chunk";
  }
  complete({ input }: ReadHalf): boolean {
    return this.body.ready(input);
  }
  take(half: ReadHalf): Result<Buffer | undefined> | null {
    const result = this.body.next(half.input);
    return result?.[1] === undefined ? result : half.markDubious(result);
  }
  partial(): undefined {}
}
