/** What every I/O object offers, whatever its domain: timeouts, an encoding, its last error, an end. */
import { oneLine, reactor, shown, unknownName } from "../../reactor/index.js";
import { Engine } from "./engine.js";
import type { Encoding } from "./data.js";
import type {
  Dynamic,
  HasOptions,
  OPTIONS,
  OptionValue,
  Settable,
  Setting,
} from "./option-access.js";
import type { Result } from "./result.js";
import { orNone, withTimeout, withTimeouts, type TimeoutMode } from "./timeouts.js";

/** Where an object has its engine: not a private field, which a Proxy around the object would not have. */
export const ENGINE = Symbol("cosocket.engine");

/** What the objects of all copies of this package in a process have. */
const OF_ANY_COPY = Symbol.for("cosocket.socket");

export abstract class SocketObject {
  private readonly [ENGINE]: Engine;

  static {
    oneLine(this.prototype);
    Object.defineProperty(this.prototype, OF_ANY_COPY, { value: true });
  }

  /** @internal */
  constructor(engine: Engine) {
    this[ENGINE] = engine;
    engine.handle = this;
  }

  /**
   * Node's own error behind the last failure that had one. `connect` and `bind` forget it when they begin; other successes leave it: look
   * at it after an error, or ask `causeOf(result)`.
   */
  get lastError(): Error | undefined {
    return engineOf(this).lastError;
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return engineOf(this).closed;
  }

  /** What it is and where, in one line: `tcp{client} 127.0.0.1:50412->127.0.0.1:7777`. */
  toString(): string {
    // Whoever prints what only has our prototype is told so, and nothing throws.
    return isSocketObject(this) ? String(this[ENGINE]) : "[object SocketObject without a socket]";
  }

