/** A conversation of commands and replies, in lines: what SMTP and FTP have in common. (LuaSocket: socket.tp) */
import type { Operation } from "effection";
import { operation, shown, type Yieldable } from "../../reactor/index.js";
import { hostName, type Port, portNumber } from "../address/index.js";
import type { BytePattern, TextPattern } from "../connection/index.js";
import { pump, type PumpStep, type Sink, type Source } from "../ltn12/index.js";
import type { AddressResult, Data, Failure, Result, SocketError } from "../object/index.js";
import { Tcp } from "../tcp/index.js";
import { checkCreate, connected, type Control, type Create } from "./control.js";
import {
  checkExpected,
  type Expected,
  expecting,
  type Reply,
  Replies,
  type TpError,
} from "./reply.js";

/** One end of such a conversation. See docs/tp.md. */
export class Tp {
  private readonly replies: Replies;

  /** @internal Use `tp.connect`. */
  constructor(private readonly c: Control) {
    this.replies = new Replies(c);
  }

  /**
   * Receive a reply, and see whether it is what was expected.
   *
   * @param ok codes: "2..", 250, ["1..", "2.."]; or a function, whose value is given back
   * @returns `[code, reply]`; or, with the reply as the error, what the server said instead. Also "invalid server reply",
   * "server reply too long" (beyond 1 MiB), "timeout", "closed", ... Cancelling takes nothing: the next `check` gets the reply. (LuaSocket: tp:check)
   *
   * @example
   * const [code, reply] = yield* control.check(["1..", "2.."]);
   */
  check(ok: Expected): Yieldable<Reply>;
  check<T>(ok: (code: number, reply: string) => T): Yieldable<T | Failure<undefined, TpError>>;
  check<T>(
    ok: Expected | ((code: number, reply: string) => T),
  ): Yieldable<Reply | T | Failure<undefined, TpError>> {
    if (typeof ok !== "function") checkExpected(ok);
    const { c, replies } = this;
    return operation(`check a reply of ${String(c)}`, function* () {
      const [reply, err] = yield* replies.next();
      if (err) return [undefined, err, undefined];
      return typeof ok === "function" ? ok(parseInt(reply), reply) : expecting(ok, reply);
    });
  }

  /**
   * Send a command, in upper case, with its argument.
   *
   * @returns the result of `send`; "line break in a command" if there is a CR or LF in it, which would begin another one, and "control
   * character in a command" for others but the tab, at which servers may cut it: then nothing is sent. (LuaSocket: tp:command)
   *
   * @example yield* control.command("user", "anonymous");
   */
  command(
    command: string,
    argument?: string | number,
  ): Yieldable<Result<number, number | undefined, TpError>> {
    checkCommand(command, argument);
    const name = command.toUpperCase();
    const { c } = this;
    // What stands behind the first word may be an argument, too: a password.
    return operation(`command ${name.split(" ", 1)[0]}`, function* () {
      const line = argument === undefined ? name : `${name} ${argument}`;
      const wrong = whatIsWrong(line);
      if (wrong) return [undefined, wrong, undefined];
      return yield* c.send(`${line}\r\n`);
    });
  }

  /**
   * Receive by a pattern, into a sink: `[1]`, or the sink's error. (LuaSocket: tp:sink)
   *
   * @example
   * const lines: Data[] = [];
   * yield* control.sink(ltn12.sink.table(lines), "*l");
   */
  sink<Word extends string = SocketError>(
    sink: Sink<Word>,
    pattern: TextPattern | BytePattern = "*l",
  ): Yieldable<Result<1, undefined, Word>> {
    const { c } = this;
    return operation("sink", function* () {
      const [piece, err] = yield* c.receive(pattern);
      return yield* sink(piece, err);
    });
  }

  /**
   * Send all that a source gives: `[1]`, or the error of either. (LuaSocket: tp:source)
   *
   * @param step moves one piece; default: `pump.step`
   *
   * @example yield* control.source(ltn12.source.string("Subject: hello\r\n\r\n"));
   */
  source<Word extends string = SocketError>(
    source: Source<Word>,
    step?: PumpStep,
  ): Yieldable<Result<1, undefined, Word | SocketError>> {
    return pump.all<Word, SocketError>(source, (piece) => sending(this.c, piece), step);
  }

