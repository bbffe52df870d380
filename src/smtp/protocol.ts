/** What is said to an SMTP server. Whatever is not as it should be closes the connection, and throws. (RFC 5321) */
import type { Operation } from "effection";
import { ltn12, type PumpStep, type Source } from "../ltn12/index.js";
import type { Try } from "../lua/index.js";
import { sendWhole } from "../object/index.js";
import { mime } from "../mime/index.js";
import { socket } from "../socket.js";
import type { Expected, Tp } from "../tp/index.js";
import { withoutBareDots } from "./bare-dots.js";
import { settings } from "./settings.js";
import type { Envelope, Secured } from "./types.js";

export class Protocol {
  readonly try: Try = socket.newtry(() => this.close());

  constructor(readonly tp: Tp) {}

  *greet(domain?: string): Operation<string> {
    this.try(yield* this.tp.check("2.."));
    return yield* this.hello(domain);
  }

  /** What the server says of itself. */
  private *hello(domain = settings.DOMAIN): Operation<string> {
    this.try(yield* this.tp.command("EHLO", domain));
    const reply = yield* this.tp.check("2..");
    this.try(reply);
    // Otherwise `try` has thrown.
    return reply[1] as string;
  }

  *starttls(params?: Secured, domain?: string): Operation<string> {
    yield* this.ask("2..", "STARTTLS");
    yield* this.encrypt(params);
    // What was said in the clear may have been anybody's. (RFC 3207, 4.2)
    return yield* this.hello(domain);
  }

  *encrypt(params: Secured = true): Operation<void> {
    this.try(yield* this.tp.getcontrol().dohandshake(params === true ? {} : params));
  }

  *auth(
    user: string | undefined,
    password: string | undefined,
    extensions: string,
  ): Operation<number> {
    if (user === undefined || password === undefined) return 1;
    // It ends the user's name in what PLAIN says: the rest would be another password. (RFC 4616, 2)
    if (`${user}${password}`.includes("\0"))
      this.try([undefined, "null character in a user or password"]);
    if (offers(extensions, "LOGIN")) return yield* this.login(user, password);
    if (offers(extensions, "PLAIN")) return yield* this.plain(user, password);
    return this.try([undefined, "authentication not supported"]);
  }

  *login(user: string, password: string): Operation<number> {
    yield* this.ask("3..", "AUTH", "LOGIN");
    this.try(yield* this.tp.send(`${base64(user)}\r\n`));
    this.try(yield* this.tp.check("3.."));
    this.try(yield* this.tp.send(`${base64(password)}\r\n`));
    return this.try(yield* this.tp.check("2.."));
  }

  *plain(user: string, password: string): Operation<number> {
    return yield* this.ask("2..", "AUTH", `PLAIN ${base64(`\0${user}\0${password}`)}`);
  }

  *mail(from: string): Operation<number> {
    return yield* this.ask("2..", "MAIL", `FROM:${from}`);
  }

  *rcpt(to: string): Operation<number> {
    return yield* this.ask("2..", "RCPT", `TO:${to}`);
  }

  *data<Word extends string>(source: Source<Word>, step?: PumpStep): Operation<number> {
    yield* this.ask("3..", "DATA");
    const message = this.tp.source(withoutBareDots(source), step);
    this.try(yield* sendWhole(this.tp.getcontrol(), message, ([, err]) => err === "timeout"));
    this.try(yield* this.tp.send("\r\n.\r\n"));
    return this.try(yield* this.tp.check("2.."));
  }

  *send<Word extends string>({ from, rcpt, source, step }: Envelope<Word>): Operation<void> {
    yield* this.mail(from);
    for (const to of [rcpt].flat()) yield* this.rcpt(to);
    yield* this.data(ltn12.source.chain(source, mime.stuff()), step);
  }

  *quit(): Operation<number> {
    return yield* this.ask("2..", "QUIT");
  }

  close(): 1 {
    return this.tp.close();
  }

  /** A command, and the code of the reply, which has to be `expected`. */
  private *ask(expected: Expected, command: string, argument?: string): Operation<number> {
    this.try(yield* this.tp.command(command, argument));
    return this.try(yield* this.tp.check(expected));
  }
}

/** Whether a line has AUTH and, behind that, the mechanism. (A pattern would look at a long line once for each AUTH in it.) */
function offers(extensions: string, mechanism: string): boolean {
  return extensions.split("\n").some((line) => {
    const place = line.indexOf("AUTH");
    return place >= 0 && line.includes(mechanism, place + "AUTH ".length);
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
