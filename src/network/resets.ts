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
  if (!finishing(this) || handleOf(this)?.reset === undefined)
    return net.Socket.prototype.resetAndDestroy.call(this);
  // Behind what the peer does not take it may never leave.
  if (unsentOf(this) > 0) return this.destroy();
  return this.once("finish", () => void this.resetAndDestroy());
}

/** Whether FIN is on its way: all that was written before it has been handed over. */
function finishing(socket: net.Socket): boolean {
  const { destroyed, writableEnded, writableFinished, writableLength } = socket;
  return writableEnded && !writableFinished && !destroyed && writableLength === 0;
}