  /**
   * Close it. Immediate for the caller. What was sent by a stream is still delivered, unless the peer takes none of it for
   * `setoption("linger", { on: true, timeout })` seconds (10 by default; 0 resets the connection).
   *
   * Tasks that wait on it get "closed", later calls too. Calling it again is fine. Always 1. (LuaSocket)
   *
   * @example client.close();
   */
  close(): 1 {
    engineOf(this).close();
    return 1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /**
   * How long operations may wait, in seconds (fractions count).
   *
   * @param value undefined or negative: for ever; 0: not at all
   * @param mode "b" (default): each single wait; "t" or "r": the whole call. Both may be set. (LuaSocket)
   * @returns 1; true of a socket that Copas has taken over (`copas.wrap`, `copas.addserver` and its clients): there 0 waits as
   * Copas's does: connecting and sending for ever, and `receive` gives what has come as soon as there is something
   *
   * @example
   * client.settimeout(10); // each wait
   * client.settimeout(60, "t"); // each call as a whole
   */
  settimeout(value?: number, mode: TimeoutMode = "b"): 1 | true {
    const engine = engineOf(this);
    const timeouts = (engine.timeouts = withTimeout(engine.timeouts, value, mode));
    return timeouts.copas ? true : 1;
  }

  /**
   * The block timeout and the total timeout in seconds; -1 is none. (LuaSocket)
   *
   * @example const [block, total] = client.gettimeout(); // [10, -1]
   */
  gettimeout(): [block: number, total: number] {
    const { receive, total, eager } = engineOf(this).timeouts;
    return [eager ? 0 : orNone(receive), orNone(total)];
  }

  /**
   * The block timeouts in seconds: of connect, of send, of receive; -1 is none. (Copas's order)
   *
   * @example const [connect, send, receive] = client.gettimeouts();
   */
  gettimeouts(): [connect: number, send: number, receive: number] {
    const { connect, send, receive, eager } = engineOf(this).timeouts;
    return [orNone(connect), orNone(send), eager ? 0 : orNone(receive)];
  }

  /**
   * Block timeouts in seconds: undefined leaves one as it is, negative is none. `accept` obeys the one of receive, `dohandshake`
   * that of connect. Always true. (Copas)
   *
   * @example client.settimeouts(5, 30, 10);
   */
  settimeouts(connect?: number, send?: number, receive?: number): true {
    const engine = engineOf(this);
    engine.timeouts = withTimeouts(engine.timeouts, connect, send, receive);
    return true;
  }

  /**
   * Set an option. Every name of LuaSocket's is known; see docs/options.md.
   *
   * @param value of the kind that the table tells; without one it is true
   * @returns `[1]`, "option not supported by Node", "closed", or what the system says. TypeError for an unknown name or a bad value.
   * (LuaSocket: setoption)
   *
   * @example
   * client.setoption("tcp-nodelay", true);
   * client.setoption("linger", { on: true, timeout: 5 });
   */
  setoption<Me extends HasOptions, N extends keyof Settable<Me[typeof OPTIONS]>>(
    this: Me,
    name: N,
    ...value: Setting<Settable<Me[typeof OPTIONS]>, N>
  ): Result<1>;
  setoption<N extends string>(name: Dynamic<N>, value?: unknown): Result<1>;
  setoption(name: string, value?: unknown): Result<1> {
    return engineOf(this).holder.namedOptions.set(name, value);
  }

  /**
   * The value of an option: `[value]`, "option not supported by Node", or "closed". TypeError for an unknown name. (LuaSocket:
   * getoption)
   *
   * @example const [on, err] = client.getoption("keepalive");
   */
  getoption<Me extends HasOptions, N extends keyof Me[typeof OPTIONS]>(
    this: Me,
    name: N,
  ): Result<Me[typeof OPTIONS][N]>;
  getoption<N extends string>(name: Dynamic<N>): Result<OptionValue>;
  getoption(name: string): Result<OptionValue> {
    return engineOf(this).holder.namedOptions.get(name);
  }

  /**
   * The file descriptor, -1 when there is none. (LuaSocket)
   *
   * @example if (client.getfd() === -1) console.log("not open");
   */
  getfd(): number {
    return engineOf(this).holder.fd();
  }

  /**
   * Bytes received and sent, and the age of the socket or connection in seconds. (LuaSocket, of TCP)
   *
   * @example const [received, sent, age] = client.getstats();
   */
  getstats(): [received: number, sent: number, age: number] {
    const { reading, writing, born } = engineOf(this);
    return [reading.received, writing.sent, born === 0 ? 0 : reactor.clock.now() - born];
  }

  /**
   * Set what `getstats` counts from; undefined leaves a figure as it is. Always 1. TypeError for what is no number.
   * (LuaSocket, of TCP)
   *
   * @example client.setstats(0, 0); // count from here
   */
  setstats(received?: number, sent?: number, age?: number): 1 {
    for (const figure of [received, sent, age])
      if (figure !== undefined && !Number.isFinite(figure))
        throw new TypeError(`setstats takes numbers of bytes and of seconds, not ${shown(figure)}`);
    const engine = engineOf(this);
    engine.recount(received ?? engine.reading.received, sent ?? engine.writing.sent);
    if (age !== undefined) engine.born = reactor.clock.now() - age;
    return 1;
  }

  /**
   * How strings are sent, lines and "*a" received: "utf8" (default), or "latin1", Lua's 8-bit clean strings.
   *
   * @example client.setencoding("latin1"); // a character is a byte
   */
  setencoding(encoding: Encoding): 1 {
    if (encoding !== "utf8" && encoding !== "latin1") {
      throw new TypeError(
        `setencoding: there is no encoding ${unknownName(encoding, ["utf8", "latin1"])}`,
      );
    }
    engineOf(this).encoding = encoding;
    return 1;
  }
}

/** What is inside of it. Misuse, a method that was taken from its object, throws TypeError. */
export function engineOf(object: SocketObject): Engine {
  const engine = (object as SocketObject | undefined)?.[ENGINE];
  if (engine !== undefined) return engine;
  if (isForeign(object))
    throw new TypeError(`a method of a socket was called on ${instead(object)}`);
  throw new TypeError(
    `a method of a socket was called on ${shown(object)}: call it on the socket, client.receive(), not as a function of its own`,
  );
}

/** Whether a value is one of our objects, or stands for one as a Proxy does: not one that only has its prototype. */
export function isSocketObject(value: unknown): value is SocketObject {
  return (value as { [ENGINE]?: unknown } | null | undefined)?.[ENGINE] instanceof Engine;
}

/** Whether it is an object of another copy of this package, which a program can have loaded, too. */
export function isForeign(value: unknown): boolean {
  const marked = (value as { [OF_ANY_COPY]?: unknown } | null | undefined)?.[OF_ANY_COPY] === true;
  return marked && !isSocketObject(value);
}

/** What was given instead of a socket of ours, for the text of an error. */
export function instead(value: unknown): string {
  if (!isForeign(value)) return shown(value);
  return `${String(value)}, which is from another copy of cosocket (npm ls cosocket shows them)`;
}
