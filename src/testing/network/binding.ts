import type { Endpoint } from "../../network/index.js";

/** A socket's hold on a local address and port of a host. */
export interface Binding {
  readonly address: string;
  readonly port: number;
  /** Whether another one may have the same, if that one says so, too. */
  readonly shares: boolean;
  /** Of "::": whether it is for IPv6 only. */
  readonly ipv6Only: boolean;
  /** Whether it accepts what comes from there. */
  accepts?(sender: Endpoint): boolean;
}
