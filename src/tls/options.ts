/** OpenSSL's options, by LuaSec's names: `SSL_OP_...` in lower case. */
import { constants } from "node:crypto";
import { shown, unknownName } from "../../reactor/index.js";

/** Bits that Node has no constant for (OpenSSL 3, ssl.h). */
const BITS: Readonly<Record<string, number>> = {
  no_extended_master_secret: 0,
  cleanse_plaintext: 1,
  tlsext_padding: 4,
  safari_ecdhe_ecdsa_bug: 6,
  allow_client_renegotiation: 8,
  disable_tlsext_ca_names: 9,
  enable_middlebox_compat: 20,
  no_anti_replay: 24,
};

/** Names that OpenSSL still knows and that do nothing there any more; what they asked for is so, or gone. */
const DEAD = new Set(
  (
    "single_dh_use single_ecdh_use ephemeral_rsa microsoft_sess_id_bug netscape_challenge_bug netscape_ca_dn_bug " +
    "netscape_reuse_cipher_change_bug netscape_demo_cipher_change_bug sslref2_reuse_cert_type_bug microsoft_big_sslv3_buffer " +
    "msie_sslv2_rsa_padding ssleay_080_client_dh_bug tls_d5_bug tls_block_padding_bug pkcs1_check_1 pkcs1_check_2 " +
    "no_dtlsv1 no_dtlsv1_2"
  ).split(" "),
);

const REFUSED: Readonly<Record<string, string>> = {
  enable_ktls: "Node encrypts by itself, not in the kernel",
  no_ssl_mask: "give minVersion",
  no_dtls_mask: "there is no DTLS",
};

/** Taken here: Node's OpenSSL does not see the end of the stream. */
const IGNORE_EOF = "ignore_unexpected_eof";

export interface OpenSslOptions {
  bits: number;
  /** A connection that is cut without close_notify counts as one that ends. */
  ignoreEof: boolean;
}

/** Misuse throws TypeError. */
export function openSslOptions(names: readonly string[], given = 0): OpenSslOptions {
  const all = names.map((name) => name.toLowerCase());
  const bits = all
    .filter((name) => name !== IGNORE_EOF)
    // As unsigned numbers: the highest bit is in use.
    .reduce((sum, name) => (sum | bitsOf(name)) >>> 0, given);
  return { bits, ignoreEof: all.includes(IGNORE_EOF) };
}

/** By LuaSec's names. */
function knownNames(): string[] {
  const ours = Object.keys(constants).filter((name) => name.startsWith("SSL_OP_"));
  const names = ours.map((name) => name.slice("SSL_OP_".length).toLowerCase());
  return [...names, ...Object.keys(BITS), IGNORE_EOF];
}

function bitsOf(name: string): number {
  if (DEAD.has(name)) return 0;
  if (Object.hasOwn(BITS, name)) return 2 ** BITS[name]!;
  if (Object.hasOwn(REFUSED, name))
    throw new TypeError(`TLS: option ${shown(name)}: ${REFUSED[name]}`);
  const constant = `SSL_OP_${name.toUpperCase().replace("_TLSV", "_TLSv").replace("_SSLV", "_SSLv")}`;
  const bits = (constants as unknown as Record<string, number | undefined>)[constant];
  if (bits === undefined)
    throw new TypeError(`TLS: OpenSSL has no option ${unknownName(name, knownNames())}`);
  return bits;
}
