/** Headers, written: version 2, which has room for all that is known, or version 1. Pure. */
import { checkOptionNames, shown } from "../../reactor/index.js";
import { isIPv4, isIPv6, SocketAddress } from "../network/index.js";
import { crc32c } from "./crc32c.js";
import { FIXED_2, LONGEST, type ProxyTlv, SIGNATURE_2, TLV_CRC32C } from "./header.js";

/** An address, and a port. */
export interface ProxyEnd {
  address: string;
  port: number;
}

/** What a proxy says of the connection that it passes on. See docs/proxy.md. */
export interface ProxyParams {
  /** Default 2. */
  version?: 1 | 2;
  /** The client: `getpeername` of its connection. Without it, and `destination`, the proxy speaks for itself ("LOCAL", in version 1 "UNKNOWN"). */
  source?: ProxyEnd;
  /** Where the client has connected to: `getsockname` of its connection. */
  destination?: ProxyEnd;
  /** What else to say, in version 2. */
  tlvs?: readonly { readonly type: number; readonly value: string | Uint8Array }[];
  /** Whether to add a checksum, in version 2. Default false. */
  checksum?: boolean;
}

const NAMES = ["version", "source", "destination", "tlvs", "checksum"];

/** The header's bytes. Misuse throws TypeError. */
export function proxyHeader(params: ProxyParams): Buffer {
  checkOptionNames("connect: proxy", params, NAMES);
  const { version = 2, source, destination, tlvs = [], checksum = false } = params;
  if (version !== 1 && version !== 2) throw wrong("version is 1 or 2", version);
  if ((source === undefined) !== (destination === undefined))
    throw wrong("source and destination belong together", params);
  const ends =
    source === undefined ? [] : [checked("source", source), checked("destination", destination)];
  if (version === 2) return version2(ends, checkedTlvs(tlvs), checksum);
  if (tlvs.length > 0 || checksum) throw wrong("version 1 has no tlvs and no checksum", params);
  return version1(ends);
}

function wrong(what: string, given: unknown): TypeError {
  return new TypeError(`connect: proxy: ${what}, not ${shown(given)}`);
}

function checked(name: string, end: unknown): ProxyEnd {
  const { address, port } = (end ?? {}) as { address?: unknown; port?: unknown };
  const isAddress =
    typeof address === "string" && (isIPv4(address) || (isIPv6(address) && !address.includes("%")));
  if (
    !isAddress ||
    !Number.isInteger(port) ||
    !((port as number) >= 0 && (port as number) <= 65_535)
  )
    throw wrong(`${name} is { address, port }, an IP address and a number`, end);
  return { address, port: port as number };
}

function checkedTlvs(tlvs: NonNullable<ProxyParams["tlvs"]>): ProxyTlv[] {
  if (!Array.isArray(tlvs)) throw wrong("tlvs is an array of { type, value }", tlvs);
  return tlvs.map((tlv: { type?: unknown; value?: unknown } | null) => {
    const { type, value } = tlv ?? {};
    const isByte = Number.isInteger(type) && (type as number) >= 0 && (type as number) <= 255;
    if (!isByte || !(typeof value === "string" || value instanceof Uint8Array))
      throw wrong("a tlv is { type, value }, a byte and a string or bytes", tlv);
    if (type === TLV_CRC32C) throw wrong("the checksum is made: checksum: true", tlv);
    return { type: type as number, value: Buffer.from(value as string) };
  });
}

function version1(ends: ProxyEnd[]): Buffer {
  const [source, destination] = ends;
  if (source === undefined || destination === undefined) return Buffer.from("PROXY UNKNOWN\r\n");
  const protocol = isIPv4(source.address) && isIPv4(destination.address) ? "TCP4" : "TCP6";
  const [from, to] = ends.map(({ address }) => (protocol === "TCP4" ? address : asIPv6(address)));
  return Buffer.from(`PROXY ${protocol} ${from} ${to} ${source.port} ${destination.port}\r\n`);
}

function asIPv6(address: string): string {
  return isIPv4(address) ? `::ffff:${address}` : address;
}

function version2(ends: ProxyEnd[], tlvs: ProxyTlv[], checksum: boolean): Buffer {
  const isV4 = ends.every(({ address }) => isIPv4(address));
  const addresses = ends.map(({ address }) => (isV4 ? bytesOf4(address) : bytesOf6(address)));
  const ports = ends.map(({ port }) => Buffer.from([port >> 8, port & 255]));
  const all = checksum ? [...tlvs, { type: TLV_CRC32C, value: Buffer.alloc(4) }] : tlvs;
  const rest = Buffer.concat([...addresses, ...ports, ...all.map(tlvBytes)]);
  if (rest.length + FIXED_2 > LONGEST) throw wrong(`a header has ${LONGEST} bytes at most`, rest);
  const [command, kind] = ends.length === 0 ? [0x20, 0x00] : [0x21, isV4 ? 0x11 : 0x21];
  const length = [rest.length >> 8, rest.length & 255];
  const header = Buffer.concat([SIGNATURE_2, Buffer.from([command, kind, ...length]), rest]);
  // Of all of it, with zeros in its place.
  if (checksum) header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

function tlvBytes({ type, value }: ProxyTlv): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 255]), value]);
}

function bytesOf4(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

function bytesOf6(address: string): Buffer {
  // One way of writing each: eight groups, of which one run may be left out.
  const { address: short } = new SocketAddress({ address: asIPv6(address), family: "ipv6" });
  const [head, tail] = short.split("::").map(groupsOf);
  const groups =
    tail === undefined
      ? head!
      : [...head!, ...Array<number>(8 - head!.length - tail.length).fill(0), ...tail];
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 255]));
}

/** The last two may be written as an IPv4 address. */
function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [parseInt(group, 16)];
    const [a, b, c, d] = bytesOf4(group);
    return [(a! << 8) | b!, (c! << 8) | d!];
  });
}
