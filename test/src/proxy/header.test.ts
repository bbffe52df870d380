import { expect } from "chai";
import fc from "fast-check";
import { readHeader } from "../../../src/proxy/read.js";
import { proxyHeader, type ProxyParams } from "../../../src/proxy/write.js";
import { Trusted } from "../../../src/proxy/trusted.js";
import { runs } from "../../support/counts.js";

const RUNS = runs(60, 300);

const port = fc.integer({ min: 0, max: 65_535 });
const bytes = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: 255 }), { minLength: length, maxLength: length });
const ipv4 = bytes(4).map((octets) => octets.join("."));
const ipv6 = bytes(16).map((octets) => {
  const { address } = new SocketAddressOf(octets);
  return address;
});
const ends = (address: fc.Arbitrary<string>): fc.Arbitrary<Partial<ProxyParams>> =>
  fc.record({
    source: fc.record({ address, port }),
    destination: fc.record({ address, port }),
  });
const tlvs = fc.array(
  // No padding, and no checksum: they say nothing.
  fc.record({ type: fc.integer({ min: 5, max: 255 }), value: fc.uint8Array({ maxLength: 300 }) }),
  { maxLength: 4 },
);
const version1: fc.Arbitrary<ProxyParams> = fc
  .oneof(ends(ipv4), ends(ipv6), fc.constant({}))
  .map((params) => ({ version: 1, ...params }));
const version2: fc.Arbitrary<ProxyParams> = fc
  .tuple(fc.oneof(ends(ipv4), ends(ipv6), fc.constant({})), tlvs, fc.boolean())
  .map(([params, more, checksum]) => ({ ...params, tlvs: more, checksum }));

/** An IPv6 address as Node writes it. */
class SocketAddressOf {
  readonly address: string;
  constructor(octets: number[]) {
    const groups = Array.from({ length: 8 }, (_, i) =>
      ((octets[2 * i]! << 8) | octets[2 * i + 1]!).toString(16),
    );
    this.address = new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
  }
}

