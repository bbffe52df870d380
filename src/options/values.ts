/** What options hold, and the checks of what they are set to. */
import { checkOptionNames, shown } from "../../reactor/index.js";
import { literal } from "../address/index.js";
import type { Linger, SocketError } from "../object/index.js";

/** LuaSocket's value of the membership options: a group, and the interface, by address (IPv4) or number (IPv6). */
export interface Membership {
  multiaddr: string;
  interface?: string | number;
}

/**
 * What an option was set to, as the object wants it. Throws TypeError for a value of the wrong kind. `Given` is what the compiler lets
 * pass, and what getoption gives.
 */
export interface Check<T, Given = T> {
  (value: unknown, name: string): T;
  readonly given?: Given;
}

/** Node has no way to do this to an object in this state: the answer is "option not supported by Node". */
export class Unsupported extends Error {}

/** What the kernel would say, where Node does not ask it. */
export function refused(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function wrong(name: string, wanted: string, value: unknown): TypeError {
  return new TypeError(`setoption("${name}") takes ${wanted}, not ${shown(value)}`);
}

export const anything: Check<unknown, boolean | number | string> = (value) => value;

/** There is nothing to set it to. */
export const readOnly: Check<never, SocketError | undefined> = (_value, name) => {
  throw wrong(name, "no value: it is only for getoption", _value);
};

export const boolean: Check<boolean> = (value, name) => {
  if (typeof value === "boolean") return value;
  throw wrong(name, "true or false", value);
};

export const positive: Check<number> = (value, name) => {
  if (typeof value === "number" && value > 0 && Number.isInteger(value)) return value;
  throw wrong(name, "a positive integer", value);
};

/** Node would wrap a larger number, and not tell what the kernel says of it. */
export function atMost(most: number): Check<number> {
  return (value, name) => {
    const number = positive(value, name);
    if (number > most) throw refused("EINVAL");
    return number;
  };
}

export const limit: Check<number> = (value, name) => {
  return value === Infinity ? Infinity : positive(value, name);
};

/** How many routers a datagram may pass. */
export const hops: Check<number> = (value, name) => {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255)
    return value as number;
  throw wrong(name, "a number of hops from 0 to 255", value);
};

/** Seconds to linger; null for off. */
export const linger: Check<number | null, Linger> = (value, name) => {
  const { on, timeout } = fields<Linger>(value, name, "{ on: true, timeout: 5 }", LINGER);
  if (typeof on !== "boolean") throw wrong(name, "true or false as `on`", on);
  if (typeof timeout !== "number" || !(timeout >= 0))
    throw wrong(name, "a number of seconds, 0 or more, as `timeout`", timeout);
  return on ? timeout : null;
};

/** An IPv4 address, or "*" for any interface. */
export const interfaceAddress: Check<string> = (value, name) => {
  if (value === "*") return "0.0.0.0";
  if (typeof value === "string" && isIPv4(value)) return value;
  throw wrong(name, 'the IPv4 address of an interface, or "*"', value);
};

/** A multicast group, and the interface at which it is joined: an address (IPv4), a number (IPv6), undefined for any. */
export interface Group {
  family: 4 | 6;
  group: string;
  at: string | number | undefined;
}

export const group4: Check<Group, Membership> = (value, name) => {
  const like = '{ multiaddr: "239.1.2.3", interface: "*" }';
  const given = fields<Membership>(value, name, like, MEMBERSHIP);
  const { multiaddr, interface: at = "*" } = given;
  if (typeof multiaddr !== "string" || !isIPv4(multiaddr))
    throw wrong(name, "the IPv4 address of a group as `multiaddr`", multiaddr);
  if (typeof at !== "string" || (at !== "*" && !isIPv4(at)))
    throw wrong(name, 'the IPv4 address of an interface, or "*", as `interface`', at);
  return { family: 4, group: multiaddr, at: at === "*" ? undefined : at };
};

export const group6: Check<Group, Membership> = (value, name) => {
  const like = '{ multiaddr: "ff02::1", interface: 0 }';
  const given = fields<Membership>(value, name, like, MEMBERSHIP);
  const { multiaddr, interface: at = 0 } = given;
  if (typeof multiaddr !== "string" || literal(multiaddr)?.family !== 6)
    throw wrong(name, "the IPv6 address of a group as `multiaddr`", multiaddr);
  if (!(Number.isInteger(at) && (at as number) >= 0))
    throw wrong(name, "the number of an interface, or 0 for any, as `interface`", at);
  return { family: 6, group: multiaddr, at: at === 0 ? undefined : (at as number) };
};

const LINGER = ["on", "timeout"];
const MEMBERSHIP = ["multiaddr", "interface"];

/** The fields of an option's value. */
function fields<T>(
  value: unknown,
  name: string,
  like: string,
  known: string[],
): { [K in keyof T]?: unknown } {
  if (typeof value !== "object" || value === null) throw wrong(name, like, value);
  checkOptionNames(`setoption("${name}")`, value, known);
  return value;
}

function isIPv4(text: string): boolean {
  return literal(text)?.family === 4;
}
