/** What a handshake is told: LuaSec's names and Node's, side by side. */
import type { CheckServerIdentity, SecureContextOptions } from "../network/index.js";

export type Verify = "none" | "peer" | "client_once" | "fail_if_no_peer_cert";
export type Protocol = "any" | "sslv23" | "tlsv1" | "tlsv1_1" | "tlsv1_2" | "tlsv1_3";
/** The contents of a PEM file, or its name: text that has no "-----BEGIN" in it is a name. */
export type Pem = string | Uint8Array;

/**
 * How to choose a protocol: `offered` are the client's, in its order. It gives one of them, or a list of which the first that
 * is offered is taken; undefined refuses the connection. What it throws is an error of the handshake.
 */
export type AlpnChoice = (
  offered: string[],
  servername: string,
) => string | readonly string[] | undefined;

/** A key with its certificate (and those of its issuers), and its passphrase. */
export interface KeyPair {
  key: Pem;
  certificate: Pem;
  password?: string | (() => string);
}

/** LuaSec's parameters. */
interface LuaSec<Context> {
  /** Default: "server" for an accepted connection, otherwise "client". */
  mode?: "client" | "server";
  /** Exactly this version. Default "any": TLS 1.2 and 1.3. */
  protocol?: Protocol;
  key?: Pem | readonly (Pem | { pem: Pem; passphrase?: string })[];
  /** The key's passphrase, or a function that tells it, called once. */
  password?: string | (() => string);
  certificate?: Pem;
  /** Several of them, of different kinds (RSA, ECDSA). */
  certificates?: readonly KeyPair[];
  /** Certificates of the authorities that are trusted, instead of those that Node comes with. */
  cafile?: Pem;
  /** A folder with such files. */
  capath?: string;
  /**
   * Client: "peer" (default) or "none". Server: "none" (default); "peer" asks for a certificate and verifies it;
   * with "fail_if_no_peer_cert" the client must show one. Of several all are meant: "none" adds nothing.
   */
  verify?: Verify | readonly Verify[];
  /**
   * "lsec_continue": go on although the certificate cannot be verified (getpeerverification tells). "crl_check",
   * "crl_check_chain": with `crl`, by which the whole chain is checked.
   */
  verifyext?: string | readonly string[];
  /** OpenSSL's options, without `SSL_OP_`: "no_tlsv1_2", "no_ticket", "cipher_server_preference", "all" ... */
  options?: string | readonly string[];
  /** Ciphers up to TLS 1.2, and suites of TLS 1.3, as OpenSSL names them, with ":" between. */
  ciphers?: string;
  ciphersuites?: string;
  curve?: string;
  curveslist?: string;
  /** PEM, or "auto"; or LuaSec's function, called once with (false, 2048), which gives PEM. */
  dhparam?: Pem | ((isExport: boolean, keylength: number) => Pem);
  /** Protocols to offer or to accept, the first one first; a server may choose by itself. */
  alpn?: string | readonly string[] | AlpnChoice;
  /** Copas: a client's name to ask for, or a server's contexts by name; `strict` refuses names that are not there. */
  sni?: {
    names: string | Readonly<Record<string, Params<Context> | Context>>;
    strict?: boolean | undefined;
  };
  /** Copas: the parameters, or a context, below `sni`. */
  wrap?: Params<Context> | Context;
}

/** Node's parameters, of tls.connect, tls.createServer and tls.createSecureContext. */
interface Node<Context> extends Pick<
  SecureContextOptions,
  | "allowPartialTrustChain"
  | "ecdhCurve"
  | "honorCipherOrder"
  | "maxVersion"
  | "minVersion"
  | "passphrase"
  | "secureOptions"
  | "sessionIdContext"
  | "sessionTimeout"
  | "sigalgs"
  | "ticketKeys"
> {
  ca?: Pem | readonly Pem[];
  cert?: Pem | readonly Pem[];
  crl?: Pem | readonly Pem[];
  /** Key and certificate as PKCS #12, or the name of such a file. */
  pfx?: string | Uint8Array;
  /** The name to ask for, and to find in the certificate. Default: the host that was connected to; "": ask for none. */
  servername?: string;
  rejectUnauthorized?: boolean;
  requestCert?: boolean;
  ALPNProtocols?: readonly string[];
  ALPNCallback?: (offer: { servername: string; protocols: string[] }) => string | undefined;
  /**
   * The context for the name that a client asks for; none: the server's own. What is told, thrown or rejected is an error of the
   * handshake.
   */
  SNICallback?: (
    servername: string,
    answer: (error: Error | null, context?: Context | Params<Context>) => void,
  ) => unknown;
  /** Client: an Error if the certificate is not that of `host`. Also asked when a session was resumed. */
  checkServerIdentity?: CheckServerIdentity;
  /** To be resumed: what `getsession` gave. */
  session?: Uint8Array;
  /** Client: bits of the smallest DH parameter to accept. Default 1024. */
  minDHSize?: number;
  /** The key: a client is asked with the server's hint, a server with (undefined, identity). */
  pskCallback?: (
    hint: string | null | undefined,
    identity?: string,
  ) => { psk: Uint8Array; identity: string } | Uint8Array | null;
  pskIdentityHint?: string;
}

/** `Context` is what parameters can be made ready as. */
export type Params<Context> = LuaSec<Context> & Node<Context>;
