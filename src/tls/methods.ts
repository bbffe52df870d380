/** What a stream can do because it can be encrypted: LuaSec's methods, by LuaSec's names. */
import type { X509Certificate } from "node:crypto";
import type { Yieldable } from "../../reactor/index.js";
import type { Result } from "../object/index.js";
import type { TlsContext, TlsParams } from "./context.js";

/** What {@link SecureMethods.info} tells. */
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

/** What a connection can do because it can be encrypted: LuaSec's methods, by LuaSec's names. All but `dohandshake` and `sni` look at a connection that is encrypted; before that their result is "not a tls socket". See docs/tls.md. */
export interface SecureMethods {
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
   *
   * @example const [, err] = yield* client.dohandshake({ cafile: "ca.pem", servername: "example.org" });
   */
  dohandshake(params?: TlsParams | TlsContext, timeout?: number): Yieldable<Result<this>>;

  /**
   * Names for the next handshake: the one that a client asks for; or a server's parameters or contexts by name, of which the
   * client's choice is taken.
   *
   * @param strict of a server: refuse a client that asks for another name
   * @returns 1. (LuaSec: conn:sni)
   *
   * @example
   * client.sni("www.example.org");
   * yield* client.dohandshake();
   */
  sni(names: string | Readonly<Record<string, TlsParams | TlsContext>>, strict?: boolean): 1;

  /**
   * The protocol that was agreed on (ALPN), undefined for none. "not a tls socket" before the handshake. (LuaSec)
   *
   * @example const [protocol] = client.getalpn(); // "h2"
   */
  getalpn(): Result<string | undefined>;

  /**
   * The name that the client asked for (SNI), undefined for none. (LuaSec)
   *
   * @example const [name] = client.getsniname(); // "www.example.org"
   */
  getsniname(): Result<string | undefined>;

  /**
   * The peer's certificate; undefined if it showed none. (LuaSec)
   *
   * @example
   * const [certificate] = client.getpeercertificate();
   * console.log(certificate?.subject);
   */
  getpeercertificate(): Result<X509Certificate | undefined>;

  /**
   * The peer's certificate and those of its issuers, as far as they are known. (LuaSec)
   *
   * @example
   * const [chain = []] = client.getpeerchain();
   * console.log(chain.map(({ subject }) => subject));
   */
  getpeerchain(): Result<X509Certificate[]>;

  /**
   * The certificate that was shown to the peer; undefined for none. (LuaSec: getlocalcertificate)
   *
   * @example const [certificate] = client.getlocalcertificate();
   */
  getlocalcertificate(): Result<X509Certificate | undefined>;

  /**
   * `[true]`: the peer has shown a certificate, and it was verified. Otherwise why it is not to be trusted: "certificate
   * verify failed: ..." with the words that dohandshake has for it, or "... the peer showed no certificate". (LuaSec)
   *
   * @example
   * const [, err] = client.getpeerverification();
   * if (err) console.log(err);
   */
  getpeerverification(): Result<true>;

  /**
   * Protocol and cipher. (LuaSec: conn:info)
   *
   * @example
   * const [info] = client.info();
   * console.log(info?.protocol, info?.cipher);
   */
  info(): Result<TlsInfo>;

  /**
   * Of a client: the session, for the `session` parameter of a later handshake with the same server; undefined while
   * there is none. With TLS 1.3 it comes after the handshake, and more may follow: ask when something has been received.
   * (OpenResty: sslhandshake)
   *
   * Only a handshake with the same authorities, key, name and `verify` resumes it; with others a full one is made. A copy
   * of the bytes, say from a file, is not known by its origin: it brings the verdict of its first handshake with it, and the name
   * alone is verified again.
   *
   * @example
   * yield* client.receive("*l");
   * const [session] = client.getsession();
   * const again: TlsParams = session === undefined ? {} : { session };
   */
  getsession(): Result<Buffer | undefined>;

  /**
   * The Finished message that was sent: channel binding "tls-unique" (RFC 5929, up to TLS 1.2). undefined while
   * there is none. (LuaSec: conn:getfinished)
   *
   * @example const [binding] = client.getfinished();
   */
  getfinished(): Result<Buffer | undefined>;

  /**
   * The Finished message that came. (LuaSec: conn:getpeerfinished)
   *
   * @example const [binding] = client.getpeerfinished();
   */
  getpeerfinished(): Result<Buffer | undefined>;

  /**
   * Keying material for another protocol (RFC 5705); with label "EXPORTER-Channel-Binding", an empty context and 32 bytes
   * the channel binding "tls-exporter" of TLS 1.3 (RFC 9266). (LuaSec: conn:exportkeyingmaterial)
   *
   * @param length bytes to give
   *
   * @example const [binding] = client.exportkeyingmaterial("EXPORTER-Channel-Binding", 32);
   */
  exportkeyingmaterial(label: string, length: number, context?: string): Result<Buffer>;
}
