/** What each side of a TLS handshake is told, and why there is no encrypted connection. */
import type * as tls from "node:tls";
import type { Bond } from "./tls-transport.js";

export interface PreSharedKey {
  identity: string;
  psk: Uint8Array;
}

export type SecureContext = tls.SecureContext;
export type SecureContextOptions = tls.SecureContextOptions;
export type CheckServerIdentity = NonNullable<tls.ConnectionOptions["checkServerIdentity"]>;
/** `offered` are the client's, in its order; undefined refuses. */
export type ChooseProtocol = (
  offered: string[],
  servername: string,
) => string | readonly string[] | undefined;
/** What a user's callback gave back; it may be anything. */
export type Psk = (...given: never[]) => PreSharedKey | Uint8Array | null | undefined;

export interface ClientSide extends Bond {
  server: false;
  context: SecureContext;
  /** Whose certificate it must be: a name or an address. */
  host: string;
  /** The name to ask for (SNI); "" for none. */
  servername: string;
  verify: boolean;
  alpn: string[] | undefined;
  session: Buffer | undefined;
  checkServerIdentity: CheckServerIdentity | undefined;
  minDHSize: number | undefined;
  psk: Psk | undefined;
}

/** What a server's handshake goes by. */
export interface ServerSide extends Bond {
  server: true;
  context: SecureContext;
  /** Ask the client for a certificate; refuse one that cannot be verified; refuse a client without. */
  request: boolean;
  verify: boolean;
  required: boolean;
  alpn: string[] | ChooseProtocol | undefined;
  psk: Psk | undefined;
  pskIdentityHint: string | undefined;
  /**
   * Another side for the name that the client asks for ("" for none); null: refuse it; undefined: this one. It may
   * answer later. What it throws is the handshake's error.
   */
  select: ((servername: string, answer: Answer) => void) | undefined;
}

export type Answer = (error: unknown, side?: ServerSide | null) => void;

/** Why there is no encrypted connection. */
export interface Refusal {
  error: Error;
  /** Who says so: the verification of the peer's certificate; a callback of the user's; TLS, or the network. */
  by: "certificate" | "callback" | "tls";
}
