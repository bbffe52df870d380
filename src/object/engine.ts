/**
 * What is inside every I/O object, whatever its domain: its timeouts and encoding, its last error, whom it belongs to. The object that a
 * program holds has one, and nobody else can reach it ({@link SocketObject}).
 */
import type { Operation } from "effection";
import type { Resource, Fiber } from "../../reactor/index.js";
import { errorWord, type SocketError } from "./errors.js";
import type { OptionAccess } from "./option-access.js";
import { type Linked, open } from "./open.js";
import { tracer } from "./told.js";
import { explained, isFailure } from "./result.js";
import type { Encoding } from "./data.js";
import { NO_TIMEOUTS, type Timeouts } from "./timeouts.js";
import type { Selectable } from "./readiness.js";

/** Errors that somebody has been told of. */
const told = new WeakSet<Error>();

export abstract class Engine implements Resource, Selectable, Linked {
  before: Linked | null = null;
  after: Linked | null = null;
  timeouts: Timeouts = NO_TIMEOUTS;
  encoding: Encoding = "utf8";
  declare lastError: Error | undefined;
  closed = false;
  /** The object that the program holds, once there is one. */
  handle: object | null = null;
  /** False: closed with its fiber, however that ends; otherwise a fiber that returns it gives it away. */
  declare transferable: boolean;

  /** @param owner the fiber whose end closes it */
  constructor(public owner: Fiber | null) {}

  abstract toString(): string;
  abstract close(): void;
  /** What the object is: what listens, connects or has a connection; or the engine itself. */
  abstract readonly holder: { readonly namedOptions: OptionAccess; fd(): number };
  /** Since when there is a socket, in the clock's seconds; 0 before. */
  abstract born: number;
  /** Bytes that were received and sent, counted for `getstats`. */
  abstract readonly reading: { received: number };
  abstract readonly writing: { sent: number };
  abstract readonly selectable: boolean;
  abstract readonly readable: boolean;
  abstract readonly writable: boolean;

  /** Set what `getstats` counts from. What has been counted until now counts on elsewhere. */
  recount(received: number, sent: number): void {
    const { sockets } = open;
    if (this.after !== null) sockets.count(this, 1);
    this.reading.received = received;
    this.writing.sent = sent;
    if (this.after !== null) sockets.count(this, -1);
  }

  /** There is a socket. */
  opened(): void {
    open.sockets.add(this);
  }
  /** There is none any more. */
  protected gaveUp(): void {
    this.owner?.disown(this);
    open.sockets.delete(this);
  }

  /** Its fiber has ended. */
  release(): void {
    this.close();
  }

  transfer(owner: Fiber | null): void {
    if (this.transferable && !this.closed) this.ownedBy(owner);
  }

  /** Close it when `fiber` ends. */
  ownedBy(fiber: Fiber | null): void {
    if (fiber !== this.owner) this.owner?.disown(this);
    this.owner = fiber;
    fiber?.own(this);
  }

  /** Perform `connect` or `bind`: afterwards lastError is about it, and a failure knows what failed. */
  *attempting<R extends readonly unknown[]>(
    what: "connect" | "bind",
    address: string,
    steps: Operation<R>,
  ): Operation<R> {
    this.lastError = undefined;
    const { around } = tracer;
    const result = yield* around === null ? steps : around(this, what, steps);
    if (!isFailure(result)) return result;
    return explained(result, () => ({ operation: what, address, cause: this.lastError }));
  }

  /** An error that no operation has told yet, once: as the kernel's SO_ERROR. (getoption) */
  takeError(): SocketError | undefined {
    const { lastError } = this;
    if (lastError === undefined || told.has(lastError)) return undefined;
    told.add(lastError);
    return errorWord(lastError);
  }

  /** An operation has told the last error. */
  tellError(): void {
    if (this.lastError !== undefined) told.add(this.lastError);
  }
}

/**
 * Values on the prototype, of fields that hardly any object sets: a server has one of these for every connection, and each field of its own
 * would cost eight bytes.
 */
export function byDefault<O extends object>(prototype: O, values: Partial<O>): void {
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(prototype, name, { value, writable: true });
}

byDefault(Engine.prototype, { transferable: true, lastError: undefined });
