import type { DatagramSocket } from "../network/index.js";

/** How datagrams leave; Node can be told once the socket is bound. */
export interface Sending {
  broadcast: boolean;
  multicastTTL: number;
  multicastLoop: boolean;
  multicastInterface: string;
  unicastHops: number;
  multicastHops: number;
  multicastLoop6: boolean;
}

/** The kernel's own. */
export const DEFAULT_SENDING: Sending = {
  broadcast: false,
  multicastTTL: 1,
  multicastLoop: true,
  multicastInterface: "0.0.0.0",
  unicastHops: 64,
  multicastHops: 1,
  multicastLoop6: true,
};

/** Tell Node what has changed, as far as it is of this family. Throws what the system says. */
export function applySending(
  transport: DatagramSocket,
  family: 4 | 6,
  after: Sending,
  before: Sending,
): void {
  const tell = <K extends keyof Sending>(key: K, how: (value: Sending[K]) => void): void => {
    if (after[key] !== before[key]) how(after[key]);
  };
  tell("broadcast", (on) => transport.setBroadcast(on));
  if (family === 4) {
    tell("multicastTTL", (hops) => transport.setMulticastTTL(hops));
    tell("multicastLoop", (on) => transport.setMulticastLoopback(on));
    tell("multicastInterface", (address) => transport.setMulticastInterface(address));
  } else {
    tell("unicastHops", (hops) => transport.setTTL(hops));
    tell("multicastHops", (hops) => transport.setMulticastTTL(hops));
    tell("multicastLoop6", (on) => transport.setMulticastLoopback(on));
  }
}
