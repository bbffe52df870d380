/** LuaSocket's socket.ftp: files that are got and put. */
import type { Operation } from "effection";
import {
  checkOptionNames,
  notAsync,
  operation,
  shown,
  type Yieldable,
} from "../../reactor/index.js";
import { hostName, type Port } from "../address/index.js";
import { ltn12 } from "../ltn12/index.js";
import { type Data, joined, type Result } from "../object/index.js";
import { socket } from "../socket.js";
import { type Create, type Expected, tp } from "../tp/index.js";
import { Protocol } from "./protocol.js";
import { Ftp } from "./session.js";
import { PORT, settings } from "./settings.js";
import { genericform, override, portOf } from "./site.js";
import type { Command, FtpError, Get, Put, Site } from "./types.js";

function* connecting(server: string, port: Port, create?: Create): Operation<Protocol> {
  return new Protocol(socket.try(yield* tp.connect(server, port, settings.TIMEOUT, create)));
}

/** A conversation with the server, from its greeting to the good-bye. However it ends, all connections are closed. */
function* conversing<T>(
  { host, port, user, password, create }: Site,
  about: (f: Protocol) => Operation<T>,
): Operation<T> {
  if (!host) return socket.try([undefined, "missing hostname"]);
  const f = yield* connecting(host, portOf(port), create);
  try {
    yield* f.greet();
    yield* f.login(user, password);
    const value = yield* about(f);
    yield* f.ask("2..", "quit");
    return value;
  } finally {
    f.close();
  }
}

function getting<Word extends string>(given: Get<Word>): Operation<1> {
  const form = override(given);
  return conversing(form, function* (f) {
    if (form.type !== undefined) yield* f.ask(200, "type", form.type);
    yield* f.anyPassive();
    return yield* f.receive(form);
  });
}

function putting<Word extends string>(given: Put<Word>): Operation<number> {
  const form = override(given);
  return conversing(form, function* (f) {
    if (form.type !== undefined) yield* f.ask(200, "type", form.type);
    yield* f.anyPassive();
    return yield* f.send(form);
  });
}

function* gettingText(address: string): Operation<string> {
  const pieces: Data[] = [];
  yield* getting({ ...genericform(address), sink: ltn12.sink.table(pieces) });
  return joined(pieces, "utf8").toString();
}

function puttingText(address: string, content: string | Uint8Array): Operation<number> {
  return putting({ ...genericform(address), source: ltn12.source.string(content) });
}

function commanding(given: Command): Operation<1> {
  const form = override(given);
  const { command, argument, check } = form;
  return conversing<1>(form, function* (f) {
    if (command === undefined) return f.try([undefined, "missing command"]);
    const steps: [command: string, argument: string | undefined, check: Expected | undefined][] =
      typeof command === "string"
        ? [[command, argument as string, check as Expected]]
        : command.map((each, i) => [each, argument?.[i], (check as Expected[] | undefined)?.[i]]);
    for (const [each, its, expected] of steps) {
      f.try(yield* f.tp.command(each, its));
      if (expected !== undefined) f.try(yield* f.tp.check(expected));
    }
    return 1;
  });
}

/** What `try` throws in it are these words. */
function protect<T, Word extends string>(
  steps: () => Operation<T>,
): Yieldable<Result<T, undefined, Word | FtpError>> {
  return socket.protect(steps)() as Yieldable<Result<T, undefined, Word | FtpError>>;
}

const TEXTS = "scheme authority userinfo user password host path params query fragment type".split(
  " ",
);
const SITE = ["url", "port", "create", "command", "argument", ...TEXTS];

/** Misuse throws TypeError. */
function checkForm(what: string, form: object | null, needed: "source" | "sink" | "check"): void {
  if (typeof form !== "object" || form === null)
    throw new TypeError(`${what} takes a URL or an object, not ${shown(form)}`);
  checkOptionNames(what, form, [...SITE, needed, ...(needed === "check" ? [] : ["step"])]);
  const { create, host, url, step, [needed]: flow, ...rest } = form as Record<string, unknown>;
  for (const text of [host, url]) if (text !== undefined) hostName(text, what);
  const texts = needed === "check" ? TEXTS : [...TEXTS, "command", "argument"];
  for (const name of texts)
    if (rest[name] !== undefined && typeof rest[name] !== "string")
      throw new TypeError(
        `${what}: ${name} is a string, not ${name === "password" ? typeof rest[name] : shown(rest[name])}`,
      );
  checkCreate(what, create);
  if (needed === "check") return;
  if (step !== undefined && typeof step !== "function")
    throw new TypeError(`${what}: step is a function, as pump.step, not ${shown(step)}`);
  if (typeof flow !== "function")
    throw new TypeError(
      `${what}: ${needed} is a function, as those of ltn12.${needed}, not ${shown(flow)}`,
    );
  notAsync(flow, `${what}: ${needed}`);
}

function checkCreate(what: string, create: unknown): void {
  if (create !== undefined && typeof create !== "function")
    throw new TypeError(`${what}: create is a function that makes a socket, not ${shown(create)}`);
}

