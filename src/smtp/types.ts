/** What a mail is: its message and its envelope. */
import type { Create } from "../tp/index.js";
import type { TpError } from "../tp/index.js";
import type { Port } from "../address/index.js";
import type { PumpStep, Source } from "../ltn12/index.js";
import type { SocketError } from "../object/index.js";
import type { TlsContext, TlsParams } from "../tls/index.js";

/** What may go wrong with a mail, beside what its own sources say. */
export type SmtpError =
  | TpError
  | "authentication not supported"
  | "STARTTLS not supported"
  | "null character in a user or password"
  | "bare line end before a dot in the message"
  | `invalid header field ${string}`;

/** Fields of a header, by their names, in lower or upper case; those that are undefined are left out. */
export type HeaderFields = Readonly<Record<string, string | number | undefined>>;

/** A message, or a part of one. (LuaSocket: mesgt) */
export interface Message<Word extends string = SocketError> {
  readonly headers?: HeaderFields | undefined;
  /** Text or bytes, a source, or parts. */
  readonly body: string | Uint8Array | Source<Word> | Multipart<Word> | readonly Message<Word>[];
  /** The time zone that the date is said to be in: "+0100"; default: `smtp.ZONE`. Of the message, not of its parts. */
  readonly zone?: string | undefined;
}

/** Parts, from 1 as in Lua, and what stands before and behind them. */
export interface Multipart<Word extends string = SocketError> {
  readonly preamble?: string | undefined;
  readonly epilogue?: string | undefined;
  readonly [part: number]: Message<Word>;
}

/** From whom to whom, and what. (LuaSocket: mailt) */
export interface Envelope<Word extends string = SocketError> {
  /** An address in angle brackets: "<fulano@example.com>". */
  readonly from: string;
  /** One address, or several. */
  readonly rcpt: string | readonly string[];
  /** The message, with its header: {@link Message} as `smtp.message` makes it, or any other source. */
  readonly source: Source<Word>;
  /** Moves one piece of it; default: `pump.step`. */
  readonly step?: PumpStep | undefined;
}

/** What `smtp.send` takes. */
export interface Mail<Word extends string = SocketError> extends Envelope<Word> {
  /** Default: `smtp.SERVER`, `smtp.PORT`. */
  readonly server?: string | undefined;
  readonly port?: Port | undefined;
  /** The name to greet with; default: `smtp.DOMAIN`. */
  readonly domain?: string | undefined;
  /** Who is it, to the server, by LOGIN or PLAIN. In the clear unless `sslparams` or `starttls` is given. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Makes the socket; default: `socket.tcp`. */
  readonly create?: Create | undefined;
  /** Encrypt the connection from its first byte ("smtps", mostly port 465), with LuaSec's parameters; true: with none. */
  readonly sslparams?: Secured | undefined;
  /** Encrypt it by the STARTTLS command (mostly port 587) before anything else is said; where that cannot be done, nothing is sent. */
  readonly starttls?: Secured | undefined;
}

/** Parameters of TLS, a context, or true for the defaults: the server's certificate is verified. */
export type Secured = TlsParams | TlsContext | true;
