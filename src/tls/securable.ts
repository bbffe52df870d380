/** A stream that can be encrypted in place, and what is known of it afterwards. LuaSec's methods, by LuaSec's names. */
import { X509Certificate } from "node:crypto";
import type { Operation } from "effection";
import { operation, type Yieldable, shown } from "../../reactor/index.js";
import type { TlsFacts, Wire } from "../network/index.js";
import { fail, type Failure, type Result } from "../result.js";
import { Barrier } from "../stream/senders.js";
import { StreamSocket } from "../stream/stream-socket.js";
import { toContext, TlsContext } from "./context.js";
import { Handshake, type Upgraded } from "./handshake.js";
import type { TlsParams } from "./params.js";
import { rememberSession } from "./session.js";
import { certificateWord } from "./words.js";

/** What {@link SecurableSocket.info} tells. */
export interface TlsInfo {
  /** "TLSv1.3" */
  protocol: string;
  /** OpenSSL's name of the cipher, and the RFCs'. */
  cipher: string;
  standardName: string;
  /** Whether an earlier session was resumed. */
  reused: boolean;
  /** Whether the peer has shown a certificate, and it was verified. */
  verified: boolean;
}

export abstract class SecurableSocket extends StreamSocket implements Upgraded {
  private handshake: Handshake | null = null;
  /** The name or address that was connected to: whose certificate the peer must show. */
  protected peername: string | undefined = undefined;
  /** Whether the other side began the connection. */
  protected incoming = false;
  /** What `sni` was told. */
  declare private names: TlsParams["sni"] | undefined;

  /**
   * Encrypt the connection, in place: afterwards the same object speaks TLS, with the same methods.
   *
   * @param params LuaSec's names and Node's, or a context (socket.tls.newcontext). The mode is "server" for an
   * accepted connection, otherwise "client". A client verifies the server's certificate against Node's authorities (or
   * `cafile`) and the name it connected to (or `servername`), unless `verify: "none"`.
   * @param timeout seconds for the whole handshake; default: what settimeout says
   * @returns `[this]`; or "timeout", "closed", "certificate verify failed: ...", "tls handshake failed: ...", "unread data
   * before the tls handshake" (text in the clear instead of a handshake). However it does not succeed, the connection is closed:
   * nothing goes on in the clear, also when it throws: TypeError for bad parameters, at the call.
   *
   * What was sent before leaves before, in the clear; what is sent from then on leaves encrypted, or not at all. Tasks that wait to receive get what comes encrypted. Cancelling closes the
   * connection. (LuaSec: conn:dohandshake; Copas: dohandshake)
   */
  dohandshake(params: TlsParams | TlsContext = {}, timeout?: number): Yieldable<Result<this>> {
    this.mustBeClient("dohandshake");
    let context: TlsContext | undefined;
    try {
      checkTimeout(timeout);
      context = this.prepare(params);
    } finally {
      // A connection that is encrypted already is none the worse.
      if (context === undefined && this.handshake === null && !this.wire?.tls) this.close();
    }
    const ready = context;
    return operation(`dohandshake on ${String(this)}`, () => this.shake(ready, timeout));
  }

  private *shake(context: TlsContext, timeout: number | undefined): Operation<Result<this>> {
    if (this.closed) return fail("closed");
    if (this.handshake !== null || this.wire?.tls)
      throw new TypeError(`dohandshake: ${String(this)} is encrypted already`);
    const handshake = (this.handshake = new Handshake(this, context, this.peername, timeout));
    let secured = false;
    try {
      const error = yield* handshake.run();
      secured = error === null;
      return error === null ? [this] : fail(error);
    } finally {
      this.handshake = null;
      if (!secured) this.close();
    }
  }

  /** The context of the next handshake: these parameters with what `sni` was told. Misuse throws TypeError. */
  protected prepare(params: TlsParams | TlsContext): TlsContext {
    const { names } = this;
    const mode = this.incoming ? "server" : "client";
    if (names === undefined) return toContext(params, mode);
    // Prepared already.
    if (params instanceof TlsContext && prepared.get(params) === names) return params;
    const given = params instanceof TlsContext ? { wrap: params } : params;
    const context = toContext({ ...given, sni: names }, mode);
    prepared.set(context, names);
    return context;
  }

  /**
   * Names for the next handshake: the one that a client asks for; or a server's parameters or contexts by name, of which the
   * client's choice is taken.
   *
   * @param strict of a server: refuse a client that asks for another name
   * @returns 1. (LuaSec: conn:sni)
   */
  sni(names: string | Readonly<Record<string, TlsParams | TlsContext>>, strict = false): 1 {
    if (typeof names !== "string" && (typeof names !== "object" || names === null))
      throw new TypeError(`sni takes a name, or contexts by name, not ${shown(names)}`);
    this.names = { names, strict };
    return 1;
  }

  protected override get pending(): boolean {
    return this.handshake !== null;
  }

  override close(): 1 {
    this.handshake?.abort();
    return super.close();
  }

