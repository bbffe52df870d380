/** Whose headers are believed. */
import { shown } from "../../reactor/index.js";
import { BlockList, type Endpoint, isIP } from "../network/index.js";

const HINT = 'an address or a network: "10.0.0.7", "10.0.0.0/8", "fd00::/8"';

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
    if (version === 0 || more.length > 0 || !(prefix <= most))
      throw new TypeError(`proxy: ${shown(text)} is not ${HINT}`);
    this.list.addSubnet(address!, prefix, version === 4 ? "ipv4" : "ipv6");
  }

  /** An IPv4 address may come as "::ffff:10.0.0.7". */
  has({ address, family }: Endpoint): boolean {
    return this.list.check(address, family === "inet6" ? "ipv6" : "ipv4");
  }
}
