/** Encrypting a connection: node:tls, on top of the socket or stream that a transport has. */
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { asError } from "../../reactor/index.js";
import { HelloReader } from "./client-hello.js";
import type { Protocol, Transport } from "./network.js";
import { lookBelow } from "./below.js";
import { closedEarly, TlsTransport } from "./tls-transport.js";
import type {
  Answer,
  ClientSide,
  Refusal,
  SecureContext,
  SecureContextOptions,
  ServerSide,
} from "./sides.js";
import { Callbacks } from "./tls-callbacks.js";
import { chainError, judge, NO_CERTIFICATE, sameName, ServerCheck } from "./verdict.js";

/** What has to be told of a handshake, once. */
export interface Handshaker {
  /** The transport that encrypts. It must get a protocol now: what has come over it is told at once. */
  secured(transport: Transport): void;
  /** The connection has been closed. */
  refused(refusal: Refusal): void;
}

export function createContext(options: SecureContextOptions): SecureContext {
  return tls.createSecureContext(options);
}

/** Node's ciphers for TLS 1.2, as OpenSSL's list. */
export function defaultCiphers(): string {
  const names = tls.DEFAULT_CIPHERS.split(":");
  return names.filter((name) => !/^!?TLS_/.test(name)).join(":");
}

/**
 * Upgrade the connection of `transport`, which is of no more use afterwards.
 *
 * @param early bytes of the handshake that have been read already
 */
export function secure(
  transport: Transport,
  side: ClientSide | ServerSide,
  early: Buffer,
  handshaker: Handshaker,
): { abort(): void } {
  const upgrade = new Upgrade(transport, handshaker);
  if (side.server && side.select !== undefined) upgrade.listen(side, side.select, early);
  else upgrade.begin(side, early);
  return upgrade;
}

class Upgrade implements Protocol {
  private under: Duplex | null = null;
  private over: TlsTransport | null = null;
  private settled = false;
  /** The handshake has succeeded, and only waits to be told of. */
  private secured = false;
  /** What a user's callback threw, which OpenSSL makes something else of. */
  private thrown: Error | null = null;
  private readonly hello = new HelloReader();

  constructor(
    private readonly transport: Transport,
    private readonly handshaker: Handshaker,
  ) {}

  abort(): void {
    this.settled = true;
    this.over?.destroy();
    if (this.under === null) this.transport.destroy();
    else this.under.destroy();
  }

  private refuse(error: Error, by: Refusal["by"] = "tls"): void {
    if (this.settled) return;
    this.abort();
    const { thrown } = this;
    this.handshaker.refused(thrown === null ? { error, by } : { error: thrown, by: "callback" });
  }

  private readonly threw = (error: unknown): void => {
    this.thrown ??= asError(error);
  };

  // ---- the name, before the handshake: of a server with several contexts ------------------------------------------

  listen(side: ServerSide, select: NonNullable<ServerSide["select"]>, early: Buffer): void {
    this.chosen = (servername) => this.select(side, select, servername);
    this.transport.attach(this);
    if (early.length === 0 || this.arrived(early)) this.transport.read();
  }

  private chosen: (servername: string) => void = () => {};

  arrived(chunk: Buffer): boolean {
    const first = this.hello.state === "more";
    const hello = this.hello.push(chunk);
    if (hello === "more") return true;
    // What comes while the answer is awaited is the handshake's.
    if (!first) return false;
    // Not on the stack of the transport, which is given away.
    queueMicrotask(() => {
      // What is no ClientHello is OpenSSL's to refuse.
      if (!this.settled) this.chosen(hello === "other" ? "" : hello.name);
    });
    return false;
  }
  ended(): void {
    this.refuse(closedEarly());
  }
  broke(error: Error): void {
    this.refuse(error);
  }
  wrote(): void {}
  finished(): void {}

  private select(
    side: ServerSide,
    select: NonNullable<ServerSide["select"]>,
    servername: string,
  ): void {
    let answered = false;
    const answer: Answer = (error, other) => {
      if (answered || this.settled) return;
      answered = true;
      if (error) {
        this.threw(error);
        this.refuseWith(INTERNAL_ERROR, "internal error");
      } else if (other === null) this.refuseWith(UNRECOGNIZED_NAME, "unrecognized name");
      else this.begin(other ?? side, this.hello.bytes, servername);
    };
    try {
      select(servername, answer);
    } catch (error) {
      // Also null, and whatever else looks like no error.
      answer(asError(error));
    }
  }

