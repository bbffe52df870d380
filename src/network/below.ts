/** The stream below an encrypted one, as far as its end has to be told from a cut. */
import * as net from "node:net";
import type { Duplex } from "node:stream";

/** What the stream below shows of itself. */
export interface Below {
  readonly stream: Duplex;
  /** To be asked when the encrypted stream ends: whether this one has, which it must not have before TLS's farewell (close_notify). */
  ended(): boolean;
  /** Bytes that it holds back. */
  unsent(): number;
}

/**
 * To be made before the TLS socket on it, whose listeners come later then.
 *
 * Node shows an end and a cut alike. Below a net.Socket, its handle is asked to read: libuv says EALREADY as long as it does read,
 * that is unless it has seen the end. (docs/rationale.md)
 */
export function lookBelow(under: Duplex): Below {
  const unsent = (): number => handleOf(under)?.writeQueueSize ?? 0;
  if (under instanceof net.Socket && handleOf(under)) {
    const ended = (): boolean => {
      const handle = handleOf(under);
      if (handle?.readStart?.() !== 0) return false;
      handle.readStop?.();
      return true;
    };
    return { stream: under, ended, unsent };
  }
  let over = false;
  under.once("end", () => (over = true));
  return { stream: under, ended: () => over, unsent };
}

/** Bytes that were written on a stream and have not left: what shows whether the peer takes any. */
export function unsentOf(stream: Duplex): number {
  return stream.writableLength + (handleOf(stream)?.writeQueueSize ?? 0);
}

/** Node's internal handle, as far as it is needed here: libuv's answers are 0 or a negative number. */
interface Handle {
  readStart?(): number;
  readStop?(): number;
  writeQueueSize?: number;
  /** Of TCP. */
  reset?(): number;
}

export function handleOf(stream: Duplex): Handle | null | undefined {
  return (stream as unknown as { _handle?: Handle | null })._handle;
}
