/** Addresses as the kernel writes them, however they were spelt. */
import type { Endpoint } from "../../network/network.js";

/** A number, or up to four of them, decimal, octal or hexadecimal. (inet_aton) */
const NUMBERS = /^(?:0x[\da-f]*|\d+)(?:\.(?:0x[\da-f]*|\d+)){0,3}$/i;
const MAPPED = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;

/** The address that `text` is: "127.1" is 127.0.0.1, "::ffff:7f00:1", too. Null: it is a name, or nonsense. */
export function canonical(text: string): string | null {
  if (!text.includes(":")) return NUMBERS.test(text) ? hostOf(text) : null;
  const [address = "", zone] = text.split("%");
  const host = hostOf(`[${address}]`)?.slice(1, -1);
  if (host === undefined) return null;
  const [, high, low] = MAPPED.exec(host) ?? [];
  if (high === undefined || low === undefined) return zone === undefined ? host : `${host}%${zone}`;
  const bytes = [high, low].flatMap((part) => [parseInt(part, 16) >> 8, parseInt(part, 16) & 255]);
  return bytes.join(".");
}

/** What a URL makes of a host: the same as inet_aton and inet_pton. (WHATWG URL, 3.5) */
function hostOf(text: string): string | null {
  return URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`).hostname : null;
}

/** Whom a connection, or a datagram, reaches that is sent there: "any" is this host. */
export function destination(text: string): string {
  const address = canonical(text) ?? text;
  if (!isWildcard(address)) return address;
  return address === "::" ? "::1" : "127.0.0.1";
}

export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

export const BROADCAST = "255.255.255.255";

export function isMulticast(address: string): boolean {
  if (address.includes(":")) return address.toLowerCase().startsWith("ff");
  const first = Number(address.split(".")[0]);
  return first >= 224 && first < 240;
}

export function endpointOf(address: string, port: number): Endpoint {
  return { address, port, family: address.includes(":") ? "inet6" : "inet" };
}
