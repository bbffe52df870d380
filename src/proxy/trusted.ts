/** Whose headers are believed. */
import { shown } from "../../reactor/index.js";
import { BlockList, type Endpoint, isIP } from "../network/index.js";

const HINT = 'an address or a network: "10.0.0.7", "10.0.0.0/8", "fd00::/8"';

/** Bits before an IPv4 address that is written as an IPv6 one. */
const MAPPED = 96;
const IPV4_IN_IPV6 = new BlockList();
IPV4_IN_IPV6.addSubnet("::ffff:0:0", MAPPED, "ipv6");

/** Addresses, one by one or by networks. */
export class Trusted {
  private readonly list = new BlockList();

  /** @param addresses misuse throws TypeError */
  constructor(addresses: readonly unknown[]) {
    for (const each of addresses) this.add(each);
  }

  private add(text: unknown): void {
    if (typeof text !== "string") throw new TypeError(`proxy: ${shown(text)} is not ${HINT}`);
    const [address, bits, ...more] = text.split("/");
    const version = isIP(address!);
    const most = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN;
    // Of a zone nobody would look at it: it would be any interface's.
    if (version === 0 || more.length > 0 || !(prefix <= most) || text.includes("%"))
      throw new TypeError(`proxy: ${shown(text)} is not ${HINT}`);
    if (version === 6 && prefix > 0 && prefix < MAPPED && IPV4_IN_IPV6.check(address!, "ipv6"))
      throw new TypeError(
        `proxy: ${shown(text)} would be every IPv4 address: a network of IPv4 is "10.0.0.0/8", or "::ffff:10.0.0.0/104"`,
      );
    this.list.addSubnet(address!, prefix, version === 4 ? "ipv4" : "ipv6");
  }

  /** An IPv4 address may come as "::ffff:10.0.0.7". */
  has({ address, family }: Endpoint): boolean {
    return this.list.check(address, family === "inet6" ? "ipv6" : "ipv4");
  }
}
