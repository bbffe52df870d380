import { shown } from "../../reactor/index.js";

/**
 * How long operations of one socket may wait, in seconds; Infinity is no limit, 0 is not at all.
 *
 * The longest single wait is one of three; LuaSocket's "b" mode sets them all.
 */
export interface Timeouts {
  /** Of connect, of looking names up, and of dohandshake, which completes a connection. */
  readonly connect: number;
  /** Of send, sendto and flush. */
  readonly send: number;
  /** Of what receives, and of accept: a server's way to receive. */
  readonly receive: number;
  /** Longest whole call. LuaSocket's "t" mode. */
  readonly total: number;
  /** Whether they are set as Copas sets them: a timeout of 0 is none, see {@link copasTimeouts}. */
  readonly copas: boolean;
  /** Whether `receive` is content with what has come: that is what 0 means to Copas. */
  readonly eager: boolean;
}

/** Shared by all sockets that have not set any. */
export const NO_TIMEOUTS: Timeouts = {
  connect: Infinity,
  send: Infinity,
  receive: Infinity,
  total: Infinity,
  copas: false,
  eager: false,
};

/** "b", block: each wait; "t", total (or "r"): the whole call. The first letter counts. (LuaSocket) */
export type TimeoutMode = "b" | "block" | "t" | "total" | "r";

/** A timeout as LuaSocket takes it: undefined and negative are none. */
export function seconds(value: number | undefined | null, what: string): number {
  if (value === undefined || value === null) return Infinity;
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`${what} must be a number of seconds or undefined, not ${shown(value)}`);
  }
  return value < 0 ? Infinity : value;
}

/**
 * The timeouts of a socket that Copas has taken over. To LuaSocket 0 is "do not wait", which is how Copas itself uses it; to
 * Copas a timeout of 0 is none at all: what is sent, connected and received waits, and `receive` of a wrapped socket gives what
 * has come by then. A 0 from before was LuaSocket's, and is dropped.
 */
export function copasTimeouts(old: Timeouts): Timeouts {
  if (old.copas) return old;
  const { connect, send, receive, total } = old;
  return {
    connect: connect || Infinity,
    send: send || Infinity,
    receive: receive || Infinity,
    total: total || Infinity,
    copas: true,
    eager: false,
  };
}

/** `settimeout(value, mode)` */
export function withTimeout(old: Timeouts, value: number | undefined, mode: string): Timeouts {
  const limit = seconds(value, "settimeout: the timeout");
  const letter = typeof mode === "string" ? mode[0] : mode;
  const total = letter === "t" || letter === "r";
  // Copas takes no notice of the mode; that matters where its 0 is another one than LuaSocket's.
  if (letter === "b" || (total && old.copas && limit === 0))
    return withTimeouts(old, limit, limit, limit);
  if (total) return { ...old, total: limit };
  throw new TypeError(
    `settimeout: invalid timeout mode ${shown(mode)}: "b" is for each wait, "t" (or "r") for the whole call`,
  );
}

/** Copas's `settimeouts(connect, send, receive)`: undefined leaves one as it is, negative is none. */
export function withTimeouts(
  old: Timeouts,
  connect: number | undefined,
  send: number | undefined,
  receive: number | undefined,
): Timeouts {
  const limit = (value: number | undefined, before: number, what: string): number => {
    if (value === undefined) return before;
    const asked = seconds(value, `settimeouts: the ${what} timeout`);
    return old.copas && asked === 0 ? Infinity : asked;
  };
  return {
    ...old,
    connect: limit(connect, old.connect, "connect"),
    send: limit(send, old.send, "send"),
    receive: limit(receive, old.receive, "receive"),
    eager: receive === undefined ? old.eager : old.copas && receive === 0,
  };
}

/** For `gettimeout`: LuaSocket says -1 for none. */
export function orNone(limit: number): number {
  return limit === Infinity ? -1 : limit;
}
