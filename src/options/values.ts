/** What options hold, and the checks of what they are set to. */
import { literal } from "../address.js";

/** LuaSocket's value of "linger". `timeout` in seconds. */
export interface Linger {
  on: boolean;
  timeout: number;
}

/** LuaSocket's value of the membership options: a group, and the interface, by address (IPv4) or number (IPv6). */
export interface Membership {
  multiaddr: string;
  interface?: string | number;
}

export type OptionValue = boolean | number | string | Linger | undefined;

/** What has been set; applied when there is a connection. Accepted clients start with their server's. */
export interface TcpOptions {
  keepalive: boolean;
  keepidle: number;
  nodelay: boolean;
  reuseport: boolean;
  v6only: boolean;
}

export const DEFAULT_TCP_OPTIONS: TcpOptions = {
  keepalive: false,
  keepidle: 7200,
  nodelay: false,
  reuseport: false,
  v6only: false,
};

function refuse(name: string, wanted: string, value: unknown): TypeError {
  return new TypeError(
    `setoption("${name}") takes ${wanted}, not ${JSON.stringify(value) ?? String(value)}`,
  );
}

export function boolean(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  throw refuse(name, "true or false", value);
}

export function positive(value: unknown, name: string): number {
  if (typeof value === "number" && value > 0 && Number.isInteger(value)) return value;
  throw refuse(name, "a positive integer", value);
}

export function limit(value: unknown, name: string): number {
  return value === Infinity ? Infinity : positive(value, name);
}

/** How many routers a datagram may pass. */
export function hops(value: unknown, name: string): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255)
    return value as number;
  throw refuse(name, "a number of hops from 0 to 255", value);
}

/** Seconds to linger; null for off. */
export function linger(value: unknown): number | null {
  const { on, timeout } = (value ?? {}) as Partial<Linger>;
  if (typeof on !== "boolean")
    throw new TypeError("setoption(\"linger\"): boolean 'on' field expected");
  if (typeof timeout !== "number" || !(timeout >= 0)) {
    throw new TypeError("setoption(\"linger\"): number 'timeout' field expected, in seconds");
  }
  return on ? timeout : null;
}

/** An IPv4 address, or "*" for any interface. */
export function interfaceAddress(value: unknown, name: string): string {
  if (value === "*") return "0.0.0.0";
  if (typeof value === "string" && isIPv4(value)) return value;
  throw refuse(name, 'the IPv4 address of an interface, or "*"', value);
}

/** The group and the interface's address, as Node wants them. */
export function membership4(value: unknown, name: string): [group: string, at: string | undefined] {
  const { multiaddr, interface: at = "*" } = group(value, name);
  if (!isIPv4(multiaddr))
    throw new TypeError(`setoption("${name}"): invalid 'multiaddr' ip address`);
  if (typeof at !== "string" || (at !== "*" && !isIPv4(at)))
    throw new TypeError(`setoption("${name}"): invalid 'interface' ip address`);
  return [multiaddr, at === "*" ? undefined : at];
}

/** The group and the interface's number, as Node wants them. */
export function membership6(value: unknown, name: string): [group: string, at: string | undefined] {
  const { multiaddr, interface: at } = group(value, name);
  if (!multiaddr.includes(":"))
    throw new TypeError(`setoption("${name}"): invalid 'multiaddr' ip address`);
  if (at !== undefined && !(Number.isInteger(at) && (at as number) >= 0))
    throw new TypeError(`setoption("${name}"): number 'interface' field expected`);
  return [multiaddr, at === undefined || at === 0 ? undefined : `::%${at}`];
}

function group(value: unknown, name: string): Membership {
  const { multiaddr } = (value ?? {}) as Partial<Membership>;
  if (typeof multiaddr !== "string")
    throw new TypeError(`setoption("${name}"): string 'multiaddr' field expected`);
  return value as Membership;
}

function isIPv4(text: string): boolean {
  return literal(text)?.family === 4;
}
