/** What every I/O object has, whatever its domain: timeouts, an encoding, its last error, an end. */
import type { Operation } from "effection";
import { oneLine, unknownName } from "../reactor/index.js";
import { errorWord, type SocketError } from "./errors.js";
import { explained, isFailure } from "./result.js";
import type { Encoding } from "./stream/receive-buffer.js";
import {
  NO_TIMEOUTS,
  orNone,
  withTimeout,
  withTimeouts,
  type TimeoutMode,
  type Timeouts,
} from "./timeouts.js";

/** Errors that somebody has been told of. */
const told = new WeakSet<Error>();

/** Errors that stand behind a failure of connect or bind already. */
const explaining = new WeakSet<Error>();

export abstract class SocketObject {
  /** @internal */
  timeouts: Timeouts = NO_TIMEOUTS;
  /** @internal */
  encoding: Encoding = "utf8";
  /**
   * Node's own error behind the last failure that had one. `connect` and `bind` forget it when they begin; other successes leave it: look
   * at it after an error, or ask `causeOf(result)`.
   */
  lastError: Error | undefined = undefined;
  /** Whether `close()` was called. */
  closed = false;

  abstract toString(): string;
  abstract close(): 1;

  static {
    oneLine(this.prototype);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** @internal Its fiber has ended. */
  release(): void {
    this.close();
  }

  /** Perform `connect` or `bind`: afterwards lastError is about it, and a failure knows what failed. */
  protected *attempting<R extends readonly unknown[]>(
    what: "connect" | "bind",
    address: string,
    steps: Operation<R>,
  ): Operation<R> {
    // Unless it is that of an attempt which went on after a timeout: then it is still to be told.
    if (this.lastError !== undefined && explaining.has(this.lastError)) this.lastError = undefined;
    const result = yield* steps;
    if (!isFailure(result)) return result;
    if (this.lastError !== undefined) explaining.add(this.lastError);
    return explained(result, () => ({ operation: what, address, cause: this.lastError }));
  }

  /** @internal An error that no operation has told yet, once: as the kernel's SO_ERROR. (getoption) */
  takeError(): SocketError | undefined {
    const { lastError } = this;
    if (lastError === undefined || told.has(lastError)) return undefined;
    told.add(lastError);
    return errorWord(lastError);
  }

  /** @internal An operation has told the last error. */
  tellError(): void {
    if (this.lastError !== undefined) told.add(this.lastError);
  }

  /**
   * How long operations may wait, in seconds (fractions count).
   *
   * @param value undefined or negative: for ever; 0: not at all
   * @param mode "b" (default): each single wait; "t" or "r": the whole call. Both may be set. (LuaSocket)
   * @returns 1; true of a socket that Copas has taken over (`copas.wrap`, `copas.addserver` and its clients): there 0 waits as
   * Copas's does: connecting and sending for ever, and `receive` gives what has come as soon as there is something
   */
  settimeout(value?: number, mode: TimeoutMode = "b"): 1 | true {
    this.timeouts = withTimeout(this.timeouts, value, mode);
    return this.timeouts.copas ? true : 1;
  }

  /** The block timeout and the total timeout in seconds; -1 is none. (LuaSocket) */
  gettimeout(): [block: number, total: number] {
    const { receive, total, eager } = this.timeouts;
    return [eager ? 0 : orNone(receive), orNone(total)];
  }

  /** The block timeouts in seconds: of connect, of send, of receive; -1 is none. (Copas's order) */
  gettimeouts(): [connect: number, send: number, receive: number] {
    const { connect, send, receive, eager } = this.timeouts;
    return [orNone(connect), orNone(send), eager ? 0 : orNone(receive)];
  }

  /**
   * Block timeouts in seconds: undefined leaves one as it is, negative is none. `accept` obeys the one of receive, `dohandshake`
   * that of connect. Always true. (Copas)
   */
  settimeouts(connect?: number, send?: number, receive?: number): true {
    this.timeouts = withTimeouts(this.timeouts, connect, send, receive);
    return true;
  }

  /** How strings are sent, lines and "*a" received: "utf8" (default), or "latin1", Lua's 8-bit clean strings. */
  setencoding(encoding: Encoding): 1 {
    if (encoding !== "utf8" && encoding !== "latin1") {
      throw new TypeError(
        `setencoding: there is no encoding ${unknownName(encoding, ["utf8", "latin1"])}`,
      );
    }
    this.encoding = encoding;
    return 1;
  }
}
