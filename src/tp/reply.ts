/** Replies: a code of three digits, and text in one line or in several. (RFC 959, 4.2; RFC 5321, 4.2) */
import type { Operation } from "effection";
import { shown } from "../../reactor/index.js";
import type { Failure, Result, SocketError } from "../object/index.js";
import type { Control } from "./control.js";

/** What a server said, as an error: its reply, which begins with the code; several lines have "\n" between them. */
export type ServerReply = `${number}${string}`;

/** What may go wrong in a conversation by commands and replies. */
export type TpError =
  | SocketError
  | ServerReply
  | "invalid server reply"
  | "server reply too long"
  | "line break in a command"
  | "control character in a command";

/** `[code, reply]`; what it begins with is the code. */
export type Reply =
  [code: number, reply: ServerReply, partial?: undefined] | Failure<undefined, TpError>;

/**
 * Which replies are right: patterns of codes, as "2..", in which a dot is any digit; or codes as numbers.
 * One of several is enough.
 */
export type Expected = string | number | readonly (string | number)[];

/** Characters of a reply at most, over all its lines. */
const LONGEST = 1024 * 1024;

/** Receives replies. Whoever was halted, or out of time, in the midst of one goes on with it. */
export class Replies {
  /** The lines of a reply whose end has not come. They become one text only at the end, since there may be very many. */
  private lines: string[] = [];
  private length = 0;
  /** What has come of the next line. */
  private rest = "";

  constructor(private readonly control: Control) {}

  /** The next one, all lines of it. */
  *next(): Operation<Result<ServerReply, undefined, TpError>> {
    for (;;) {
      const [line, err, partial] = yield* this.control.receive("*l", this.rest);
      this.rest = err === "timeout" ? partial : "";
      if (err) return [undefined, err, undefined];
      this.lines.push(line);
      this.length += line.length + 1;
      const [first] = this.lines as [string];
      if (!/^\d{3}/.test(first)) return this.wrong("invalid server reply");
      if (this.length > LONGEST) return this.wrong("server reply too long");
      // It begins with a code.
      if (isLast(line, first)) return [this.taken() as ServerReply];
    }
  }

  private wrong(error: TpError): Failure<undefined, TpError> {
    this.taken();
    return [undefined, error, undefined];
  }

  private taken(): string {
    const reply = this.lines.join("\n");
    this.lines = [];
    this.length = 0;
    return reply;
  }
}

/** A reply of several lines says so behind its code, and ends with a line that has the code without. */
function isLast(line: string, first: string): boolean {
  const code = codeOf(first);
  return first[3] !== "-" || line === code || line.startsWith(`${code} `);
}

function codeOf(reply: string): string {
  return reply.slice(0, 3);
}

/** The reply if it is one of those expected, and as an error otherwise. */
export function expecting(expected: Expected, reply: ServerReply): Reply {
  const code = codeOf(reply);
  const patterns = [expected].flat() as (string | number)[];
  return patterns.some((pattern) => matches(pattern, code))
    ? [Number(code), reply]
    : [undefined, reply, undefined];
}

/** Lua's patterns write "%d" for a digit. */
function matches(pattern: string | number, code: string): boolean {
  return new RegExp(String(pattern).replaceAll("%", "\\")).test(code);
}

/** Misuse throws TypeError. */
export function checkExpected(expected: unknown): void {
  const patterns: unknown[] = Array.isArray(expected) ? expected : [expected];
  for (const pattern of patterns)
    if (typeof pattern !== "string" && typeof pattern !== "number")
      throw new TypeError(
        `check takes the codes to expect, as "2..", 250 or an array of such, or a function, not ${shown(pattern)}`,
      );
}
