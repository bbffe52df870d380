import { asError, textOf } from "../../reactor/index.js";

/**
 * The one table from Node's error codes to LuaSocket's words (luasocket/src/usocket.c and pierror.h). What has no
 * name of its own there has the text of the C library's strerror, as LuaSocket gives it.
 */
const WORDS = {
  EADDRINUSE: "address already in use",
  EISCONN: "already connected",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ECONNREFUSED: "connection refused",
  ECONNABORTED: "closed",
  ECONNRESET: "closed",
  EPIPE: "closed",
  EOF: "closed",
  ERR_SOCKET_CLOSED: "closed",
  ERR_STREAM_DESTROYED: "closed",
  ERR_STREAM_WRITE_AFTER_END: "closed",
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION: "closed",
  ETIMEDOUT: "timeout",
  ENOTFOUND: "host or service not provided, or not known",
  EAI_NONAME: "host or service not provided, or not known",
  EAI_NODATA: "host or service not provided, or not known",
  EAI_SERVICE: "service not supported for socket type",
  EAI_AGAIN: "temporary failure in name resolution",
  EAI_FAIL: "non-recoverable failure in name resolution",
  EAI_FAMILY: "ai_family not supported",
  EAI_ADDRFAMILY: "address family for hostname not supported",
  EAI_MEMORY: "memory allocation failure",
  ENOMEM: "memory allocation failure",
  EADDRNOTAVAIL: "cannot assign requested address",
  EAFNOSUPPORT: "address family not supported by protocol",
  EALREADY: "operation already in progress",
  EHOSTUNREACH: "no route to host",
  EINVAL: "invalid argument",
  EMFILE: "too many open files",
  ENFILE: "too many open files in system",
  ENETDOWN: "network is down",
  ENETUNREACH: "network is unreachable",
  ENOBUFS: "no buffer space available",
  ENOTCONN: "transport endpoint is not connected",
  EMSGSIZE: "message too long",
  ENOENT: "no such file or directory",
  ENOTSOCK: "socket operation on non-socket",
  ENOTDIR: "not a directory",
  ENOPROTOOPT: "protocol not available",
  ENODEV: "no such device",
  EBADF: "bad file descriptor",
  ENAMETOOLONG: "path too long",
  ENOSPC: "no space left on device",
  EDQUOT: "disk quota exceeded",
  EFBIG: "file too large",
  EISDIR: "is a directory",
  EROFS: "read-only file system",
  EIO: "input/output error",
  ECANCELED: "closed",
  ERR_STREAM_PREMATURE_CLOSE: "closed",
  ERR_SOCKET_DGRAM_NOT_RUNNING: "closed",
  ERR_SOCKET_DGRAM_IS_CONNECTED: "already connected",
  ERR_SOCKET_DGRAM_NOT_CONNECTED: "transport endpoint is not connected",
  ERR_SOCKET_ALREADY_BOUND: "invalid argument",
  ERR_SOCKET_BAD_PORT: "invalid argument",
  ABORT_ERR: "closed",
} as const;

/** Words that this package adds to LuaSocket's. */
type OwnWord =
  | "line too long"
  | "option not supported by Node"
  | "not supported by Node"
  | "path too long"
  | "host not found"
  | "service not supported for socket type"
  | "not a tls socket"
  | "unread data before the tls handshake"
  | "unread data in buffer"
  | "connection in dubious state"
  | "too many waiting connect operations"
  | "invalid chunk size"
  | "invalid trailer"
  | "invalid proxy header"
  | "untrusted proxy header"
  | `certificate verify failed: ${string}`
  | `tls handshake failed: ${string}`;

/**
 * Every error that a result can carry. All are non-empty literals (or begin with one), so that `if (err)` narrows.
 *
 * "timeout" is the only one that leaves the connection as it was; "closed" means that the other side, or somebody here, has
 * closed it. An error that nobody has a word for is `system error <code>`.
 */
export type SocketError = (typeof WORDS)[keyof typeof WORDS] | OwnWord | `system error ${string}`;

