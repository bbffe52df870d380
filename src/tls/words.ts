/** Words for what goes wrong in a handshake: one for each fault, whichever side and whichever OpenSSL saw it. */
import { errorWord, type SocketError } from "../object/index.js";
import type { Refusal } from "../network/index.js";

export function handshakeWord({ error, by }: Refusal): SocketError {
  if (by === "certificate") return certificateWord(error);
  if (by === "callback") return `tls handshake failed: ${error.message}`;
  const known = errorWord(error);
  if (!known.startsWith("system error")) return known;
  const reason = reasonOf(error);
  if (CLEAR_TEXT.has(reason)) return "unread data before the tls handshake";
  return `tls handshake failed: ${SAME_FAULT[reason] ?? reason}`;
}

/** Why a certificate is not trusted. */
export function certificateWord(error: Error): `certificate verify failed: ${string}` {
  const { code } = error as { code?: string };
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return "certificate verify failed: hostname mismatch";
  // Newer versions of Node add advice.
  const text = error.message.replace(/; if the root CA.*/, "").replaceAll("-", " ");
  return `certificate verify failed: ${text}`;
}

/** OpenSSL's reason; of an alert, its name: which version of the protocol an alert was made for says nothing. */
function reasonOf(error: Error): string {
  const { reason = error.message } = error as { reason?: string };
  return reason.replace(/^(?:sslv3|tlsv1|tlsv13|ssl\/tls) (?:alert )?/, "alert ");
}

/** The first bytes are no record of TLS: what OpenSSL takes them for depends on what they are. */
const CLEAR_TEXT: ReadonlySet<string> = new Set([
  "http request",
  "https proxy request",
  "wrong version number",
  "packet length too long",
]);

/** Where the side that finds a fault and the side that is told by an alert have different words. */
const SAME_FAULT: Readonly<Record<string, string | undefined>> = {
  "unsupported protocol": "protocol version",
  "version too low": "protocol version",
  "wrong ssl version": "protocol version",
  "no protocols available": "protocol version",
  "alert protocol version": "protocol version",
  "alert no application protocol": "no application protocol",
  "alert unrecognized name": "unrecognized name",
};
