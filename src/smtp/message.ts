/** A message as a source: header and body, or parts that are messages themselves. (LuaSocket: smtp.message; RFC 5322, RFC 2046) */
import { randomBytes } from "node:crypto";
import { dateOf, reactor, shown } from "../../reactor/index.js";
import { headers as fields } from "../headers/index.js";
import { ltn12, type Source } from "../ltn12/index.js";
import type { SocketError } from "../object/index.js";
import { settings } from "./settings.js";
import type { HeaderFields, Message, Multipart, SmtpError } from "./types.js";

type Sources<Word extends string> = Source<Word | SmtpError>[];

/** The fields by their names in lower case. */
type Header = Map<string, string>;

/** The message's own header has fields that those of its parts need not have. */
export function messageSource<Word extends string = SocketError>(
  message: Message<Word>,
  version: string,
): Source<Word | SmtpError> {
  const header = headerOf(message.headers);
  setDefault(header, "date", `${now()} ${message.zone ?? settings.ZONE}`);
  setDefault(header, "x-mailer", version);
  header.set("mime-version", "1.0");
  return ltn12.source.cat(...partOf(header, message.body));
}

function partOf<Word extends string>(header: Header, body: Message<Word>["body"]): Sources<Word> {
  if (typeof body === "string" || body instanceof Uint8Array)
    return [text(header), ltn12.source.string(body)];
  if (typeof body === "function") return [text(header), body];
  if (typeof body === "object" && body !== null) return multipart(header, body as Multipart<Word>);
  throw new TypeError(
    `smtp.message: a body is text or bytes, a source, or parts, not ${shown(body)}`,
  );
}

function multipart<Word extends string>(header: Header, body: Multipart<Word>): Sources<Word> {
  const boundary = randomBytes(15).toString("hex");
  setDefault(header, "content-type", "multipart/mixed");
  header.set("content-type", `${header.get("content-type")}; boundary="${boundary}"`);
  const { preamble, epilogue } = body;
  return [
    fieldsOf(header),
    ...(preamble === undefined ? [] : [ltn12.source.string(`${preamble}\r\n`)]),
    ...partsOf(body).flatMap((part) => [
      ltn12.source.string(`\r\n--${boundary}\r\n`),
      ...partOf(headerOf(part.headers), part.body),
    ]),
    ltn12.source.string(`\r\n--${boundary}--\r\n\r\n`),
    ...(epilogue === undefined ? [] : [ltn12.source.string(`${epilogue}\r\n`)]),
  ];
}

/** An array has its first part at 0, what looks like a Lua table at 1. */
function partsOf<Word extends string>(body: Multipart<Word>): Message<Word>[] {
  if (Array.isArray(body)) return body as Message<Word>[];
  const parts: Message<Word>[] = [];
  for (let i = 1; body[i] !== undefined; i++) parts.push(body[i]!);
  return parts;
}

function text(header: Header): Source<SmtpError> {
  setDefault(header, "content-type", 'text/plain; charset="iso-8859-1"');
  return fieldsOf(header);
}

function fieldsOf(header: Header): Source<SmtpError> {
  let lines = "";
  for (const [name, value] of header) {
    const wrong = !/^[!-9;-~]+$/.test(name) || breaksOut(value);
    if (wrong) return ltn12.source.error(`invalid header field ${JSON.stringify(name)}`);
    lines += `${fields.canonic[name] ?? name}: ${value}\r\n`;
  }
  return ltn12.source.string(`${lines}\r\n`);
}

/** A line break in a value is followed by a space and by more of it: a folded line. No NUL is. (RFC 5322, 2.2.3, 4) */
function breaksOut(value: string): boolean {
  return /[\0\r\n]/.test(value.replaceAll(/\r?\n[ \t]+(?=\S)/g, ""));
}

function headerOf(headers: HeaderFields = {}): Header {
  return new Map(
    Object.entries(headers)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

function setDefault(header: Header, name: string, value: string): void {
  if (!header.has(name)) header.set(name, value);
}

/** "Thu, 20 Apr 2006 00:25:51" */
function now(): string {
  return dateOf(reactor.clock.time()).toUTCString().replace(" GMT", "");
}
