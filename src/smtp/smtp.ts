/** LuaSocket's socket.smtp: mails, and the messages in them. */
import type { Operation } from "effection";
import {
  checkOptionNames,
  notAsync,
  operation,
  shown,
  type Yieldable,
} from "../../reactor/index.js";
import { type Port, portNumber } from "../address/index.js";
import type { Source } from "../ltn12/index.js";
import type { Result, SocketError } from "../object/index.js";
import { socket } from "../socket.js";
import { type Create, tp } from "../tp/index.js";
import { messageSource } from "./message.js";
import { Protocol } from "./protocol.js";
import { Smtp } from "./session.js";
import { settings } from "./settings.js";
import type { Mail, Message, SmtpError } from "./types.js";

function* connecting(server: string, port: Port, create?: Create): Operation<Protocol> {
  return new Protocol(socket.try(yield* tp.connect(server, port, settings.TIMEOUT, create)));
}

/** A conversation with the server, from its greeting to the good-bye. However it ends, the connection is closed. */
function* sending<Word extends string>(mail: Mail<Word>): Operation<1> {
  const { server = settings.SERVER, port = settings.PORT, domain } = mail;
  const s = yield* connecting(server, port, mail.create);
  try {
    if (mail.sslparams !== undefined) yield* s.encrypt(mail.sslparams);
    let extensions = yield* s.greet(domain);
    if (mail.starttls !== undefined) {
      if (!/^250[- ]STARTTLS\b/im.test(extensions)) s.try([undefined, "STARTTLS not supported"]);
      extensions = yield* s.starttls(mail.starttls, domain);
    }
    yield* s.auth(mail.user, mail.password, extensions);
    yield* s.send(mail);
    yield* s.quit();
    return 1;
  } finally {
    s.close();
  }
}

const NAMES =
  "from rcpt source step server port domain user password create sslparams starttls".split(" ");

/** Misuse throws TypeError. Trouble with what may come from outside, as addresses, is a result. */
function checkMail(mail: Mail<string>): void {
  checkOptionNames("smtp.send", mail, NAMES);
  const { from, rcpt, source, port, create, user, password } = mail;
  if (typeof from !== "string")
    throw new TypeError(`smtp.send: from is an address, "<me@example.com>", not ${shown(from)}`);
  const all: unknown[] = [rcpt].flat();
  if (all.length === 0 || all.some((to) => typeof to !== "string"))
    throw new TypeError(`smtp.send: rcpt is an address or an array of some, not ${shown(rcpt)}`);
  if (typeof source !== "function")
    throw new TypeError(
      `smtp.send: source is a function that gives pieces, as smtp.message makes it, not ${shown(source)}`,
    );
  notAsync(source, "smtp.send: source");
  must(mail, ["server", "domain", "user", "password"], "a string", isText);
  must(mail, ["step"], "a function, as pump.step", isFunction);
  must(mail, ["sslparams", "starttls"], "true, or parameters of TLS, or a context", isSecured);
  if ((user === undefined) !== (password === undefined))
    throw new TypeError("smtp.send takes both user and password, or none of them");
  if (port !== undefined) portNumber(port, "smtp.send");
  checkCreate("smtp.send", create);
}

const isText = (value: unknown): boolean => typeof value === "string";
const isFunction = (value: unknown): boolean => typeof value === "function";
const isSecured = (value: unknown): boolean =>
  value === true || (typeof value === "object" && value !== null);

function must(
  mail: Mail<string>,
  names: readonly (keyof Mail)[],
  right: string,
  is: (value: unknown) => boolean,
): void {
  for (const name of names) {
    const value: unknown = mail[name];
    if (value === undefined || is(value)) continue;
    const wrong = name === "password" ? typeof value : shown(value);
    throw new TypeError(`smtp.send: ${name} is ${right}, not ${wrong}`);
  }
}

function checkCreate(what: string, create: unknown): void {
  if (create !== undefined && typeof create !== "function")
    throw new TypeError(`${what}: create is a function that makes a socket, not ${shown(create)}`);
}

/** LuaSocket's `require "socket.smtp"`: functions, and settings that may be set. See docs/smtp.md. */
export const smtp = Object.assign(settings, {
  /**
   * Send a mail.
   *
   * Each wait lasts `smtp.TIMEOUT` seconds at most; `within` is for all of it. Cancelling closes the connection: then the mail was not sent, unless
   * it was the answer to its end that was waited for.
   *
   * @param mail who sends it to whom, the message, and which server is to take it, in the clear or encrypted
   * @returns `[1]`, when the server has taken it for all recipients; or `[undefined, error]`: the reply of the server that was not
   * the right one ("550 no such user"), a word of a socket's ("connection refused"), a word of the source's; "authentication not supported";
   * "STARTTLS not supported"; "line break in a command", if an address has one, and "control character in a command"; "null character in a user or password";
   * "bare line end before a dot in the message", which some servers would take for the end of the mail; "invalid header field ..." of `smtp.message`. TypeError for what is no mail. (LuaSocket: smtp.send)
   *
   * @example
   * const [, err] = yield* smtp.send({
   *   from: "<fulano@example.com>",
   *   rcpt: ["<beltrano@example.com>", "<sicrano@example.com>"],
   *   source: smtp.message({ headers: { subject: "hello" }, body: "How are you?\r\n" }),
   *   server: "mail.example.com",
   * });
   */
  send<Word extends string = SocketError>(
    mail: Mail<Word>,
  ): Yieldable<Result<1, undefined, Word | SmtpError>> {
    checkMail(mail);
    // What `try` throws in it are these words.
    return socket.protect(() => sending(mail))() as Yieldable<
      Result<1, undefined, Word | SmtpError>
    >;
  },

  /**
   * A message as a source, which gives its header and its body, and the parts of that, as they are needed.
   *
   * Fields of the header may be written in any case, in the order they are given, and have no line break but before a space. "date", "x-mailer" and "content-type"
   * are added if there are none, "mime-version" is. Lines of the body end in CRLF, and are not changed. Of bodies that are sources no more is taken than is sent. (LuaSocket: smtp.message)
   *
   * @example
   * const source = smtp.message({
   *   headers: { from: "Ada <ada@example.com>", subject: "a picture" },
   *   body: [
   *     { body: "Here it is.\r\n" },
   *     {
   *       headers: { "content-type": "image/png", "content-transfer-encoding": "BASE64" },
   *       body: ltn12.source.chain(from, mime.encode("base64"), mime.wrap()),
   *     },
   *   ],
   * });
   */
  message<Word extends string = SocketError>(message: Message<Word>): Source<Word | SmtpError> {
    return messageSource(message, socket._VERSION);
  },

  /**
   * Begin a conversation with a server by hand: it is connected to, and nothing is said yet.
   *
   * @param server default: `smtp.SERVER`
   * @param port default: `smtp.PORT`
   * @param create makes the socket; default: `socket.tcp`
   * @returns the conversation; SocketException if there is none. Cancelling closes it. (LuaSocket: smtp.open)
   *
   * @example
   * const deliver = socket.protect(function* () {
   *   const s = yield* smtp.open("mail.example.com", 25);
   *   yield* s.greet();
   *   yield* s.mail("<fulano@example.com>");
   *   yield* s.quit();
   *   return s.close();
   * });
   */
  open(
    server: string = settings.SERVER,
    port: Port = settings.PORT,
    create?: Create,
  ): Yieldable<Smtp> {
    checkCreate("smtp.open", create);
    portNumber(port, "smtp.open");
    return operation("smtp.open", function* () {
      return new Smtp(yield* connecting(server, port, create));
    });
  },
});
