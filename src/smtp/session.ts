/** A conversation with an SMTP server. (LuaSocket: what smtp.open gives; RFC 5321) */
import { operation, shown, type Yieldable } from "../../reactor/index.js";
import type { PumpStep, Source } from "../ltn12/index.js";
import type { Try } from "../lua/index.js";
import type { SocketError } from "../object/index.js";
import type { Tp } from "../tp/index.js";
import type { Protocol } from "./protocol.js";
import type { Envelope, Secured } from "./types.js";

/**
 * A conversation with an SMTP server, by LuaSocket's methods. What the server refuses, and what fails, closes it and throws
 * SocketException, which `socket.protect` makes a result. See docs/smtp.md.
 */
export class Smtp {
  /** @internal Use `smtp.open`. */
  constructor(private readonly protocol: Protocol) {}

  /** As `socket.try`; it closes the connection before it throws. (LuaSocket: try) */
  get try(): Try {
    return this.protocol.try;
  }

  /** Commands and replies. (LuaSocket: tp) */
  get tp(): Tp {
    return this.protocol.tp;
  }

  /**
   * Hear the server's greeting, and say who it is. (LuaSocket: greet)
   *
   * @param domain default: `smtp.DOMAIN`
   * @returns what the server says of itself: the reply to EHLO, for `auth`
   *
   * @example const extensions = yield* mailer.greet("example.com");
   */
  greet(domain?: string): Yieldable<string> {
    return operation("greet", () => this.protocol.greet(domain));
  }

  /**
   * Go on encrypted, and say once more who it is: what the server said of itself in the clear is forgotten. (RFC 3207)
   *
   * @param params LuaSec's; as for `dohandshake`, the server's certificate is verified
   * @returns what the server says of itself now
   *
   * @example const extensions = yield* mailer.starttls({ cafile: "ca.pem" });
   */
  starttls(params: Secured = true, domain?: string): Yieldable<string> {
    return operation("STARTTLS", () => this.protocol.starttls(params, domain));
  }

  /**
   * Say who is to be let in, as the server can hear it: by LOGIN, or by PLAIN; nothing is said without a user and a password. (LuaSocket: auth)
   *
   * @param extensions what `greet` or `starttls` gave
   * @returns the code of the reply, or 1
   *
   * @example yield* mailer.auth("fulano", "silva", yield* mailer.greet());
   */
  auth(
    user: string | undefined,
    password: string | undefined,
    extensions: string,
  ): Yieldable<number> {
    return operation("AUTH", () => this.protocol.auth(user, password, extensions));
  }

  /**
   * AUTH LOGIN. (LuaSocket: login)
   *
   * @example yield* mailer.login("fulano", "silva");
   */
  login(user: string, password: string): Yieldable<number> {
    return operation("AUTH LOGIN", () => this.protocol.login(user, password));
  }

  /**
   * AUTH PLAIN. (LuaSocket: plain; RFC 4616)
   *
   * @example yield* mailer.plain("fulano", "silva");
   */
  plain(user: string, password: string): Yieldable<number> {
    return operation("AUTH PLAIN", () => this.protocol.plain(user, password));
  }

  /**
   * Whom the mail is from. (LuaSocket: mail)
   *
   * @example yield* mailer.mail("<fulano@example.com>");
   */
  mail(from: string): Yieldable<number> {
    mustBeAddress("mail", from);
    return operation("MAIL", () => this.protocol.mail(from));
  }

  /**
   * One to whom it goes. (LuaSocket: rcpt)
   *
   * @example yield* mailer.rcpt("<beltrano@example.com>");
   */
  rcpt(to: string): Yieldable<number> {
    mustBeAddress("rcpt", to);
    return operation("RCPT", () => this.protocol.rcpt(to));
  }

  /**
   * The message, header and all, as it is to go over the wire: in lines that end in CRLF, and with dots doubled (`mime.stuff`). (LuaSocket: data)
   *
   * @example yield* mailer.data(ltn12.source.chain(smtp.message({ body: "hello\r\n" }), mime.stuff()));
   */
  data<Word extends string = SocketError>(
    source: Source<Word>,
    step?: PumpStep,
  ): Yieldable<number> {
    return operation("DATA", () => this.protocol.data(source, step));
  }

  /**
   * A whole mail: from whom, to whom, and the message. (LuaSocket: send)
   *
   * @example
   * const source = smtp.message({ headers: { subject: "hello" }, body: "How are you?\r\n" });
   * yield* mailer.send({ from: "<me@example.com>", rcpt: "<you@example.com>", source });
   */
  send<Word extends string = SocketError>(mail: Envelope<Word>): Yieldable<void> {
    return operation("send a mail", () => this.protocol.send(mail));
  }

  /**
   * Say good-bye. (LuaSocket: quit)
   *
   * @example yield* mailer.quit();
   */
  quit(): Yieldable<number> {
    return operation("QUIT", () => this.protocol.quit());
  }

  /**
   * Close the connection, without a word. Always 1. (LuaSocket: close)
   *
   * @example mailer.close();
   */
  close(): 1 {
    return this.protocol.close();
  }
}

/** Misuse throws TypeError. */
function mustBeAddress(what: string, address: unknown): void {
  if (typeof address !== "string")
    throw new TypeError(`${what} takes an address, "<fulano@example.com>", not ${shown(address)}`);
}
