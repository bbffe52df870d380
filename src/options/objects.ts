/** What options look at, and set, of what is inside each kind of object. */
import type { OptionValue } from "../object/index.js";
import type { Optioned } from "./tcp.js";
import type { Settings } from "./udp.js";

interface Closed {
  readonly closed: boolean;
}

export interface HasError {
  takeError(): OptionValue;
}

/** A connection. */
export interface StreamOptions extends Closed, HasError {
  linger: number | null;
  readonly reading: { lineLimit: number };
}

/** What connects or listens. */
export interface HasConnection extends Closed {
  readonly connection: StreamOptions;
}

export interface UdpOptions extends Closed, HasError {
  readonly settings: Settings;
  readonly reading: { limit: number };
}

export interface Objects {
  tcp: HasConnection & Optioned;
  unix: HasConnection & { reuseaddr: boolean };
  udp: UdpOptions;
  stream: StreamOptions;
}
