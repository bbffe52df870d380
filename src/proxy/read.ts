/** Headers, read strictly: whoever guesses at one believes somebody. Pure. (proxy-protocol.txt, 2) */
import { isIPv4, isIPv6, SocketAddress } from "../network/index.js";
import { crc32c } from "./crc32c.js";
import {
  FIXED_2,
  LONGEST,
  LONGEST_1,
  type ProxyAddress,
  type ProxyHeader,
  type ProxyTlv,
  SIGNATURE_1,
  SIGNATURE_2,
  TLV_CRC32C,
  TLV_NOOP,
} from "./header.js";

/** A header, and how many bytes it has. */
export interface Read {
  header: ProxyHeader;
  length: number;
}

/** "short": it may become one; "none": it is not, and will not become one. */
export function readHeader(bytes: Buffer): Read | "short" | "none" {
  if (begins(bytes, SIGNATURE_1)) return readVersion1(bytes);
  if (begins(bytes, SIGNATURE_2)) return readVersion2(bytes);
  return "none";
}

/** Whether `bytes`, as far as there are any, are those of `signature`. */
function begins(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.compare(signature, 0, length, 0, length) === 0;
}

/** Whether there are enough bytes to know a header by, whatever follows. */
export function isSigned(bytes: Buffer): boolean {
  return [SIGNATURE_1, SIGNATURE_2].some(
    (signature) => bytes.length >= signature.length && begins(bytes, signature),
  );
}

/** Bytes of a header of version 2 that begins so; null: it is none, or that is not known yet. */
export function lengthOf(start: Buffer): number | null {
  if (start.length < FIXED_2 || !begins(start, SIGNATURE_2)) return null;
  return FIXED_2 + start.readUInt16BE(14);
}

// ---- version 1 ----------------------------------------------------------------------------------------------------

const LINE_1 = /^PROXY (?:UNKNOWN(?: [^\r\n]*)?|(TCP[46]) (\S+) (\S+) (\d{1,5}) (\d{1,5}))$/;

function readVersion1(bytes: Buffer): Read | "short" | "none" {
  const line = bytes.toString("latin1", 0, LONGEST_1);
  const end = line.indexOf("\r\n");
  if (end < 0) return line.length < LONGEST_1 && !/\n/.test(line) ? "short" : "none";
  const words = LINE_1.exec(line.slice(0, end));
  if (words === null) return "none";
  const [, protocol, source, destination, from, to] = words as (string | undefined)[];
  const about = { version: 1, command: "PROXY", tlvs: [] } as const;
  const length = end + 2;
  if (protocol === undefined)
    return { header: { ...about, tlvs: [], source: undefined, destination: undefined }, length };
  const ends = [addressOf(protocol, source!, from!), addressOf(protocol, destination!, to!)];
  if (ends.includes(undefined)) return "none";
  return { header: { ...about, tlvs: [], source: ends[0], destination: ends[1] }, length };
}

function addressOf(protocol: string, address: string, port: string): ProxyAddress | undefined {
  const isOne = protocol === "TCP4" ? isIPv4(address) : isIPv6(address) && !address.includes("%");
  // No leading zeros: some read them as octal.
  if (!isOne || Number(port) > 65_535 || (port.length > 1 && port.startsWith("0")))
    return undefined;
  return { address, port: Number(port), family: protocol === "TCP4" ? "inet" : "inet6" };
}

// ---- version 2 ----------------------------------------------------------------------------------------------------

const COMMANDS = ["LOCAL", "PROXY"] as const;
/** By the upper half of the byte of family and protocol: its name, and bytes of one address. */
const FAMILIES = [
  undefined,
  { family: "inet", size: 4 },
  { family: "inet6", size: 16 },
  { family: "unix", size: 108 },
] as const;
type Family = NonNullable<(typeof FAMILIES)[number]>;

function readVersion2(bytes: Buffer): Read | "short" | "none" {
  if (bytes.length > 12 && bytes[12]! >> 4 !== 2) return "none";
  if (bytes.length < FIXED_2) return "short";
  const length = FIXED_2 + bytes.readUInt16BE(14);
  const command = COMMANDS[bytes[12]! & 0xf];
  const kind = bytes[13]! >> 4;
  const protocol = bytes[13]! & 0xf;
  const isStream = protocol === (kind === 0 ? 0 : 1);
  if (command === undefined || kind >= FAMILIES.length || !isStream || length > LONGEST)
    return "none";
  const family = FAMILIES[kind];
  const tlvsFrom = FIXED_2 + sizeOf(family);
  if (tlvsFrom > length) return "none";
  if (bytes.length < length) return "short";
  const whole = bytes.subarray(0, length);
  const tlvs = readTlvs(whole, tlvsFrom);
  if (tlvs === null) return "none";
  const says = command === "PROXY" && family !== undefined;
  return {
    header: {
      version: 2,
      command,
      source: says ? readAddress(whole, family, 0) : undefined,
      destination: says ? readAddress(whole, family, 1) : undefined,
      tlvs,
    },
    length,
  };
}

/** Bytes of both addresses, and both ports. */
function sizeOf(family: Family | undefined): number {
  if (family === undefined) return 0;
  return family.size * 2 + (family.family === "unix" ? 0 : 4);
}

/** @param which 0: the source; 1: the destination */
function readAddress(whole: Buffer, { family, size }: Family, which: 0 | 1): ProxyAddress {
  const at = FIXED_2 + which * size;
  const bytes = whole.subarray(at, at + size);
  if (family === "unix") return { address: pathOf(bytes), port: 0, family };
  const port = whole.readUInt16BE(FIXED_2 + 2 * size + 2 * which);
  return { address: family === "inet" ? bytes.join(".") : ipv6(bytes), port, family };
}

/** A path ends with its first zero, or with its field; an abstract one begins with it. */
function pathOf(bytes: Buffer): string {
  const end = bytes.indexOf(0, 1);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end).replace(/^\0$/, "");
}

/** As Node writes it (RFC 5952), so that one address is one text. */
function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  const { address } = new SocketAddress({ address: groups.join(":"), family: "ipv6" });
  return address;
}

/** Null: they are not as they should be. */
function readTlvs(whole: Buffer, from: number): ProxyTlv[] | null {
  const tlvs: ProxyTlv[] = [];
  for (let at = from; at < whole.length;) {
    if (at + 3 > whole.length) return null;
    const type = whole[at]!;
    const end = at + 3 + whole.readUInt16BE(at + 1);
    if (end > whole.length) return null;
    if (type === TLV_CRC32C && !isRight(whole, at + 3, end)) return null;
    if (type !== TLV_CRC32C && type !== TLV_NOOP)
      tlvs.push({ type, value: Buffer.from(whole.subarray(at + 3, end)) });
    at = end;
  }
  return tlvs;
}

/** Whether the checksum that lies there is that of the header, with zeros in its place. */
function isRight(whole: Buffer, from: number, end: number): boolean {
  if (end - from !== 4) return false;
  const zeroed = Buffer.from(whole).fill(0, from, end);
  return crc32c(zeroed) === whole.readUInt32BE(from);
}
