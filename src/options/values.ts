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

/** What an option was set to, as the object wants it. Throws TypeError for a value of the wrong kind. */
export type Check<T> = (value: unknown, name: string) => T;

/** Node has no way to do this to an object in this state: the answer is "option not supported by Node". */
export class Unsupported extends Error {}

/** What the kernel would say, where Node does not ask it. */
export function refused(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function wrong(name: string, wanted: string, value: unknown): TypeError {
  return new TypeError(
    `setoption("${name}") takes ${wanted}, not ${JSON.stringify(value) ?? String(value)}`,
  );
}

export const anything: Check<unknown> = (value) => value;

export function boolean(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  throw wrong(name, "true or false", value);
}

export function positive(value: unknown, name: string): number {
  if (typeof value === "number" && value > 0 && Number.isInteger(value)) return value;
  throw wrong(name, "a positive integer", value);
}

/** Node would wrap a larger number, and not tell what the kernel says of it. */
export function atMost(most: number): Check<number> {
  return (value, name) => {
    const number = positive(value, name);
    if (number > most) throw refused("EINVAL");
    return number;
  };
}

export function limit(value: unknown, name: string): number {
  return value === Infinity ? Infinity : positive(value, name);
}

/** How many routers a datagram may pass. */
export function hops(value: unknown, name: string): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255)
    return value as number;
  throw wrong(name, "a number of hops from 0 to 255", value);
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
  throw wrong(name, 'the IPv4 address of an interface, or "*"', value);
}

/** A multicast group, and the interface at which it is joined: an address (IPv4), a number (IPv6), undefined for any. */
export interface Group {
  family: 4 | 6;
  group: string;
  at: string | number | undefined;
}

export function group4(value: unknown, name: string): Group {
  const { multiaddr, interface: at = "*" } = membership(value, name);
  if (!isIPv4(multiaddr))
    throw new TypeError(`setoption("${name}"): invalid 'multiaddr' ip address`);
  if (typeof at !== "string" || (at !== "*" && !isIPv4(at)))
    throw new TypeError(`setoption("${name}"): invalid 'interface' ip address`);
  return { family: 4, group: multiaddr, at: at === "*" ? undefined : at };
}

export function group6(value: unknown, name: string): Group {
  const { multiaddr, interface: at = 0 } = membership(value, name);
  if (literal(multiaddr)?.family !== 6)
    throw new TypeError(`setoption("${name}"): invalid 'multiaddr' ip address`);
  if (!(Number.isInteger(at) && (at as number) >= 0))
    throw new TypeError(`setoption("${name}"): number 'interface' field expected`);
  return { family: 6, group: multiaddr, at: at === 0 ? undefined : at };
}

function membership(value: unknown, name: string): Membership {
  const { multiaddr } = (value ?? {}) as Partial<Membership>;
  if (typeof multiaddr !== "string")
    throw new TypeError(`setoption("${name}"): string 'multiaddr' field expected`);
  return value as Membership;
}

function isIPv4(text: string): boolean {
  return literal(text)?.family === 4;
}