  /**
   * The socket's own `send`. (LuaSocket: tp:send)
   *
   * @example yield* control.send("\r\n.\r\n");
   */
  send(data: Data): Yieldable<Result<number, number>> {
    return this.c.send(data);
  }

  /**
   * The socket's own `receive`. (LuaSocket: tp:receive)
   *
   * @example const [line] = yield* control.receive();
   */
  receive(pattern?: TextPattern): Yieldable<Result<string, string>>;
  receive(pattern: BytePattern): Yieldable<Result<Buffer, Buffer>>;
  receive(
    pattern: TextPattern | BytePattern = "*l",
  ): Yieldable<Result<string, string> | Result<Buffer, Buffer>> {
    return this.c.receive(pattern);
  }

  /**
   * The address of the server. (LuaSocket: tp:getpeername)
   *
   * @example const [ip] = control.getpeername();
   */
  getpeername(): AddressResult {
    return this.c.getpeername();
  }

  /**
   * The local address. (LuaSocket's tp:getsockname gives the peer's)
   *
   * @example const [ip] = control.getsockname();
   */
  getsockname(): AddressResult {
    return this.c.getsockname();
  }

  /**
   * The socket's descriptor. (LuaSocket: tp:getfd)
   *
   * @example const fd = control.getfd();
   */
  getfd(): number {
    return this.c.getfd();
  }

  /**
   * Whether something has come that nobody has received. (LuaSocket: tp:dirty)
   *
   * @example if (control.dirty()) yield* control.check("2..");
   */
  dirty(): boolean {
    return this.c.dirty();
  }

  /**
   * The socket. (LuaSocket: tp:getcontrol)
   *
   * @example yield* control.getcontrol().dohandshake({ cafile: "ca.pem" });
   */
  getcontrol(): Control {
    return this.c;
  }

  /**
   * Close the socket. Always 1. (LuaSocket: tp:close)
   *
   * @example control.close();
   */
  close(): 1 {
    this.c.close();
    return 1;
  }
}

/** A sink that is kept open. */
function* sending(control: Control, piece: Data | undefined): Operation<Result<1>> {
  if (piece === undefined) return [1];
  const [, err] = yield* control.send(piece);
  return err ? [undefined, err, undefined] : [1];
}

/** What servers take for the end of a command. A NUL ends the strings of C: of "a\0.txt" they would take "a". */
function whatIsWrong(line: string): TpError | undefined {
  if (/[\r\n]/.test(line)) return "line break in a command";
  // eslint-disable-next-line no-control-regex -- these are looked for
  if (/[\0-\x08\v-\x1f\x7f]/.test(line)) return "control character in a command";
  return undefined;
}

/** Misuse throws TypeError. */
function checkCommand(command: unknown, argument: unknown): void {
  if (typeof command !== "string" || command === "")
    throw new TypeError(`command takes the name of a command, a string, not ${shown(command)}`);
  if (argument !== undefined && typeof argument !== "string" && typeof argument !== "number")
    throw new TypeError(`command: the argument is a string, not ${shown(argument)}`);
}

/** LuaSocket's `require "socket.tp"`. */
export const tp = {
  /** Seconds that each wait may last, unless `connect` is told otherwise: 60. (LuaSocket: tp.TIMEOUT) */
  TIMEOUT: 60,

  /**
   * Connect to a server.
   *
   * @param timeout seconds for each wait; default: TIMEOUT
   * @param create makes the socket; default: `socket.tcp`
   * @returns `[control]`, or what `connect` of a socket says. Cancelling closes the socket. (LuaSocket: tp.connect)
   *
   * @example
   * const control = socket.try(yield* tp.connect("localhost", 25));
   * socket.try(yield* control.check("2.."));
   */
  connect(
    host: string,
    port: Port,
    timeout?: number,
    create: Create = () => Tcp.make(0),
  ): Yieldable<Result<Tp>> {
    hostName(host, "tp.connect");
    const to = portNumber(port, "tp.connect");
    checkCreate("tp.connect", create);
    return operation(`connect to ${host}:${to}`, function* () {
      const result = yield* connected(host, to, timeout ?? tp.TIMEOUT, create);
      return result[1] ? result : [new Tp(result[0])];
    });
  },
};
