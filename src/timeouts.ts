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
}

/** Shared by all sockets that have not set any. */
export const NO_TIMEOUTS: Timeouts = {
  connect: Infinity,
  send: Infinity,
  receive: Infinity,
  total: Infinity,
};

/** "b", block: each wait; "t", total (or "r"): the whole call. The first letter counts. (LuaSocket) */
export type TimeoutMode = "b" | "block" | "t" | "total" | "r";

/** A timeout as LuaSocket takes it: undefined and negative are none. */
export function seconds(value: number | undefined | null, what: string): number {
  if (value === undefined || value === null) return Infinity;
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`${what} must be a number of seconds or undefined, not ${String(value)}`);
  }
  return value < 0 ? Infinity : value;
}

/** `settimeout(value, mode)` */
export function withTimeout(old: Timeouts, value: number | undefined, mode: string): Timeouts {
  const limit = seconds(value, "timeout");
  const letter = typeof mode === "string" ? mode[0] : mode;
  if (letter === "b") return { ...old, connect: limit, send: limit, receive: limit };
  if (letter === "t" || letter === "r") return { ...old, total: limit };
  throw new TypeError(
    `invalid timeout mode "${String(mode)}": "b" is for each wait, "t" (or "r") for the whole call`,
  );
}

/** Copas's `settimeouts(connect, send, receive)`: undefined leaves one as it is, negative is none. */
export function withTimeouts(
  old: Timeouts,
  connect: number | undefined,
  send: number | undefined,
  receive: number | undefined,
): Timeouts {
  return {
    connect: connect === undefined ? old.connect : seconds(connect, "connect timeout"),
    send: send === undefined ? old.send : seconds(send, "send timeout"),
    receive: receive === undefined ? old.receive : seconds(receive, "receive timeout"),
    total: old.total,
  };
}

/** For `gettimeout`: LuaSocket says -1 for none. */
export function shown(limit: number): number {
  return limit === Infinity ? -1 : limit;
}
