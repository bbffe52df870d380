/** Whether the peer is to be trusted: what OpenSSL, the name and the user's function say of its certificate. */
import type { X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import type { ClientSide, Refusal } from "./secure.js";
import { sessionCertificate } from "./session.js";
import { describe, quiet } from "./tls-callbacks.js";
import type { TlsWire } from "./tls-wire.js";

/** A session that the server is asked to resume. */
export interface Offer {
  session: Buffer;
  certificate: X509Certificate | undefined;
  /** Why the certificate is not the host's. */
  error: Error | undefined;
}

/**
 * The session to offer. A server that resumes it shows no certificate, and Node then asks nobody whose it was: that is done
 * here, before, and a session of another server is not offered to a client that verifies. Throws what the user's function throws.
 */
export function offer(side: ClientSide): Offer | undefined {
  const { session, verify, psk } = side;
  if (session === undefined) return undefined;
  const certificate = sessionCertificate(session);
  const error = certificate && identityError(certificate.toLegacyObject(), side);
  if (verify && (certificate === undefined ? psk === undefined : error !== undefined))
    return undefined;
  return { session, certificate, error };
}

/** Whether it is the certificate of the host. Throws what the user's function throws. */
export function identityError(shown: tls.PeerCertificate, side: ClientSide): Error | undefined {
  const check = side.checkServerIdentity ?? tls.checkServerIdentity;
  const error: unknown = check(side.host, shown);
  if (error === undefined || error instanceof Error) return error;
  quiet(error);
  throw new TypeError(
    `checkServerIdentity must return undefined or an Error at once, not ${describe(error)}`,
  );
}

/**
 * The verdict of OpenSSL. Node leaves a server's verification to its own tls.Server: it is read off the handle. No verdict: no
 * trust.
 */
export function chainError(over: TlsWire): Error | undefined {
  const { _handle: handle } = over.socket as unknown as {
    _handle?: { verifyError?(): Error | null | undefined } | null;
  };
  if (handle?.verifyError === undefined)
    return Object.assign(new Error("unverified"), { code: "UNSPECIFIED" });
  return handle.verifyError() ?? undefined;
}

/** OpenSSL has read the name for itself: with another one the client would have got around the context of that. */
export function sameName(over: TlsWire, chosenBy: string): boolean {
  // Up to TLS 1.2 it does not when a session was resumed, which is bound to its context anyway.
  const unread = over.resumed() && over.protocol() !== "TLSv1.3";
  const name = over.servername();
  if (name === undefined && unread) over.asked = chosenBy || undefined;
  return (over.servername() ?? "").toLowerCase() === chosenBy;
}

export function noCertificate(): Error {
  return new Error("the peer showed no certificate");
}

export function unasked(): Error {
  return new Error("nobody asked for it");
}

/** What OpenSSL finds wrong with a certificate, by Node's codes (documentation of node:tls, "X509 certificate error codes"). */
const CERTIFICATE =
  /^(?:UNABLE_TO_|CERT_|CRL_|ERROR_IN_C|DEPTH_ZERO|SELF_SIGNED|INVALID_|PATH_LENGTH|HOSTNAME_|UNSPECIFIED|OUT_OF_MEM)/;

export function judge({ code = "" }: Error & { code?: string }): Refusal["by"] {
  return CERTIFICATE.test(code) ? "certificate" : "tls";
}