  /** OpenSSL, which tells the peer otherwise, has not begun yet. */
  private refuseWith(alert: number, text: string): void {
    this.transport.write(Buffer.of(21, 3, 3, 0, 2, FATAL, alert), "buffer");
    this.refuse(new Error(text));
  }

  // ---- the handshake ----------------------------------------------------------------------------------------------

  /** @param servername the name by which a server's side was chosen */
  begin(side: ClientSide | ServerSide, early: Buffer, servername?: string): void {
    const under = (this.under = this.transport.release());
    if (early.length > 0) under.unshift(early);
    const below = lookBelow(under);
    const callbacks = new Callbacks(this.threw);
    let socket: tls.TLSSocket;
    let check: ServerCheck;
    try {
      if (side.server) socket = serverSocket(under, side, callbacks);
      else {
        check = new ServerCheck(side, this.threw);
        socket = clientSocket(under, side, check, callbacks);
      }
    } catch (error) {
      this.threw(error);
      return this.refuse(error as Error);
    }
    const { identity, trust, lenient, server } = side;
    const bond = { identity, trust, lenient };
    const over = (this.over = new TlsTransport(socket, below, bond, server));
    over.attach(this);
    over.early = (error) => {
      if (!this.secured) this.refuse(error, judge(error));
    };
    if (!side.server) socket.once("secureConnect", () => this.clientDone(over, side, check));
    else socket.once("secure", () => this.serverDone(over, side, servername));
  }

  private clientDone(over: TlsTransport, side: ClientSide, check: ServerCheck): void {
    over.untrusted = check.verdict(over);
    // A connection that a pre-shared key has authenticated has no certificate.
    const byKey = side.psk !== undefined && over.untrusted === NO_CERTIFICATE;
    if (this.thrown !== null) this.refuse(this.thrown);
    else if (side.verify && over.untrusted !== undefined && !byKey)
      this.refuse(over.untrusted, "certificate");
    else this.succeed(over);
  }

  private serverDone(over: TlsTransport, side: ServerSide, chosenBy: string | undefined): void {
    const shown = side.request && over.certificates().length > 0;
    over.untrusted = shown ? chainError(over) : NO_CERTIFICATE;
    if (this.thrown !== null) this.refuse(this.thrown);
    else if (side.required && !shown) this.refuse(new Error("peer did not return a certificate"));
    else if (side.verify && shown && over.untrusted !== undefined)
      this.refuse(over.untrusted, "certificate");
    else if (chosenBy !== undefined && !sameName(over, chosenBy))
      this.refuse(new Error("the server name was changed during the handshake"));
    else this.succeed(over);
  }

  private succeed(over: TlsTransport): void {
    if (this.settled) return;
    this.settled = this.secured = true;
    this.handshaker.secured(over);
    over.handOverSoon();
  }
}

/** Alerts. (RFC 8446, 6) */
const FATAL = 2;
const INTERNAL_ERROR = 80;
const UNRECOGNIZED_NAME = 112;

function clientSocket(
  under: Duplex,
  side: ClientSide,
  check: ServerCheck,
  callbacks: Callbacks,
): tls.TLSSocket {
  const { context, host, servername, verify, alpn, minDHSize, psk } = side;
  return tls.connect({
    socket: under,
    secureContext: context,
    host,
    servername,
    rejectUnauthorized: verify,
    checkServerIdentity: check.ask,
    ...(alpn === undefined ? {} : { ALPNProtocols: alpn }),
    ...(check.session === undefined ? {} : { session: check.session }),
    ...(minDHSize === undefined ? {} : { minDHSize }),
    ...(psk === undefined ? {} : { pskCallback: callbacks.clientPsk(psk) }),
  });
}

function serverSocket(under: Duplex, side: ServerSide, callbacks: Callbacks): tls.TLSSocket {
  const { context, alpn, psk, pskIdentityHint } = side;
  // Node's types leave some of the options of tls.Server out, which hands them over to its sockets.
  const options: tls.TLSSocketOptions & {
    ALPNCallback?: unknown;
    pskCallback?: unknown;
    pskIdentityHint?: string;
  } = {
    isServer: true,
    secureContext: context,
    requestCert: side.request,
    rejectUnauthorized: side.required,
  };
  if (typeof alpn === "function") options.ALPNCallback = callbacks.alpn(alpn);
  else if (alpn !== undefined) options.ALPNProtocols = alpn;
  if (psk !== undefined) options.pskCallback = callbacks.serverPsk(psk);
  if (pskIdentityHint !== undefined) options.pskIdentityHint = pskIdentityHint;
  // Node's types give node:net's Socket here; its documentation says any Duplex.
  return new tls.TLSSocket(under as never, options);
}
