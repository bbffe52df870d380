/** The options by which datagrams reach many, or go far. */
import { row } from "./row.js";
import { boolean, group4, group6, hops, interfaceAddress } from "./values.js";

export const MULTICAST = [
  row("broadcast", "boolean", "Datagrams may go to a broadcast address.", boolean, {
    udp: {
      get: (udp) => udp.settings.sending.broadcast,
      set: (udp, broadcast) => udp.settings.change({ broadcast }),
    },
  }),
  row(
    "ip-multicast-ttl",
    "0 to 255",
    "How many routers a multicast datagram may pass. The `ip-` options are for IPv4: on IPv6 Node does not support them.",
    hops,
    {
      udp: {
        get: (udp) => udp.settings.ofFamily(4).multicastTTL,
        set: (udp, multicastTTL) => udp.settings.changeOf(4, { multicastTTL }),
      },
    },
  ),
  row(
    "ip-multicast-loop",
    "boolean",
    "This machine gets its own multicast datagrams, too.",
    boolean,
    {
      udp: {
        get: (udp) => udp.settings.ofFamily(4).multicastLoop,
        set: (udp, multicastLoop) => udp.settings.changeOf(4, { multicastLoop }),
      },
    },
  ),
  row(
    "ip-multicast-if",
    'IPv4 address, or "*"',
    "The interface by which multicast datagrams leave.",
    interfaceAddress,
    {
      udp: {
        get: (udp) => udp.settings.ofFamily(4).multicastInterface,
        set: (udp, multicastInterface) => udp.settings.changeOf(4, { multicastInterface }),
      },
    },
  ),
  row(
    "ip-add-membership",
    "{ multiaddr, interface }",
    "Join a multicast group, at the interface with that address.",
    group4,
    { udp: { set: (udp, group) => udp.settings.join(group) } },
  ),
  row("ip-drop-membership", "{ multiaddr, interface }", "Leave it.", group4, {
    udp: { set: (udp, group) => udp.settings.leave(group) },
  }),
  row(
    "ipv6-unicast-hops",
    "1 to 255",
    'How many routers a datagram may pass; Node does not support 0. The `ipv6-` options are for IPv6: on IPv4 they are "protocol not available".',
    hops,
    {
      udp: {
        get: (udp) => udp.settings.ofFamily(6).unicastHops,
        set: (udp, unicastHops) => udp.settings.changeOf(6, { unicastHops }),
      },
    },
  ),
  row("ipv6-multicast-hops", "0 to 255", "How many routers a multicast datagram may pass.", hops, {
    udp: {
      get: (udp) => udp.settings.ofFamily(6).multicastHops,
      set: (udp, multicastHops) => udp.settings.changeOf(6, { multicastHops }),
    },
  }),
  row(
    "ipv6-multicast-loop",
    "boolean",
    "This machine gets its own multicast datagrams, too.",
    boolean,
    {
      udp: {
        get: (udp) => udp.settings.ofFamily(6).multicastLoop6,
        set: (udp, multicastLoop6) => udp.settings.changeOf(6, { multicastLoop6 }),
      },
    },
  ),
  row(
    "ipv6-add-membership",
    "{ multiaddr, interface }",
    "Join a multicast group, at the interface with that number (0: any).",
    group6,
    { udp: { set: (udp, group) => udp.settings.join(group) } },
  ),
  row("ipv6-drop-membership", "{ multiaddr, interface }", "Leave it.", group6, {
    udp: { set: (udp, group) => udp.settings.leave(group) },
  }),
] as const;