/** An error of Node's, with the code that its documentation promises. */
interface CodedError extends Error {
  code?: string;
}

/** LuaSocket's word for an error of Node's. */
export function errorWord(error: Error): SocketError {
  if (error instanceof AggregateError && error.errors.length > 0) {
    // One per address tried. LuaSocket reports the last.
    return errorWord(asError(error.errors.at(-1)));
  }
  const code = (error as CodedError).code ?? error.name;
  return Object.hasOwn(WORDS, code) ? WORDS[code as keyof typeof WORDS] : `system error ${code}`;
}

/** After these the object is what it was before the call: what was asked for has not begun, or can be asked for again. */
const HARMLESS: ReadonlySet<SocketError> = new Set<SocketError>([
  // Ask again, for longer or for less.
  "timeout",
  "line too long",
  "message too long",
  "too many waiting connect operations",
  "unread data in buffer",
  "connection in dubious state",
  // It cannot be had, or not so.
  "option not supported by Node",
  "not supported by Node",
  "not a tls socket",
  "already connected",
  "operation already in progress",
  "transport endpoint is not connected",
  "invalid argument",
  // An address to connect, bind or send to: another one may do. (A connection that breaks is "closed".)
  "connection refused",
  "address already in use",
  "cannot assign requested address",
  "permission denied",
  "host or service not provided, or not known",
  "host not found",
  "temporary failure in name resolution",
  "non-recoverable failure in name resolution",
  "ai_family not supported",
  "address family not supported by protocol",
  "service not supported for socket type",
  "no route to host",
  "network is unreachable",
  "network is down",
  "no such file or directory",
  "path too long",
  "socket operation on non-socket",
  // The system is out of something, for now.
  "no buffer space available",
  "memory allocation failure",
  "too many open files",
  "too many open files in system",
]);

/**
 * Whether the object is of no more use after `error`: true for "closed", for a failed handshake, for "invalid chunk size" (nobody
 * knows where the next chunk begins), and for what is unknown. After any other error it can do what it could before.
 *
 * @example
 * const [line, err] = yield* client.receive("*l");
 * if (err && isFatal(err)) client.close();
 */
export function isFatal(error: SocketError): boolean {
  return !HARMLESS.has(error);
}

/** Causes of causes that are told. */
const MOST_CAUSES = 5;

/**
 * An error for people: its stack, where it has one, and its causes. Never throws: what is thrown may be anything, also an object
 * that cannot be made a string, or a getter that fails.
 */
export function errorText(error: unknown, causes = MOST_CAUSES): string {
  const { message, stack } = errorParts(error, causes);
  return stack === "" ? message : `${message}\n${stack}`;
}

/** {@link errorText} in two pieces: what it says, and the lines of its stack (and of its causes), if there are any. */
export function errorParts(
  error: unknown,
  causes = MOST_CAUSES,
): { message: string; stack: string } {
  const text = stackOf(error);
  if (text === undefined) return { message: textOf(error), stack: "" };
  // A message may have several lines; the first line of the stack begins as every one.
  const end = text.search(/(?<=^|\n) {4}at /);
  const message = end < 0 ? text : text.slice(0, Math.max(end - 1, 0));
  const lines = end < 0 ? [] : [text.slice(end)];
  const cause = causeOf(error);
  if (cause !== undefined && causes > 0)
    lines.push(`[cause]: ${errorText(cause, causes - 1)}`.replaceAll("\n", "\n  "));
  return { message, stack: lines.join("\n") };
}

function stackOf(error: unknown): string | undefined {
  try {
    const { stack } = error as { stack?: unknown };
    return typeof stack === "string" && stack !== "" ? stack : undefined;
  } catch {
    return undefined;
  }
}

function causeOf(error: unknown): unknown {
  try {
    return (error as { cause?: unknown }).cause;
  } catch {
    return undefined;
  }
}

/** Tell people of an error, on stderr. Whoever has put something else in the place of console.error may fail: that ends nobody. */
export function print(text: string): void {
  try {
    console.error(text);
  } catch {
    // There is nobody to tell.
  }
}
