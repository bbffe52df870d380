/** Connections of a server that stay on their handles. */
import type * as net from "node:net";
import type { Transport } from "../network.js";
import type { StreamHandle } from "./binding.js";
import { systemError } from "./errors.js";
import { HandleTransport } from "./transport.js";

/** What a server of Node's is told by its handle of connections, with which it makes sockets of them. */
interface Accepting {
  onconnection?: (status: number, handle: StreamHandle) => void;
}

/** Take them from a server that listens, before it makes sockets of them, if it has a handle that tells of them. */
export function takeHandles(
  server: net.Server,
  incoming: (transport: Transport) => void,
  broke: (error: Error) => void,
): void {
  const { _handle: handle } = server as { _handle?: Accepting | null };
  if (typeof handle?.onconnection !== "function") return;
  handle.onconnection = (status, connection) => {
    if (status === 0) incoming(new HandleTransport(connection));
    else broke(systemError(status, "accept"));
  };
}
