/** Errors of libuv, as Node's own modules have them. */
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";

/** libuv's number for the end of a stream. (UV_EOF) */
export const END = -4095;
/** libuv's number for an address that is taken. (UV_EADDRINUSE) */
export const IN_USE = -constants.errno.EADDRINUSE;

/**
 * Without a stack: it would show Node's loop only, and costs more than all the rest of a short connection's end.
 *
 * @param status libuv's number
 * @param what of the connection: an address with its port, or a path
 */
export function systemError(status: number, syscall: string, what = ""): NodeJS.ErrnoException {
  const code = getSystemErrorName(status);
  const error = withoutStack(() => new Error(`${syscall} ${code}${what && ` ${what}`}`));
  return Object.assign(error, { errno: status, code, syscall });
}

function withoutStack(make: () => Error): Error {
  const limit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit");
  // Programs may freeze what is built in.
  if (limit?.writable !== true) return make();
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit.value as number;
  }
}
