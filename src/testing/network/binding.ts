/** What is bound on a host of the simulated world. */
import type { Endpoint } from "../../network/index.js";

/** Something that has a local address and port. */
export interface Holder {
  readonly address: string;
  readonly port: number;
  /** Whether another one may have the same, if that one says so, too. */
  readonly shares: boolean;
  /** Of "::": whether it is for IPv6 only. */
  readonly ipv6Only: boolean;
  /** Whether it takes what comes from there. */
  hears?(sender: Endpoint): boolean;
}
