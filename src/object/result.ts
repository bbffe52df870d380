import type { SocketError } from "./errors.js";

/**
 * LuaSocket's convention, typed: an operation that may fail returns a tuple.
 *
 * On success the other places are undefined. On failure the first is undefined, the second is LuaSocket's word for
 * the error, and the third is what had been done by then. (It must be `const`: TypeScript does not narrow with `let`.)
 *
 * Where a success has several values (receivefrom, getsockname, getpeername, dns.toip and tohostname, select), they
 * take these places, as in LuaSocket: then the first tells, `if (ip === undefined)`. See docs/results.md.
 *
 * `Word` is what the second place may say; sources and sinks of your own may have words of their own.
 *
 * @example
 * const [line, err, partial] = yield* client.receive("*l");
 * if (err) return;      // from here on TypeScript knows that `line` is a string
 */
export type Result<T, Partial = undefined, Word extends string = SocketError> =
  Success<T> | Failure<Partial, Word>;

/** A result that succeeded: its value is in the first place, and the others are undefined. */
export type Success<T> = [value: T, error?: undefined, partial?: undefined];
/** A result that failed: nothing in the first place, LuaSocket's word for the error in the second, what had been done by then in the third. */
export type Failure<Partial = undefined, Word extends string = SocketError> = [
  value: undefined,
  error: Word,
  partial: Partial,
];

/** Where a socket is bound or connected to; its places are those of LuaSocket's `getpeername`. */
export type AddressResult = [ip: string, port: number, family: "inet" | "inet6"] | Failure;

/** What a failure knows beside its word. */
export interface FailureDetails {
  /** What failed: "connect", "bind", "resolve", ... */
  readonly operation: string;
  /** With what: "127.0.0.1:7777", a path, a name. */
  readonly address?: string | undefined;
  /** The error of Node's behind the word, where there is one. */
  readonly cause?: Error | undefined;
}

/** Beside the results and not in them: a result is its places and nothing else, and is compared as such. */
const details = new WeakMap<object, FailureDetails>();

/** A failure, with what it knows for {@link causeOf} and SocketException. No secret may be in it. */
export function fail(error: SocketError, known?: FailureDetails): Failure {
  const failure: Failure = [undefined, error, undefined];
  if (known !== undefined) details.set(failure, known);
  return failure;
}

/** The same result; if it is a failure that knows nothing more than its word, then with `known`. */
export function explained<R extends readonly unknown[]>(result: R, known: () => FailureDetails): R {
  if (isFailure(result) && !details.has(result)) details.set(result, known());
  return result;
}

/** The same failure, without what had been done by then. */
export function withoutPartial(failure: Failure<unknown>): Failure {
  return fail(failure[1], details.get(failure));
}

/** What a failure knows beside its word; for SocketException. */
export function detailsOf(result: readonly unknown[]): FailureDetails | undefined {
  return details.get(result);
}

/** Whether a result is a failure: nothing in the first place, and a word in the second. */
export function isFailure(
  result: readonly unknown[],
): result is readonly [undefined, string, ...unknown[]] {
  return result[0] === undefined && result[1] !== undefined && result[1] !== null;
}

/**
 * Node's own error behind a failed result, such as that of a `socket.connect` that was refused: its `code`, `syscall`, `address`.
 * undefined where there was none: "timeout", "closed" by the peer's good-bye.
 *
 * @param result the tuple itself, as the operation returned it
 *
 * @example
 * const result = yield* socket.connect("192.0.2.1", 80);
 * if (result[1]) console.log(causeOf(result)?.message);
 */
export function causeOf(result: readonly unknown[]): Error | undefined {
  return details.get(result)?.cause;
}