/** @see ftp.get */
function get(address: string): Yieldable<Result<string, undefined, FtpError>>;
function get<Word extends string = never>(
  form: Get<Word>,
): Yieldable<Result<1, undefined, Word | FtpError>>;
function get(form: string | Get<string>): Yieldable<Result<string | 1, undefined, string>> {
  if (typeof form === "string") return protect(() => gettingText(form));
  checkForm("ftp.get", form, "sink");
  return protect(() => getting(form));
}

/** @see ftp.put */
function put(
  address: string,
  content: string | Uint8Array,
): Yieldable<Result<number, undefined, FtpError>>;
function put<Word extends string = never>(
  form: Put<Word>,
): Yieldable<Result<number, undefined, Word | FtpError>>;
function put(
  form: string | Put<string>,
  content?: string | Uint8Array,
): Yieldable<Result<number, undefined, string>> {
  if (typeof form === "string") {
    if (typeof content !== "string" && !(content instanceof Uint8Array))
      throw new TypeError(`ftp.put takes a URL and a text or bytes, not ${shown(content)}`);
    return protect(() => puttingText(form, content));
  }
  checkForm("ftp.put", form, "source");
  return protect(() => putting(form));
}

/** LuaSocket's `require "socket.ftp"`: functions, and settings that may be set. See docs/ftp.md. */
export const ftp = Object.assign(settings, {
  /**
   * Get a file: its text, by a URL; or what a sink takes.
   *
   * Each wait lasts `ftp.TIMEOUT` seconds at most; `within` is for all of it. Cancelling closes all connections. The sink is told the end
   * before it is known whether the server says that it was all: only the result tells.
   *
   * @param form a URL: "ftp://user:password@host/path;type=i"; or which server, as whom, which path, and the sink; parts of a URL, as `url.parse` gives them, will do
   * @returns `[text]` (UTF-8) of a URL, otherwise `[1]`; or `[undefined, error]`: the reply of the server that was not the right one ("550 no such
   * file"), a word of a socket's ("connection refused", "timeout"), of the sink's; "invalid url", "missing hostname", "wrong scheme 'http'",
   * "invalid type 'x'"; "line break in a command" and "control character in a command", if the path has one. (LuaSocket: ftp.get)
   *
   * @example
   * const [text, err] = yield* ftp.get("ftp://ftp.example.org/pub/README;type=i");
   */
  get,

  /**
   * Put a text or bytes where a URL says; or what a source gives.
   *
   * Timeouts and cancelling as {@link ftp.get}. What is not sent as a whole ends with a reset, by which servers know. (They keep what they have got, mostly.)
   *
   * @returns `[bytes sent]`, or `[undefined, error]` as {@link ftp.get}. (LuaSocket: ftp.put)
   *
   * @example
   * const [bytes, err] = yield* ftp.put({
   *   host: "ftp.example.org",
   *   user: "fulano",
   *   password: "silva",
   *   command: "appe",
   *   argument: "LOG",
   *   source: ltn12.source.string("it happened\n"),
   * });
   */
  put,

  /**
   * Give a command, or several, that have no data: to rename, to remove, to make a directory.
   *
   * @returns `[1]`, or `[undefined, error]` as {@link ftp.get}; "missing command". (LuaSocket: ftp.command)
   *
   * @example
   * const [, err] = yield* ftp.command({
   *   host: "ftp.example.org",
   *   command: ["rnfr", "rnto"],
   *   argument: ["old", "new"],
   *   check: ["350", "250"],
   * });
   */
  command(form: Command): Yieldable<Result<1, undefined, FtpError>> {
    checkForm("ftp.command", form, "check");
    return protect(() => commanding(form));
  },

  /**
   * Begin a conversation with a server by hand: it is connected to, and nothing is said yet.
   *
   * @param port default: 21
   * @param create makes the socket; default: `socket.tcp`
   * @returns the conversation; SocketException if there is none. Cancelling closes it. (LuaSocket: ftp.open)
   *
   * @example
   * const list = socket.protect(function* () {
   *   const lines: Buffer[] = [];
   *   const f = yield* ftp.open("ftp.example.org");
   *   yield* f.greet();
   *   yield* f.login();
   *   yield* f.epsv();
   *   yield* f.receive({ command: "list", sink: ltn12.sink.table(lines) });
   *   yield* f.quit();
   *   f.close();
   *   return Buffer.concat(lines).toString();
   * });
   */
  open(server: string, port: string | number = PORT, create?: Create): Yieldable<Ftp> {
    hostName(server, "ftp.open");
    checkCreate("ftp.open", create);
    return operation("ftp.open", function* () {
      return new Ftp(yield* connecting(server, portOf(port), create));
    });
  },

  /**
   * The parts of a URL, as {@link ftp.get} understands them. It throws SocketException for one that is not of FTP. (LuaSocket: ftp.genericform)
   *
   * @example const form = ftp.genericform("ftp://ftp.example.org/pub/README;type=i");
   */
  genericform,
});
