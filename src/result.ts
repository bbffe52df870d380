import type { SocketError } from "./errors.js";

/**
 * LuaSocket's convention, typed: an operation that may fail returns a tuple.
 *
 * ```ts
 * const [line, err, partial] = yield* client.receive("*l");
 * if (err) return;      // from here on TypeScript knows that `line` is a string
 * ```
 *
 * On success the other places are undefined. On failure the first is undefined, the second is LuaSocket's word for
 * the error, and the third is what had been done by then. (It must be `const`: TypeScript does not narrow with `let`.)
 */
export type Result<T, Partial = undefined> = Success<T> | Failure<Partial>;

export type Success<T> = [value: T, error?: undefined, partial?: undefined];
export type Failure<Partial = undefined> = [value: undefined, error: SocketError, partial: Partial];

/** Where a socket is bound or connected to; its places are those of LuaSocket's `getpeername`. */
export type AddressResult = [ip: string, port: number, family: "inet" | "inet6"] | Failure;

export function fail(error: SocketError): Failure {
  return [undefined, error, undefined];
}
