/** A conversation with an FTP server. (LuaSocket: what ftp.open gives; RFC 959) */
import type { Operation } from "effection";
import { operation, type Yieldable } from "../../reactor/index.js";
import type { Try } from "../lua/index.js";
import type { SocketError } from "../object/index.js";
import type { Tp } from "../tp/index.js";
import { eprtArgument, portArgument } from "./addresses.js";
import { Protocol } from "./protocol.js";
import type { Passive, Receiving, Sending } from "./types.js";

/**
 * A conversation with an FTP server, by LuaSocket's methods. What the server refuses, and what fails, closes it and throws
 * SocketException, which `socket.protect` makes a result. See docs/ftp.md.
 */
export class Ftp {
  /** @internal Use `ftp.open`. */
  constructor(private readonly protocol: Protocol) {}

  /** Commands and replies. (LuaSocket: tp) */
  get tp(): Tp {
    return this.protocol.tp;
  }

  /** As `socket.try`; it closes all connections before it throws. (LuaSocket) */
  get try(): Try {
    return this.protocol.try;
  }

  /** Where the server waits for the data connection: what `pasv` and `epsv` have found, or what is set. (LuaSocket: pasvt) */
  get pasvt(): Passive | undefined {
    return this.protocol.pasvt;
  }
  set pasvt(passive: Passive | undefined) {
    this.protocol.pasvt = passive;
  }

  /**
   * Hear the server's greeting. Always 1. (LuaSocket: greet)
   *
   * @example yield* uploader.greet();
   */
  greet(): Yieldable<1> {
    return operation("greet", () => this.protocol.greet());
  }

  /**
   * Say who one is. Always 1. (LuaSocket: login)
   *
   * @param user default: `ftp.USER`, and with that `ftp.PASSWORD`
   *
   * @example yield* uploader.login("fulano", "silva");
   */
  login(user?: string, password?: string): Yieldable<1> {
    return operation("login", () => this.protocol.login(user, password));
  }

  /**
   * Let the server wait for the data connection.
   *
   * @returns the server's address and the port it tells. The address that it tells is not looked at: a server that is behind another
   * address tells a wrong one, and a bad one a third host's. (LuaSocket: pasv, which connects to where it is told)
   *
   * @example const [address, port] = yield* uploader.pasv();
   */
  pasv(): Yieldable<[address: string, port: number]> {
    return operation("PASV", () => placeOf(this.protocol.pasv()));
  }

  /**
   * As {@link pasv}, also over IPv6. (LuaSocket: epsv; RFC 2428)
   *
   * @example const [address, port] = yield* uploader.epsv();
   */
  epsv(): Yieldable<[address: string, port: number]> {
    return operation("EPSV", () => placeOf(this.protocol.epsv()));
  }

  /**
   * Wait for the data connection, and let the server connect. Always 1.
   *
   * @param address of this machine, IPv4, at which somebody waits already; default: wait at the one that the server knows. (LuaSocket: port)
   *
   * @example yield* uploader.port();
   */
  port(address?: string, port?: number): Yieldable<1> {
    return operation("PORT", () => this.protocol.active("PORT", portArgument, address, port));
  }

  /**
   * As {@link port}, also over IPv6. Always 1. (LuaSocket: eprt; RFC 2428)
   *
   * @param family 1: IPv4; 2: IPv6
   *
   * @example yield* uploader.eprt(2);
   */
  eprt(family: 1 | 2 | "1" | "2", address?: string, port?: number): Yieldable<1> {
    const argument = (ip: string, number: number): string => eprtArgument(family, ip, number);
    return operation("EPRT", () => this.protocol.active("EPRT", argument, address, port));
  }

  /**
   * Send what a source gives, after `port`, `pasv` or `epsv`.
   *
   * What is not sent as a whole ends with a reset, so that it does not look whole to the server. (LuaSocket: send)
   *
   * @returns how many bytes were sent, when the server has said that it has them all
   *
   * @example const bytes = yield* uploader.send({ path: "/notes", source: ltn12.source.string("hello") });
   */
  send<Word extends string = SocketError>(sending: Sending<Word>): Yieldable<number> {
    return operation("send", () => this.protocol.send(sending));
  }

  /**
   * Receive into a sink, after `port`, `pasv` or `epsv`. A reply without data, as to "stat", goes into the sink. Always 1, when the server has said
   * that this was all. (LuaSocket: receive)
   *
   * @example
   * const pieces: Data[] = [];
   * yield* uploader.receive({ path: "/notes", sink: ltn12.sink.table(pieces) });
   */
  receive<Word extends string = SocketError>(receiving: Receiving<Word>): Yieldable<1> {
    return operation("receive", () => this.protocol.receive(receiving));
  }

  /**
   * Change the directory. Always 1. (LuaSocket: cwd)
   *
   * @example yield* uploader.cwd("pub/lua");
   */
  cwd(directory: string): Yieldable<1> {
    return operation("CWD", () => this.protocol.ask(250, "CWD", directory));
  }

  /**
   * "i": bytes as they are; "a": lines of text. Always 1. (LuaSocket: type)
   *
   * @example yield* uploader.type("i");
   */
  type(type: string): Yieldable<1> {
    return operation("TYPE", () => this.protocol.ask(200, "TYPE", type));
  }

  /**
   * Say good-bye. Always 1. (LuaSocket: quit)
   *
   * @example yield* uploader.quit();
   */
  quit(): Yieldable<1> {
    return operation("QUIT", () => this.protocol.ask("2..", "QUIT"));
  }

  /**
   * Close all connections, without a word. A transfer under way is cut off, and cannot look whole. Always 1. (LuaSocket: close)
   *
   * @example uploader.close();
   */
  close(): 1 {
    return this.protocol.close();
  }
}

function* placeOf(passive: Operation<Passive>): Operation<[address: string, port: number]> {
  const { address, port } = yield* passive;
  return [address, port];
}
