/** Whether the peer is to be trusted: what OpenSSL, the name and the user's function say of its certificate. */
import type { X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import { shown } from "../../reactor/index.js";
import type { ClientSide, Refusal } from "./sides.js";
import { sessionCertificate } from "./session.js";
import { quiet } from "./tls-callbacks.js";
import type { TlsTransport } from "./tls-transport.js";

/** A client's look at its server: the certificate that it shows, or the one that a session remembers. */
export class ServerCheck {
  /** What the server is asked to resume. */
  readonly session: Buffer | undefined;
  private readonly remembered: X509Certificate | undefined;
  /** Why the certificate is not the host's; null while nobody has looked. */
  private identity: Error | undefined | null = null;

  /**
   * A server that resumes a session shows no certificate, and Node then asks nobody whose it was: that is done here, before, and
   * a session of another server is not offered by a client that verifies.
   */
  constructor(
    private readonly side: ClientSide,
    private readonly threw: (error: unknown) => void,
  ) {
    const { session, verify, psk } = side;
    if (session === undefined) return;
    this.remembered = sessionCertificate(session);
    const error = this.remembered && identityError(this.remembered.toLegacyObject(), side);
    const unknown = this.remembered === undefined && psk === undefined;
    if (verify && (unknown || error !== undefined)) return;
    this.session = session;
    this.identity = error;
  }

  /**
   * Node's checkServerIdentity: not called where the certificate is not trusted anyway, or is not shown. It hears no objection: what
   * there is is told when the handshake is done.
   */
  readonly ask = (_host: string, shown: tls.PeerCertificate): undefined => {
    // With a pre-shared key there is none.
    if (Object.keys(shown).length === 0) return;
    try {
      this.identity = identityError(shown, this.side);
    } catch (error) {
      this.threw(error);
    }
  };

  /** Why the server is not to be trusted, when the handshake is done. */
  verdict(over: TlsTransport): Error | undefined {
    if (this.session !== undefined && over.resumed())
      over.resume(this.session, this.remembered?.raw);
    const error = chainError(over);
    if (error !== undefined) return error;
    // OpenSSL is content without a certificate only where a key, or a session, stands for it.
    if (this.side.psk !== undefined && over.certificates().length === 0) return NO_CERTIFICATE;
    return this.identity === null ? unverified() : this.identity;
  }
}

/** Whether it is the certificate of the host. Throws what the user's function throws. */
function identityError(certificate: tls.PeerCertificate, side: ClientSide): Error | undefined {
  const check = side.checkServerIdentity ?? tls.checkServerIdentity;
  const error: unknown = check(side.host, certificate);
  if (error === undefined || error instanceof Error) return error;
  quiet(error);
  throw new TypeError(
    `checkServerIdentity must return undefined or an Error at once, not ${shown(error)}`,
  );
}

/**
 * The verdict of OpenSSL. Node leaves a server's verification to its own tls.Server: it is read off the handle. No verdict: no
 * trust.
 */
export function chainError(over: TlsTransport): Error | undefined {
  const { _handle: handle } = over.socket as unknown as {
    _handle?: { verifyError?(): Error | null | undefined } | null;
  };
  if (handle?.verifyError === undefined) return unverified();
  return handle.verifyError() ?? undefined;
}

/** OpenSSL has read the name for itself: with another one the client would have got around the context of that. */
export function sameName(over: TlsTransport, chosenBy: string): boolean {
  // Up to TLS 1.2 it does not when a session was resumed, which is bound to its context anyway.
  const unread = over.resumed() && over.version() !== "TLSv1.3";
  const name = over.servername();
  if (name === undefined && unread) over.asked = chosenBy || undefined;
  return (over.servername() ?? "").toLowerCase() === chosenBy;
}

/** One for all: it is nobody's fault, and most clients have none. */
export const NO_CERTIFICATE = new Error("the peer showed no certificate");

function unverified(): Error {
  return Object.assign(new Error("unverified"), { code: "UNSPECIFIED" });
}

/** What OpenSSL finds wrong with a certificate, by Node's codes (documentation of node:tls, "X509 certificate error codes"). */
const CERTIFICATE =
  /^(?:UNABLE_TO_|CERT_|CRL_|ERROR_IN_C|DEPTH_ZERO|SELF_SIGNED|INVALID_|PATH_LENGTH|HOSTNAME_|UNSPECIFIED|OUT_OF_MEM)/;

export function judge({ code = "" }: Error & { code?: string }): Refusal["by"] {
  return CERTIFICATE.test(code) ? "certificate" : "tls";
}
