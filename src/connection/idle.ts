/** Whether a connection is between requests, as far as that can be seen from outside of its protocol. */
import { reactor } from "../../reactor/index.js";
import type { Connection } from "./connection.js";

/** Seconds in which a connection on which nothing has come yet may be about to say something. (Go's net/http has the same) */
export const NEWCOMER = 5;

/**
 * Whether who serves it waits to receive, and has sent something since he last received: all that has come has been answered, and
 * nothing of the next request is here. One on which nothing has come at all counts when that has lasted for {@link NEWCOMER} seconds.
 */
export function isIdle(connection: Connection): boolean {
  const { reading, writing } = connection;
  if (connection.closed || connection.handshake !== null || reading.ended) return false;
  const reader = reading.firstReader;
  if (reader?.parked !== true || reader.begun || reading.unread > 0) return false;
  if (writing.senders?.empty === false) return false;
  if (reading.position === 0) return reactor.clock.now() >= connection.born + NEWCOMER;
  return writing.answered === reading.position;
}
