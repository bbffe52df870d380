import type { Datagrams } from "../network/index.js";

/** How datagrams leave; Node can be told once the socket is bound. */
export interface Sending {
  broadcast: boolean;
  ttl: number;
  multicastTTL: number;
  multicastLoop: boolean;
  multicastInterface: string;
}

/** The kernel's own. */
export const DEFAULT_SENDING: Sending = {
  broadcast: false,
  ttl: 64,
  multicastTTL: 1,
  multicastLoop: true,
  multicastInterface: "0.0.0.0",
};

/** A multicast group, and the interface at which it was joined. */
export interface Group {
  group: string;
  at: string | undefined;
}

/** Tell Node what has changed. Throws what the system says. */
export function applySending(wire: Datagrams, after: Sending, before: Sending): void {
  if (after.broadcast !== before.broadcast) wire.setBroadcast(after.broadcast);
  if (after.ttl !== before.ttl) wire.setTTL(after.ttl);
  if (after.multicastTTL !== before.multicastTTL) wire.setMulticastTTL(after.multicastTTL);
  if (after.multicastLoop !== before.multicastLoop) wire.setMulticastLoopback(after.multicastLoop);
  if (after.multicastInterface !== before.multicastInterface)
    wire.setMulticastInterface(after.multicastInterface);
}
