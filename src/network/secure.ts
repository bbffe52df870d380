/** TLS over a connection: node:tls, which encrypts on top of the socket or stream that a wire has. */
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import type { Link, TlsFacts, Wire } from "./network.js";
import { SocketWire } from "./socket-wire.js";

export type SecureContext = tls.SecureContext;
export type SecureContextOptions = tls.SecureContextOptions;
export type CheckServerIdentity = NonNullable<tls.ConnectionOptions["checkServerIdentity"]>;

export interface ClientSide {
  server: false;
  context: SecureContext;
  identity: string;
  /** Whose certificate it must be: a name or an address. */
  host: string;
  /** The name to ask for (SNI); "" for none. */
  servername: string;
  verify: boolean;
  alpn: string[] | undefined;
  session: Buffer | undefined;
  checkServerIdentity: CheckServerIdentity | undefined;
}

export interface ServerSide {
  server: true;
  context: SecureContext;
  identity: string;
  /** Ask the client for a certificate; refuse one that cannot be verified; refuse a client without. */
  request: boolean;
  verify: boolean;
  required: boolean;
  alpn: string[] | ((offered: string[], servername: string) => string | undefined) | undefined;
  /** The context for a name; null: the name is refused; undefined: the default one. */
  select: ((servername: string) => SecureContext | null | undefined) | undefined;
  /** Bytes of the handshake that have been read already. */
  early: Buffer;
}

export function createContext(options: SecureContextOptions): SecureContext {
  return tls.createSecureContext(options);
}

class TlsWire extends SocketWire implements TlsFacts {
  private lastSession: Buffer | undefined = undefined;
  private chain: Buffer[] | null = null;
  private broken = false;
  /** Why the peer's certificate is not to be trusted, found out when the handshake was done. */
  untrusted: string | undefined = undefined;

  constructor(
    override readonly socket: tls.TLSSocket,
    readonly identity: string,
  ) {
    super(socket);
    // With TLS 1.3 sessions come after the handshake, one by one.
    socket.on("session", (session: Buffer) => (this.lastSession = session));
    // A server's socket tells errors of the protocol by this event only.
    socket.on("_tlsError", (error: Error) => {
      if (this.broken) return;
      this.broken = true;
      socket.destroy();
      this.link?.broke(error);
    });
  }

  override get farewell(): boolean {
    return true;
  }
  override get tls(): TlsFacts {
    return this;
  }
  override reset(): void {
    // Node knows RST only for TCP; the encrypted stream just ends.
    this.link = null;
    this.socket.destroy();
  }

  protocol(): string {
    return this.socket.getProtocol() ?? "unknown";
  }
  cipher(): { name: string; standardName: string; version: string } {
    return this.socket.getCipher();
  }
  alpn(): string | undefined {
    return this.socket.alpnProtocol || undefined;
  }
  servername(): string | undefined {
    // Node's types leave it out: the name of SNI, or false.
    return (this.socket as { servername?: string | false | null }).servername || undefined;
  }
  certificates(): Buffer[] {
    if (this.chain !== null) return this.chain;
    this.chain = [];
    // Asked once: on some versions Node's answer to a second call is empty.
    let certificate = this.socket.getPeerX509Certificate();
    for (; certificate !== undefined; certificate = certificate.issuerCertificate)
      this.chain.push(certificate.raw);
    return this.chain;
  }
  distrust(): string | undefined {
    return this.untrusted;
  }
  session(): Buffer | undefined {
    return this.lastSession ?? this.socket.getSession();
  }
  resumed(): boolean {
    return this.socket.isSessionReused();
  }
}

/** What has to be told of a handshake, once. */
export type Done = (error: Error | null, wire: Wire | null, early: Buffer[]) => void;

/**
 * Upgrade the connection of `wire`, which is of no more use afterwards. `done` is told the wire that encrypts, and what has
 * come over it already; or the error: then the connection has been closed.
 */
export function secure(wire: Wire, side: ClientSide | ServerSide, done: Done): { abort(): void } {
  const under = wire.release();
  const socket = side.server ? serverSocket(under, side) : clientSocket(under, side);
  const over = new TlsWire(socket, side.identity);
  const early: Buffer[] = [];
  let settled = false;
  const settle = (error: Error | null): void => {
    if (settled) return;
    settled = true;
    if (error !== null) {
      over.destroy();
      under.destroy();
    }
    done(error, error === null ? over : null, early);
  };
  over.attach(handshaking(early, settle));
  socket.once("close", () => settle(ended()));
  if (side.server) socket.once("secure", () => settle(serverVerdict(over, side)));
  else {
    socket.once("secureConnect", () => {
      // Node's types say Error; it is the code of the error.
      if (!socket.authorized) over.untrusted = String(socket.authorizationError);
      settle(null);
    });
  }
  return {
    abort: () => {
      settled = true;
      over.destroy();
      under.destroy();
    },
  };
}

function clientSocket(under: Duplex, side: ClientSide): tls.TLSSocket {
  const { context, host, servername, verify, alpn, session, checkServerIdentity } = side;
  return tls.connect({
    socket: under,
    secureContext: context,
    host,
    servername,
    rejectUnauthorized: verify,
    ...(alpn === undefined ? {} : { ALPNProtocols: alpn }),
    ...(session === undefined ? {} : { session }),
    ...(checkServerIdentity === undefined ? {} : { checkServerIdentity }),
  });
}

function serverSocket(under: Duplex, side: ServerSide): tls.TLSSocket {
  const { context, alpn, select, early } = side;
  if (early.length > 0) under.unshift(early);
  const options: tls.TLSSocketOptions & { ALPNCallback?: unknown } = {
    isServer: true,
    secureContext: context,
    requestCert: side.request,
    rejectUnauthorized: side.required,
  };
  if (typeof alpn === "function") {
    options.ALPNCallback = (offer: { servername: string; protocols: string[] }) =>
      alpn(offer.protocols, offer.servername);
  } else if (alpn !== undefined) options.ALPNProtocols = alpn;
  if (select !== undefined) {
    options.SNICallback = (servername, answer) => {
      const chosen = select(servername);
      if (chosen === null) answer(new Error(`no certificate for ${servername}`));
      else answer(null, chosen);
    };
  }
  // Node's types give node:net's Socket here; its documentation says any Duplex.
  return new tls.TLSSocket(under as never, options);
}

/** Node leaves a server's verification to its own tls.Server: the verdict is read off the handle. No verdict: no trust. */
function serverVerdict(over: TlsWire, side: ServerSide): Error | null {
  if (!side.request) return null;
  const handle = (
    over.socket as unknown as { _handle?: { verifyError?(): NodeJS.ErrnoException | null } | null }
  )._handle;
  const shown = over.certificates().length > 0;
  if (!shown && !side.required) return null;
  const error =
    handle?.verifyError === undefined
      ? Object.assign(new Error("unverified"), { code: "UNSPECIFIED" })
      : handle.verifyError();
  over.untrusted = error?.code;
  return side.verify || side.required ? (error ?? null) : null;
}

function handshaking(early: Buffer[], settle: (error: Error | null) => void): Link {
  return {
    arrived: (chunk) => early.push(chunk) > 0,
    ended: () => settle(ended()),
    wrote: () => {},
    finished: () => {},
    broke: settle,
  };
}

function ended(): Error {
  return Object.assign(new Error("the peer closed the connection during the handshake"), {
    code: "ECONNRESET",
  });
}
