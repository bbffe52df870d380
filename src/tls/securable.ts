/** A stream that can be encrypted in place, and what is known of it afterwards. LuaSec's methods, by LuaSec's names. */
import { X509Certificate } from "node:crypto";
import type { Operation } from "effection";
import type { TlsFacts, Wire } from "../network/index.js";
import { fail, type Failure, type Result } from "../result.js";
import { StreamSocket } from "../stream/stream-socket.js";
import { toContext, TlsContext } from "./context.js";
import { Handshake, type Upgraded } from "./handshake.js";
import type { TlsParams } from "./params.js";

/** What {@link SecurableSocket.info} tells. */
export interface TlsInfo {
  /** "TLSv1.3" */
  protocol: string;
  /** OpenSSL's name of the cipher, and the RFCs'. */
  cipher: string;
  standardName: string;
  /** Whether an earlier session was resumed. */
  reused: boolean;
  /** Whether the peer's certificate was verified. */
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
   * before the tls handshake" (text in the clear that nobody has read). After any error the connection is closed:
   * nothing goes on in the clear. TypeError for bad parameters.
   *
   * What was sent before leaves before, in the clear. Tasks that wait to receive get what comes encrypted. Cancelling closes the
   * connection. (LuaSec: conn:dohandshake; Copas: dohandshake)
   */
  *dohandshake(params: TlsParams | TlsContext = {}, timeout?: number): Operation<Result<this>> {
    this.mustBeClient("dohandshake");
    const context = this.prepare(params);
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

  /** The context of a handshake with these parameters: with the names of `sni`. */
  protected prepare(params: TlsParams | TlsContext): TlsContext {
    const given = this.names === undefined ? params : withNames(params, this.names);
    return toContext(given, this.incoming ? "server" : "client");
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
      throw new TypeError(`sni takes a name, or contexts by name, not ${String(names)}`);
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

  /** `[true]`, or why the peer's certificate is not to be trusted. (LuaSec) */
  getpeerverification(): Result<true> {
    const { facts } = this;
    if (Array.isArray(facts)) return facts;
    const why = facts.distrust();
    return why === undefined ? [true] : fail(`certificate verify failed: ${why}`);
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
   * The session, for the `session` parameter of a later handshake with the same server; undefined while there is
   * none. With TLS 1.3 it comes after the handshake: ask when something has been received. (OpenResty: sslhandshake)
   */
  getsession(): Result<Buffer | undefined> {
    return this.tell((facts) => facts.session());
  }
}

function withNames(params: TlsParams | TlsContext, sni: NonNullable<TlsParams["sni"]>): TlsParams {
  return params instanceof TlsContext ? { wrap: params, sni } : { ...params, sni };
}