describe("a header of the PROXY protocol", () => {
  it("says what was written, whatever follows it, and is short until its last byte", () => {
    fc.assert(
      fc.property(
        fc.oneof(version1, version2),
        fc.uint8Array({ maxLength: 40 }),
        (params, rest) => {
          const header = proxyHeader(params);
          const read = readHeader(Buffer.concat([header, rest]));
          if (typeof read === "string") throw new Error(`${read}: ${header.toString("latin1")}`);
          expect(read.length).to.equal(header.length);
          const { source, destination, version = 2, tlvs: said = [] } = params;
          const { header: is } = read;
          expect([is.version, is.source?.port, is.destination?.port]).to.deep.equal([
            version,
            source?.port,
            destination?.port,
          ]);
          expect(plain(is.source?.address)).to.equal(plain(source?.address));
          expect(plain(is.destination?.address)).to.equal(plain(destination?.address));
          expect(is.tlvs.map(({ type, value }) => [type, [...value]])).to.deep.equal(
            said.map(({ type, value }) => [type, [...(value as Uint8Array)]]),
          );
          for (let n = 0; n < header.length; n++)
            expect(readHeader(header.subarray(0, n))).to.equal("short");
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("is none when it lies: whatever one byte is changed to, it is read as a header or refused, and never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(version1, version2),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (params, at, byte) => {
          const header = proxyHeader(params);
          header[at % header.length] = byte;
          const read = readHeader(header);
          if (typeof read !== "string") expect(read.length).to.be.at.most(header.length);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("is none, or short, whatever random bytes come", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(readHeader(Buffer.from(bytes))).to.be.oneOf(["none", "short"]);
      }),
      { numRuns: RUNS },
    );
  });

  // proxy-protocol.txt, 2.1
  const V1: [text: string, read: string | [source?: string, port?: number]][] = [
    ["PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", ["255.255.255.255", 65535]],
    ["PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\nGET / HTTP/1.1\r\n", ["192.168.0.1", 56324]],
    ["PROXY UNKNOWN\r\n", []],
    ["PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", []],
    ["PROXY TCP6 ::1 2001:db8::1 1 2\r\n", ["::1", 1]],
    ["PROXY TCP4 1.2.3.4 5.6.7.8 1", "short"],
    ["PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", "none"],
    ["PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n", "none"],
    ["PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n", "none"],
    ["PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n", "none"],
    ["PROXY TCP4 ::1 ::2 1 2\r\n", "none"],
    ["PROXY TCP6 fe80::1%eth0 ::2 1 2\r\n", "none"],
    ["PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n", "none"],
    ["PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n", "none"],
    ["PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n", "none"],
    ["PROXYTCP4", "none"],
    ["proxy unknown\r\n", "none"],
    [`PROXY UNKNOWN ${"x".repeat(107 - 16)}\r\n`, []],
    [`PROXY UNKNOWN ${"x".repeat(108 - 16)}\r\n`, "none"],
    [`PROXY UNKNOWN ${"x".repeat(200)}`, "none"],
    ["GET / HTTP/1.1\r\n", "none"],
    ["\r\n\r\nhello", "none"],
  ];
  for (const [text, expected] of V1)
    it(`${JSON.stringify(text.slice(0, 60))}: ${JSON.stringify(expected)}`, () => {
      const read = readHeader(Buffer.from(text, "latin1"));
      if (typeof read === "string" || typeof expected === "string") expect(read).to.equal(expected);
      else {
        const { source } = read.header;
        expect([source?.address, source?.port]).to.deep.equal([expected[0], expected[1]]);
      }
    });

  const SIGNATURE = "0d0a0d0a000d0a515549540a";
  const V2: [what: string, hex: string, read: string][] = [
    ["LOCAL without addresses", `${SIGNATURE}20000000`, "LOCAL undefined"],
    ["PROXY of an unknown family", `${SIGNATURE}21000000`, "PROXY undefined"],
    [
      "LOCAL with addresses, which say nothing",
      `${SIGNATURE}2011000c0102030405060708000a000b`,
      "LOCAL undefined",
    ],
    ["TCP over IPv4", `${SIGNATURE}2111000c0102030405060708000a000b`, "PROXY 1.2.3.4"],
    ["addresses cut short", `${SIGNATURE}2111000b0102030405060708000a00`, "none"],
    [
      "UDP, which this is not: nobody's",
      `${SIGNATURE}2112000c0102030405060708000a000b`,
      "PROXY undefined",
    ],
    ["UDP, cut short", `${SIGNATURE}2112000b0102030405060708000a00`, "none"],
    ["UDP over a Unix socket, cut short", `${SIGNATURE}213200d7${"00".repeat(215)}`, "none"],
    ["a datagram of no family", `${SIGNATURE}21020000`, "none"],
    ["LOCAL with UDP", `${SIGNATURE}2012000c0102030405060708000a000b`, "LOCAL undefined"],
    ["LOCAL of a family that there is not", `${SIGNATURE}20f300020102`, "LOCAL undefined"],
    ["LOCAL with half an address", `${SIGNATURE}201100020102`, "LOCAL undefined"],
    ["LOCAL with what is no TLV", `${SIGNATURE}20000004050002ff`, "LOCAL undefined"],
    ["version 3", `${SIGNATURE}31`, "none"],
    ["command 2", `${SIGNATURE}22000000`, "none"],
    ["family 4", `${SIGNATURE}21410000`, "none"],
    ["protocol 3", `${SIGNATURE}21130000`, "none"],
    ["a family without a protocol", `${SIGNATURE}2110000c0102030405060708000a000b`, "none"],
    ["a header of 64 KiB, of which nothing more has come", `${SIGNATURE}2111ffff`, "none"],
    ["a TLV that is longer than the header", `${SIGNATURE}21000004050002ff`, "none"],
    ["a TLV whose head is cut", `${SIGNATURE}210000020500`, "none"],
    ["a checksum of 3 bytes", `${SIGNATURE}21000006030003000000`, "none"],
    ["a wrong checksum", `${SIGNATURE}2000000703000400000000`, "none"],
    [
      "a Unix socket",
      `${SIGNATURE}213100d8${Buffer.from("/run/a".padEnd(108, "\0") + "/run/b".padEnd(108, "\0")).toString("hex")}`,
      "PROXY /run/a",
    ],
  ];
  for (const [what, hex, expected] of V2)
    it(`of version 2, ${what}: ${expected}`, () => {
      const read = readHeader(Buffer.from(hex, "hex"));
      const is =
        typeof read === "string" ? read : `${read.header.command} ${read.header.source?.address}`;
      expect(is).to.equal(expected);
    });

  it("is checked when it is written: each misuse has its text", () => {
    const end = { address: "1.2.3.4", port: 1 };
    const wrong: [params: object, text: RegExp][] = [
      [{ version: 3 }, /version is 1 or 2, not 3/],
      [{ source: end }, /source and destination belong together/],
      [{ source: end, destination: { address: "localhost", port: 1 } }, /destination is/],
      [{ source: { address: "fe80::1%lo", port: 1 }, destination: end }, /source is/],
      [{ source: { address: "1.2.3.4", port: 70_000 }, destination: end }, /source is/],
      [{ tlvs: [{ type: 256, value: "" }] }, /a tlv is/],
      [{ tlvs: "x" }, /tlvs is an array/],
      [{ tlvs: [{ type: 3, value: "1234" }] }, /the checksum is made: checksum: true/],
      [{ tlvs: [{ type: 5, value: Buffer.alloc(20_000) }] }, /16384 bytes at most/],
      [{ version: 1, checksum: true }, /version 1 has no tlvs/],
      [{ sorce: end }, /sorce/],
    ];
    for (const [params, text] of wrong) expect(() => proxyHeader(params)).to.throw(TypeError, text);
  });

  it("is believed of addresses and networks, of IPv4 also where they come as IPv6", () => {
    const trusted = new Trusted(["10.0.0.0/8", "192.0.2.7", "fd00::/8"]);
    const has = (address: string, family: "inet" | "inet6"): boolean =>
      trusted.has({ address, port: 1, family });
    expect(["10.1.2.3", "192.0.2.7"].map((ip) => has(ip, "inet"))).to.deep.equal([true, true]);
    expect(["11.1.2.3", "192.0.2.8"].map((ip) => has(ip, "inet"))).to.deep.equal([false, false]);
    expect([has("::ffff:10.0.0.1", "inet6"), has("fd12::1", "inet6")]).to.deep.equal([true, true]);
    expect(has("fe80::1", "inet6")).to.equal(false);
    for (const bad of ["10.0.0.0/33", "10.0.0.0/", "localhost", "1.2.3.4/8/9", 7, "fd00::/129"])
      expect(() => new Trusted([bad])).to.throw(TypeError, /an address or a network/);
    // Nobody would look at the zone.
    expect(() => new Trusted(["fe80::1%eth0"])).to.throw(TypeError, /an address or a network/);
  });

  it("is not believed of all who speak IPv4 where a network of some is written as IPv6 with the wrong bits", () => {
    for (const wrong of ["::ffff:10.0.0.0/8", "::ffff:a00:0/32", "::ffff:10.0.0.1/95"])
      expect(() => new Trusted([wrong])).to.throw(TypeError, /would be every IPv4 address/);
    const has = (network: string, address: string): boolean =>
      new Trusted([network]).has({ address, port: 1, family: "inet" });
    expect(has("::ffff:10.0.0.0/104", "10.1.2.3")).to.equal(true);
    expect(has("::ffff:10.0.0.0/104", "11.1.2.3")).to.equal(false);
    for (const all of ["0.0.0.0/0", "::ffff:0:0/96", "::/0"])
      expect(has(all, "192.0.2.1")).to.equal(true);
    for (const none of ["::1/128", "::1/97"]) expect(has(none, "0.0.0.1")).to.equal(false);
  });
});

/** One way of writing an address; IPv4 in IPv6 as IPv4. */
function plain(address: string | undefined): string | undefined {
  return address?.includes(":") ? new URL(`http://[${address}]`).hostname : address;
}
