/** Addresses as the kernel writes them, however they were spelt. */
import type { Endpoint } from "../../network/index.js";

/** A number, or up to four of them, decimal, octal or hexadecimal. (inet_aton) */
const NUMBERS = /^(?:0x[\da-f]*|\d+)(?:\.(?:0x[\da-f]*|\d+)){0,3}$/i;
/** Those that the kernel looks at the zone of. */
const LINK_LOCAL = /^(?:fe[89ab]|ff.2)/;
const MAPPED = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;

/** The address that `text` is: "127.1" is 127.0.0.1, "::ffff:7f00:1", too. Null: it is a name, or nonsense. */
export function canonical(text: string): string | null {
  if (!text.includes(":")) return NUMBERS.test(text) ? hostOf(text) : null;
  const [address = "", zone] = text.split("%");
  const host = hostOf(`[${address}]`)?.slice(1, -1);
  if (host === undefined) return null;
  const [, high, low] = MAPPED.exec(host) ?? [];
  if (high === undefined || low === undefined)
    return zone !== undefined && LINK_LOCAL.test(host) ? `${host}%${zone}` : host;
  const bytes = [high, low].flatMap((part) => [parseInt(part, 16) >> 8, parseInt(part, 16) & 255]);
  return bytes.join(".");
}

/** What a URL makes of a host: the same as inet_aton and inet_pton. (WHATWG URL, 3.5) */
function hostOf(text: string): string | null {
  return URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`).hostname : null;
}

export function isIPv6(address: string): boolean {
  return address.includes(":");
}

/** Whether it looks like an address of IPv6, and is none. */
export function isNonsense(text: string): boolean {
  return isIPv6(text) && canonical(text) === null;
}

/** Whether it is an address of IPv4 in IPv6's form. */
export function isMapped(text: string): boolean {
  const address = canonical(text);
  return address !== null && isIPv6(text) && !isIPv6(address);
}

/**
 * Whom a connection, or a datagram, reaches that is sent there: "any" is this host.
 *
 * @param from the local address, if it has one: of IPv4 "any" is that
 */
export function destination(text: string, from = "0.0.0.0"): string {
  const address = canonical(text) ?? text;
  if (!isWildcard(address)) return address;
  if (address === "::") return "::1";
  return isWildcard(from) || isIPv6(from) ? "127.0.0.1" : from;
}

export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** The numbers of a host's interfaces: its own, and the one to the other hosts. */
export const LOOPBACK_INTERFACE = 1;
export const OUTER_INTERFACE = 2;

/** The interface with this address, or number; by default the outer one. */
export function interfaceOf(at: string | number | undefined): number {
  if (typeof at === "number") return at;
  return at !== undefined && isLoopback(at) ? LOOPBACK_INTERFACE : OUTER_INTERFACE;
}

/** A multicast group at an interface. */
export function groupAt(group: string, at: number): string {
  return `${group} ${at}`;
}

/** To all of the net that it leaves by, to all of the loopback's, of the hosts'. */
const BROADCASTS = ["255.255.255.255", "127.255.255.255", "10.0.255.255"];

export function isBroadcast(address: string): boolean {
  return BROADCASTS.includes(address);
}

export function isMulticast(address: string): boolean {
  if (address.includes(":")) return address.toLowerCase().startsWith("ff");
  const first = Number(address.split(".")[0]);
  return first >= 224 && first < 240;
}

export function endpointOf(address: string, port: number): Endpoint {
  return { address, port, family: address.includes(":") ? "inet6" : "inet" };
}
