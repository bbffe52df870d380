/** What is said to an FTP server, and done with its data connections. Whatever is not as it should be closes all, and throws. (RFC 959) */
import type { Operation } from "effection";
import { ltn12, type Sink } from "../ltn12/index.js";
import { isFailure, type SocketError } from "../object/index.js";
import type { Try } from "../lua/index.js";
import { socket } from "../socket.js";
import type { Tcp } from "../tcp/index.js";
import type { Expected, Tp } from "../tp/index.js";
import { url } from "../url/index.js";
import { epsvPort, pasvPort } from "./addresses.js";
import { settings } from "./settings.js";
import type { Passive, Receiving, Sending, Transfer } from "./types.js";

export class Protocol {
  readonly try: Try = socket.newtry(() => this.close());
  data: Tcp | undefined;
  server: Tcp | undefined;
  pasvt: Passive | undefined;

  constructor(readonly tp: Tp) {}

  *greet(): Operation<1> {
    const [code] = yield* this.expect(["1..", "2.."]);
    // "120 Service ready in nnn minutes"
    if (code < 200) yield* this.expect("2..");
    return 1;
  }

  *login(user = settings.USER, password = settings.PASSWORD): Operation<1> {
    this.try(yield* this.tp.command("user", user));
    const [code] = yield* this.expect(["2..", 331]);
    return code === 331 ? yield* this.ask("2..", "pass", password) : 1;
  }

  /** A command, and the reply that has to be `expected`. */
  *ask(expected: Expected, command: string, argument?: string): Operation<1> {
    this.try(yield* this.tp.command(command, argument));
    yield* this.expect(expected);
    return 1;
  }

  private *expect(expected: Expected): Operation<[code: number, reply: string]> {
    const reply = yield* this.tp.check(expected);
    this.try(reply);
    // Otherwise `try` has thrown.
    return reply as [number, string];
  }

  // ---- data connections -------------------------------------------------------------------------------------------

  *pasv(): Operation<Passive> {
    this.try(yield* this.tp.command("pasv"));
    const [, reply] = yield* this.expect("2..");
    return this.passive(pasvPort(reply) ?? this.try([undefined, reply]));
  }

  *epsv(): Operation<Passive> {
    this.try(yield* this.tp.command("epsv"));
    const [, reply] = yield* this.expect("229");
    return this.passive(epsvPort(reply) ?? this.try([undefined, "invalid epsv response"]));
  }

  /** EPSV, or PASV where the server does not know that. */
  *anyPassive(): Operation<Passive> {
    this.try(yield* this.tp.command("epsv"));
    const [code, reply] = yield* this.expect(["229", "50."]);
    if (code !== 229) return yield* this.pasv();
    return this.passive(epsvPort(reply) ?? this.try([undefined, "invalid epsv response"]));
  }

  /** At the address that is spoken to already: the one that is told may be a third host's. */
  private passive(port: number): Passive {
    const address = this.try(this.tp.getpeername());
    this.server?.close();
    this.server = undefined;
    return (this.pasvt = { address, port });
  }

  /** @param argument what the command says of the address at which the server is waited for */
  *active(
    command: string,
    argument: (address: string, port: number) => string,
    address?: string,
    port?: number,
  ): Operation<1> {
    this.pasvt = undefined;
    if (address === undefined || port === undefined) {
      this.server?.close();
      this.server = this.try(yield* socket.bind(this.try(this.tp.getsockname()), 0));
      this.server.settimeout(settings.TIMEOUT);
      const bound = this.server.getsockname();
      address = this.try(bound);
      // Otherwise `try` has thrown.
      port = bound[1] as number;
    }
    return yield* this.ask("2..", command, argument(address, port));
  }

  *portconnect(): Operation<void> {
    if (this.server === undefined) return this.try([undefined, "need port or pasv first"]);
    this.data = this.try(yield* this.server.accept());
    this.data.settimeout(settings.TIMEOUT);
    if (this.data.getpeername()[0] !== this.tp.getpeername()[0])
      this.try([undefined, "data connection from another host"]);
  }

  *pasvconnect(): Operation<void> {
    if (this.pasvt === undefined) return this.try([undefined, "need port or pasv first"]);
    this.data = socket.tcp();
    this.data.settimeout(settings.TIMEOUT);
    this.try(yield* this.data.connect(this.pasvt.address, this.pasvt.port));
  }

  // ---- transfers --------------------------------------------------------------------------------------------------

  *send<Word extends string>(sending: Sending<Word>): Operation<number> {
    const [code] = yield* this.begin("stor", sending, resetUnlessEnded);
    const data = yield* this.connection(resetUnlessEnded);
    const sent = yield* ltn12.pump.all(sending.source, uploading(data), sending.step);
    // Whoever breaks a transfer off says why.
    if (code < 200 && (!isFailure(sent) || isBroken(data))) yield* this.expect("2..");
    this.try(sent);
    this.data = undefined;
    return data.getstats()[1];
  }

  *receive<Word extends string>({ sink, step, ...transfer }: Receiving<Word>): Operation<1> {
    const [code, reply] = yield* this.begin("retr", transfer);
    const isData = code < 200;
    const from = isData ? socket.source(yield* this.connection()) : ltn12.source.string(reply);
    this.try(yield* ltn12.pump.all<SocketError, Word>(from, sink, step));
    if (isData) yield* this.expect("2..");
    this.data?.close();
    this.data = undefined;
    return 1;
  }

  /** The command. Where the server waits, it is connected to before. */
  private *begin(
    command: string,
    transfer: Transfer,
    prepare?: (data: Tcp) => void,
  ): Operation<[code: number, reply: string]> {
    if (this.pasvt !== undefined) {
      yield* this.pasvconnect();
      prepare?.(this.data!);
    } else if (this.server === undefined) this.try([undefined, "need port or pasv first"]);
    this.try(yield* this.tp.command(transfer.command ?? command, argumentOf(transfer)));
    return yield* this.expect(["1..", "2.."]);
  }

  /** The data connection. Where the server is waited for, it connects now. */
  private *connection(prepare?: (data: Tcp) => void): Operation<Tcp> {
    if (this.pasvt === undefined) {
      yield* this.portconnect();
      prepare?.(this.data!);
    }
    return this.data!;
  }

  close(): 1 {
    this.data?.close();
    this.server?.close();
    return this.tp.close();
  }
}

/** What is said, or the path of a URL: unescaped, and without its first slash. */
function argumentOf({ argument, path = "" }: Transfer): string | undefined {
  const text = argument ?? url.unescape(path.replace(/^[/\\]/, ""));
  return text === "" ? undefined : text;
}

/** The end of the connection is the end of the file: what is left off, by an error or a halt, must not look like that. */
function resetUnlessEnded(data: Tcp): void {
  data.setoption("linger", { on: true, timeout: 0 });
}

function uploading(data: Tcp): Sink {
  const send = socket.sink("keep-open", data);
  return (piece, error) => {
    if (piece === undefined && error === undefined) {
      data.setoption("linger", { on: false, timeout: 0 });
      data.close();
    }
    return send(piece, error);
  };
}

/** By the server: where it was closed here, it was by its end. */
function isBroken(data: Tcp): boolean {
  return !data.closed && data.getpeername()[0] === undefined;
}
