/** OpenResty's ways to receive, by its names. */
import { checkOptionNames, shown, type Yieldable } from "../../reactor/index.js";
import type { BoundaryReader } from "../connection/index.js";
import type { Result } from "../object/index.js";

/** What OpenResty's cosockets can do beyond LuaSocket's, by OpenResty's names. */
export interface OpenRestyMethods {
  /**
   * Receive what is there, as soon as there is at least one byte.
   *
   * @param max at most so many bytes (default: all that are buffered); what is beyond stays for the next receive
   * @returns `[bytes]`, or `[undefined, error, empty]`: "timeout", "closed". Cancelling takes nothing.
   * (OpenResty: tcpsock:receiveany)
   *
   * @example const [bytes, err] = yield* client.receiveany(4096);
   */
  receiveany(max?: number): Yieldable<Result<Buffer, Buffer>>;

  /**
   * Look at the next bytes without taking them: once there are `count`.
   *
   * @param count how many bytes, a positive integer
   * @returns `[bytes]`, or `[undefined, error, those that are there]`: "timeout", "closed" (the stream ends before). They stay for the
   * next receive, whatever the result. TypeError for a bad count. Cancelling stops the waiting, and takes nothing.
   *
   * @example
   * const [first, err] = yield* client.peek(1);
   * if (first?.[0] === 0x16) console.log("TLS");
   */
  peek(count: number): Yieldable<Result<Buffer, Buffer>>;

  /**
   * A reader of what comes before a boundary, piece after piece.
   *
   * @param boundary text (UTF-8) or bytes, at least one
   * @param options.inclusive whether the boundary is given, too (default false)
   * @returns a function that makes an operation: `[bytes]`, or `[undefined, error, partial]`: "timeout" (nothing of a boundary
   * that has begun is in the partial: read on), "closed" (what is left before the end; of a step, less than its size), "line too long" (a whole piece, without the boundary, beyond setoption
   * "line-limit"; steps have no limit). It may be mixed with other ways of receiving: a boundary of which another has
   * received a part is none any more. Cancelling takes nothing. (OpenResty: tcpsock:receiveuntil)
   *
   * @example
   * const part = client.receiveuntil("\r\n--boundary");
   * const [body, err] = yield* part(); // a whole piece; the boundary is stepped over
   * const [step, failure] = yield* part(4096); // or step by step: undefined when the boundary has been reached
   */
  receiveuntil(boundary: string | Uint8Array, options?: { inclusive?: boolean }): BoundaryReader;
}

/** What `receiveuntil` is told. Whether the boundary is given, too. Misuse throws TypeError. */
export function checkBoundary(boundary: unknown, options: { inclusive?: unknown }): boolean {
  checkOptionNames("receiveuntil", options, ["inclusive"]);
  const { inclusive = false } = options;
  if ((typeof boundary !== "string" && !(boundary instanceof Uint8Array)) || !boundary.length)
    throw new TypeError(
      `receiveuntil takes a boundary, a string or bytes, at least one, not ${shown(boundary)}`,
    );
  if (typeof inclusive !== "boolean")
    throw new TypeError(`receiveuntil: inclusive is true or false, not ${shown(inclusive)}`);
  return inclusive;
}
