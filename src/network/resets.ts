/** How Node's sockets are reset. */
import * as net from "node:net";
import type { Duplex } from "node:stream";
import { handleOf, unsentOf } from "./below.js";

/**
 * Make `resetAndDestroy` of a socket of Node's end in its "close" also while its FIN is on its way. libuv refuses it then, and Node would lose
 * the descriptor, and never say that it has closed.
 */
export function closeByReset(stream: Duplex): void {
  if (stream instanceof net.Socket) stream.resetAndDestroy = resetAndDestroy;
}

function resetAndDestroy(this: net.Socket): net.Socket {
  // Unix sockets have no RST: Node throws.
  if (!mayBeFinishing(this) || handleOf(this)?.reset === undefined) return reset(this);
  // Behind what the peer does not take it may never leave.
  if (unsentOf(this) > 0) return this.destroy();
  // It has left when the loop has come round. (That the stream has finished says nothing where others had sent FIN before.)
  setImmediate(() => setImmediate(() => void (this.destroyed || reset(this))));
  return this;
}

function reset(socket: net.Socket): net.Socket {
  return net.Socket.prototype.resetAndDestroy.call(socket);
}

/** Whether FIN may be on its way: all that was written before it has been handed over. */
function mayBeFinishing({ destroyed, writableEnded, writableLength }: net.Socket): boolean {
  return writableEnded && !destroyed && writableLength === 0;
}