  /** @internal */
  get unread(): number {
    return this.input.size;
  }
  /** @internal */
  takeUnread(): Buffer {
    return this.input.take(this.input.size);
  }
  /** @internal */
  barrier(tell: () => void): Barrier {
    return new Barrier(this, tell);
  }
  /** @internal */
  surrender(): Wire {
    return this.detach();
  }

  private get facts(): TlsFacts | Failure {
    if (this.closed) return fail("closed");
    return this.wire?.tls ?? fail("not a tls socket");
  }

  private tell<T>(what: (facts: TlsFacts) => T): Result<T> {
    const { facts } = this;
    return Array.isArray(facts) ? facts : [what(facts)];
  }

  /** The protocol that was agreed on (ALPN), undefined for none. "not a tls socket" before the handshake. (LuaSec) */
  getalpn(): Result<string | undefined> {
    return this.tell((facts) => facts.alpn());
  }

  /** The name that the client asked for (SNI), undefined for none. (LuaSec) */
  getsniname(): Result<string | undefined> {
    return this.tell((facts) => facts.servername());
  }

  /** The peer's certificate; undefined if it showed none. (LuaSec) */
  getpeercertificate(): Result<X509Certificate | undefined> {
    return this.tell((facts) => {
      const [first] = facts.certificates();
      return first && new X509Certificate(first);
    });
  }

  /** The peer's certificate and those of its issuers, as far as they are known. (LuaSec) */
  getpeerchain(): Result<X509Certificate[]> {
    return this.tell((facts) => facts.certificates().map((raw) => new X509Certificate(raw)));
  }

  /** The certificate that was shown to the peer; undefined for none. (LuaSec: getlocalcertificate) */
  getlocalcertificate(): Result<X509Certificate | undefined> {
    return this.tell((facts) => {
      const certificate = facts.localCertificate();
      return certificate && new X509Certificate(certificate);
    });
  }

  /**
   * `[true]`: the peer has shown a certificate, and it was verified. Otherwise why it is not to be trusted: "certificate
   * verify failed: ..." with the words that dohandshake has for it, or "... the peer showed no certificate". (LuaSec)
   */
  getpeerverification(): Result<true> {
    const { facts } = this;
    if (Array.isArray(facts)) return facts;
    const why = facts.distrust();
    return why === undefined ? [true] : fail(certificateWord(why));
  }

  /** Protocol and cipher. (LuaSec: conn:info) */
  info(): Result<TlsInfo> {
    return this.tell((facts) => {
      const { name, standardName } = facts.cipher();
      return {
        protocol: facts.protocol(),
        cipher: name,
        standardName,
        reused: facts.resumed(),
        verified: facts.distrust() === undefined,
      };
    });
  }

  /**
   * Of a client: the session, for the `session` parameter of a later handshake with the same server; undefined while
   * there is none. With TLS 1.3 it comes after the handshake, and more may follow: ask when something has been received.
   * (OpenResty: sslhandshake)
   *
   * Only a handshake with the same authorities, key, name and `verify` resumes it; with others a full one is made. A copy
   * of the bytes, say from a file, is not known by its origin: it brings the verdict of its first handshake with it, and the name
   * alone is verified again.
   */
  getsession(): Result<Buffer | undefined> {
    return this.tell((facts) => {
      const session = facts.session();
      return session && rememberSession(session, facts.trust);
    });
  }

  /**
   * The Finished message that was sent: channel binding "tls-unique" (RFC 5929, up to TLS 1.2). undefined while
   * there is none. (LuaSec: conn:getfinished)
   */
  getfinished(): Result<Buffer | undefined> {
    return this.tell((facts) => facts.finished(false));
  }

  /** The Finished message that came. (LuaSec: conn:getpeerfinished) */
  getpeerfinished(): Result<Buffer | undefined> {
    return this.tell((facts) => facts.finished(true));
  }

  /**
   * Keying material for another protocol (RFC 5705); with label "EXPORTER-Channel-Binding", an empty context and 32 bytes
   * the channel binding "tls-exporter" of TLS 1.3 (RFC 9266). (LuaSec: conn:exportkeyingmaterial)
   *
   * @param length bytes to give
   */
  exportkeyingmaterial(label: string, length: number, context = ""): Result<Buffer> {
    if (typeof label !== "string" || !Number.isInteger(length) || length < 1)
      throw new TypeError("exportkeyingmaterial takes a label and a positive number of bytes");
    return this.tell((facts) =>
      facts.keyingMaterial(length, label, Buffer.from(context, "latin1")),
    );
  }
}

/** What was made of a context for the names of an object. */
const prepared = new WeakMap<TlsContext, TlsParams["sni"]>();

function checkTimeout(timeout: unknown): void {
  if (timeout === undefined || (typeof timeout === "number" && timeout >= 0)) return;
  throw new TypeError(`dohandshake: the timeout is a number of seconds, not ${shown(timeout)}`);
}
