/** What is got and put, and where. */
import type { PumpStep, Sink, Source } from "../ltn12/index.js";
import type { SocketError } from "../object/index.js";
import type { Create, Expected, TpError } from "../tp/index.js";
import type { ParsedUrl } from "../url/index.js";

/** What may go wrong, beside what one's own sources and sinks say. */
export type FtpError =
  | TpError
  | "invalid url"
  | "missing hostname"
  | "missing command"
  | "invalid epsv response"
  | "need port or pasv first"
  | "data connection from another host"
  | `wrong scheme '${string}'`
  | `invalid type '${string}'`;

/** Which server, and as whom: also parts of a URL, as `url.parse` gives them. */
export interface Site extends Readonly<ParsedUrl> {
  /** A URL whose parts are taken where nothing else is said. */
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  /** Default: 21. */
  readonly port?: string | number | undefined;
  /** Default: `ftp.USER`, `ftp.PASSWORD`. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Makes the socket that commands go over; default: `socket.tcp`. */
  readonly create?: Create | undefined;
}

/** Where the server waits for the data connection. (LuaSocket: pasvt) */
export interface Passive {
  address: string;
  port: number;
}

/** What is transferred. */
export interface Transfer {
  /** The command; default: "retr" or "stor". */
  readonly command?: string | undefined;
  /** Its argument; default: the path. */
  readonly argument?: string | undefined;
  /** The path of a URL: unescaped, and without its first slash, it is the argument. */
  readonly path?: string | undefined;
  /** Moves one piece; default: `pump.step`. */
  readonly step?: PumpStep | undefined;
}

/** What is received, and into what. */
export interface Receiving<Word extends string = SocketError> extends Transfer {
  readonly sink: Sink<Word>;
}

/** What is sent, and from what. */
export interface Sending<Word extends string = SocketError> extends Transfer {
  readonly source: Source<Word>;
}

/** "i": bytes as they are; "a": lines of text; default: the server's. */
interface Typed {
  readonly type?: string | undefined;
}

/** What `ftp.get` takes. (LuaSocket: gett) */
export interface Get<Word extends string = SocketError> extends Site, Typed, Receiving<Word> {
  readonly path?: string | undefined;
}

/** What `ftp.put` takes. (LuaSocket: putt) */
export interface Put<Word extends string = SocketError> extends Site, Typed, Sending<Word> {
  readonly path?: string | undefined;
}

/** What `ftp.command` takes: one command, or several with their arguments and replies at the same places. (LuaSocket: cmdt) */
export interface Command extends Site {
  readonly command?: string | readonly string[] | undefined;
  readonly argument?: string | readonly (string | undefined)[] | undefined;
  /** The replies to expect. Without, a reply is not waited for, and the next one is taken for it. */
  readonly check?: Expected | readonly (Expected | undefined)[] | undefined;
}
