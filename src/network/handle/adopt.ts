/** A connection that was inherited, on a handle. */
import type { Inherited, Transport } from "../network.js";
import type { Binding } from "./binding.js";
import { systemError } from "./errors.js";
import { HandleTransport } from "./transport.js";

/** Others may have the descriptor, too, so that to close it would not end the connection. */
class InheritedTransport extends HandleTransport {
  override get needsFin(): boolean {
    return true;
  }
}

/** Throws the system's error. */
export function adoptHandle({ tcp, pipe }: Binding, { fd, kind }: Inherited): Transport {
  const handle =
    kind === "tcp" ? new tcp.TCP(tcp.constants.SOCKET) : new pipe.Pipe(pipe.constants.SOCKET);
  const status = handle.open(fd);
  if (status === 0) return new InheritedTransport(handle);
  handle.close();
  throw systemError(status, "open", `fd ${fd}`);
}
