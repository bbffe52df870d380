/** What a session remembers of the server: Node does not show it once the session has been resumed. */
import { X509Certificate } from "node:crypto";

/** Newer versions of Node put this before a session, then the length of a name (2 bytes) and the name. */
const WRAPPED = Buffer.from("\0nodejs:tls:session:1\0");

/** Of OpenSSL's SSL_SESSION_ASN1: SEQUENCE { ..., peer [3] EXPLICIT Certificate OPTIONAL, ... } */
const SEQUENCE = 0x30;
const PEER = 0xa3;

/** The server's certificate; undefined where there is none, and of what is no session. */
export function sessionCertificate(session: Buffer): X509Certificate | undefined {
  try {
    const whole = element(unwrapped(session), 0);
    if (whole.tag !== SEQUENCE) return undefined;
    for (let at = 0; at < whole.content.length;) {
      const { tag, content, end } = element(whole.content, at);
      if (tag === PEER) return new X509Certificate(content);
      at = end;
    }
  } catch {
    // It is the user's, who may have got it anywhere.
  }
  return undefined;
}

function unwrapped(session: Buffer): Buffer {
  if (!session.subarray(0, WRAPPED.length).equals(WRAPPED)) return session;
  const name = WRAPPED.length + 2;
  return session.subarray(name + session.readUInt16BE(WRAPPED.length));
}

/** One element of DER, with a tag of one byte. Throws RangeError beyond the end. */
function element(der: Buffer, at: number): { tag: number; content: Buffer; end: number } {
  const tag = der.readUInt8(at);
  const first = der.readUInt8(at + 1);
  const size = first < 0x80 ? 0 : first & 0x7f;
  const length = size === 0 ? first : der.readUIntBE(at + 2, size);
  const begin = at + 2 + size;
  return { tag, content: der.subarray(begin, begin + length), end: begin + length };
}
