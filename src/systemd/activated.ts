import process from "node:process";
import { type Fiber, operation, reactor, useFiber, type Yieldable } from "../../reactor/index.js";
import { inheritedSocket } from "../connect/index.js";
import type { Inherited } from "../network/index.js";
import { fail, type Result } from "../object/index.js";
import { Tcp } from "../tcp/index.js";
import { Udp } from "../udp/index.js";
import { Unix } from "../unix/index.js";
import { forgetPassed, passedSockets } from "./passed.js";

/** A socket that systemd has opened for this program. */
export interface Activated {
  /** FileDescriptorName= of the socket unit: by default the unit's name, "app.socket"; "connection" for one of Accept=yes. */
  name: string;
  /** A server, a bound UDP object, or a client (Accept=yes). */
  socket: Tcp | Unix | Udp;
}

/**
 * Take the sockets that systemd has passed to this process, in the order of its socket units.
 *
 * LISTEN_PID is looked at: what was passed to another process gives none. (In a worker of node:cluster: to its primary process.) The variables are unset, so
 * that no child takes them for its own, and a second call gives none. The objects belong to the fiber that calls.
 *
 * @returns `[sockets]`, none where nothing was passed; "invalid argument" for variables that make no sense. TypeError for a descriptor that Node cannot use:
 * a FIFO, a Unix datagram socket, a file. Cancelling closes what has been taken. (systemd: sd_listen_fds_with_names)
 *
 * @example
 * const passed = socket.try(yield* activated());
 * const inherited = passed.find(({ name }) => name === "app.socket")?.socket;
 * const server = inherited instanceof Tcp ? inherited : socket.try(yield* socket.bind("*", 7777));
 */
export function activated(): Yieldable<Result<Activated[]>> {
  const owner = reactor.current;
  return operation("activated", function* () {
    const maker = owner ?? (yield* useFiber()) ?? null;
    const what = `activated, of LISTEN_FDS=${process.env["LISTEN_FDS"]}`;
    const passed = passedSockets();
    forgetPassed();
    if (passed === null) return fail("invalid argument");
    // All are looked at before one is taken.
    const found = Array.from(passed, ({ name, fd }) => ({ name, ...inheritedSocket(fd, what) }));
    const taken: Activated[] = [];
    let done = false;
    try {
      for (const { name, ...inherited } of found) {
        const socket = make(inherited, maker);
        taken.push({ name, socket });
        const result = yield* socket.setfd(inherited.fd);
        if (result[1] !== undefined) return result;
      }
      done = true;
      return [taken];
    } finally {
      if (!done) for (const { socket } of taken) socket.close();
    }
  });
}

function make({ kind }: Inherited, maker: Fiber | null): Tcp | Unix | Udp {
  if (kind === "udp") return Udp.make(0, maker);
  return kind === "tcp" ? Tcp.make(0, maker) : Unix.make(maker);
}
