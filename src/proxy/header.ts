/** What a header of the PROXY protocol says. */

/** One end of the connection that the proxy has: an address and a port, or the path of a Unix socket. */
export interface ProxyAddress {
  address: string;
  /** 0 for a path. */
  port: number;
  family: "inet" | "inet6" | "unix";
}

/** What else a proxy may say, in version 2: its type is one of the protocol's (2.2), or the proxy's own. */
export interface ProxyTlv {
  type: number;
  value: Buffer;
}

/** What the proxy has said. */
export interface ProxyHeader {
  version: 1 | 2;
  /** "LOCAL": the proxy speaks for itself, as for its health checks; "PROXY": for a client. */
  command: "LOCAL" | "PROXY";
  /** The client, as the proxy sees it; undefined where it does not say. */
  source: ProxyAddress | undefined;
  /** Where the client has connected to; undefined where it does not say. */
  destination: ProxyAddress | undefined;
  /** Without what is of no meaning: padding (NOOP) and the checksum, which was right. */
  tlvs: ProxyTlv[];
}

/** The first bytes of version 1 and of version 2. */
export const SIGNATURE_1 = Buffer.from("PROXY ");
export const SIGNATURE_2 = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/** Bytes that version 1 has at most, and version 2 before its addresses. */
export const LONGEST_1 = 107;
export const FIXED_2 = 16;

/** Bytes that a header has at most: more than any proxy says, and what is kept of one that says it byte by byte. */
export const LONGEST = 16 * 1024;

/** Types of TLV that say nothing of the connection. */
export const TLV_CRC32C = 0x03;
export const TLV_NOOP = 0x04;
