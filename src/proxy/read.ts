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
const STREAM = 1;
const DATAGRAM = 2;
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
  if (command === undefined || length > LONGEST) return "none";
  // Of LOCAL the length is all that has to have a meaning. (2.2: "discard the protocol block including the family which is ignored")
  const isLocal = command === "LOCAL";
  const block = blockOf(bytes[13]!, length);
  if (block === null && !isLocal) return "none";
  if (bytes.length < length) return "short";
  const whole = bytes.subarray(0, length);
  const tlvs = block === null ? "cut" : readTlvs(whole, block.tlvsFrom);
  if (tlvs === "wrong checksum" || (tlvs === "cut" && !isLocal)) return "none";
  const family = isLocal ? undefined : block?.family;
  const [source, destination] =
    family === undefined ? [] : ([0, 1] as const).map((which) => readAddress(whole, family, which));
  return {
    header: { version: 2, command, source, destination, tlvs: tlvs === "cut" ? [] : tlvs },
    length,
  };
}

interface Block {
  /** Of the client, where it says anything of him. */
  family: Family | undefined;
  tlvsFrom: number;
}

/** What is behind the first bytes, by the byte of family and protocol. Null: it has no meaning, or is too short for it. */
function blockOf(byte: number, length: number): Block | null {
  const [family, protocol] = [FAMILIES[byte >> 4], byte & 0xf];
  const tlvsFrom = FIXED_2 + sizeOf(family);
  if (byte === 0) return { family: undefined, tlvsFrom };
  if (family === undefined || tlvsFrom > length) return null;
  if (protocol === STREAM) return { family, tlvsFrom };
  // Who has come by datagrams is nobody here. (2.2: "automatically falls back to the UNSPEC mode")
  return protocol === DATAGRAM ? { family: undefined, tlvsFrom } : null;
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

function readTlvs(whole: Buffer, from: number): ProxyTlv[] | "cut" | "wrong checksum" {
  if (from > whole.length) return "cut";
  const tlvs: ProxyTlv[] = [];
  for (let at = from; at < whole.length;) {
    if (at + 3 > whole.length) return "cut";
    const type = whole[at]!;
    const end = at + 3 + whole.readUInt16BE(at + 1);
    if (end > whole.length) return "cut";
    if (type === TLV_CRC32C && !isRight(whole, at + 3, end)) return "wrong checksum";
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
