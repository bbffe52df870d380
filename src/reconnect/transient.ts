/** Which errors may be gone at the next attempt. */
import { errorWord, SocketException } from "../object/index.js";

/** Words of what stays as it is, however often it is asked for: a certificate, ours or theirs, and mistakes of the program. */
const LASTING =
  /^certificate verify failed|^tls handshake failed: alert .*(certificate|unknown ca)|^(option )?not supported by|^invalid argument$|^path too long$|^already connected$|^socket operation on non-socket$/;

/**
 * The word of an error that is the network's: of a result, or of Node's by its code. undefined of others: bugs, and what programs throw
 * for reasons of their own.
 */
export function networkWord(error: unknown): string | undefined {
  if (error instanceof SocketException) return error.error;
  if (!(error instanceof Error)) return undefined;
  const word = errorWord(error);
  return word.startsWith("system error") ? undefined : word;
}

/** Whether it may be worth while to try again after `error`. */
export function isTransient(error: unknown): boolean {
  // Of several nobody knows which one counts.
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.every(isTransient);
  const word = networkWord(error);
  return word !== undefined && !LASTING.test(word);
}
