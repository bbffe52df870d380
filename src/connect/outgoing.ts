/**
 * How an object comes to a connection of its own making: a place in a pool, an idle connection of it, or a new one.
 * What is kept of that while the object lives, too: the pool that its connection counts in.
 */
import type { Operation } from "effection";
import { reactor, Until, type Yieldable } from "../../reactor/index.js";
import {
  fail,
  type Limits,
  type Result,
  type Selectable,
  type SocketError,
} from "../object/index.js";
import type { Transport } from "../network/index.js";
import { Connecting, type Connecter, type Destination } from "./connecting.js";
import {
  Pool,
  type Customer,
  type Kept,
  type PoolSettings,
  type Served,
  type Turn,
  type Wish,
} from "./pool.js";

/** What `connect` was asked for. */
export interface Request extends Wish {
  /** The pool to look in: its key. */
  readonly pool: string;
  readonly settings: PoolSettings;
  /** What is connected to, in the words of the call: a host, a path. */
  readonly peer: string;
  /** The name whose certificate is expected, unless parameters say another; undefined: nobody knows. */
  readonly name: string | undefined;
  /** Begin to find out where that is. */
  destination(): Destination;
}

/** The object that is to be connected. */
export interface Caller extends Connecter, Customer {
  /** Leave what it was before: from now on it is a client whose connection is in the making, or is one that was kept. */
  becomeClient(): void;
  /** Nothing has come of it. */
  disconnected(): void;
  /** Use a connection that others have used. */
  reuse(transport: Transport): void;
}

export class Outgoing implements Selectable {
  /** How often the connection came out of a pool. */
  reused = 0;
  /** What it was connected to, in the words of the call; "" if nothing has come of it. */
  peer = "";
  /** The name or address of it, whose certificate it must show. */
  name: string | undefined = undefined;
  private turn: Turn | null = null;
  private connecting: Connecting | null = null;
  private request: Request | null = null;
  /** The pool that the connection counts in; null without one. */
  private pool: Pool | null = null;

  constructor(private readonly caller: Caller) {}

  /** Whether a connection is in the making, or is made and `connect` has not said so. */
  get pending(): boolean {
    return this.turn !== null || this.connecting !== null;
  }

  /** {@link Request.where} of the last one. */
  get where(): string | undefined {
    return this.request?.where;
  }

  private get transport(): Transport | null {
    return this.caller.connection.transport;
  }

  /** (select) While it is pending: whether `connect` is to be called again, to go on or to be told of. */
  get writable(): boolean {
    return this.connecting?.turned ?? false;
  }
  get readable(): boolean {
    return this.caller.connection.reading.unread > 0;
  }
  get selectable(): boolean {
    return true;
  }

  /** Why there can be no new attempt; null if there can. */
  private busy(request: Request): SocketError | null {
    if (this.turn !== null) return "operation already in progress";
    if (this.connecting === null) return this.transport === null ? null : "already connected";
    // One that has succeeded, and broke before anybody was told, is in nobody's way.
    if (this.connecting.succeeded) return this.transport === null ? null : "already connected";
    if (this.connecting.failed && !this.isFor(request)) return null;
    return "operation already in progress";
  }

  private isFor({ pool, where }: Request): boolean {
    return this.request?.where === where && this.request.pool === pool;
  }

  /** Connect; or, if an attempt to get there is under way, wait for that. */
  *connect(request: Request, limits: Limits): Operation<Result<1>> {
    const { connecting, caller } = this;
    if (connecting !== null && this.isFor(request)) return yield* this.finish(connecting, limits);
    const busy = this.busy(request);
    if (busy !== null) return fail(busy);
    this.connecting = null;
    const pool = Pool.of(request.pool, request.settings);
    if (pool.crowded) return fail("too many waiting connect operations");
    const kept = yield* this.enter(pool, request, limits);
    if (typeof kept === "string") return fail(kept);
    this.pool = pool;
    this.reused = kept === null ? 0 : kept.reused + 1;
    this.request = request;
    this.peer = kept?.peer ?? request.peer;
    this.name = request.name;
    caller.becomeClient();
    if (kept !== null) {
      caller.reuse(kept.transport);
      return [1];
    }
    return yield* this.dial(request, limits);
  }

  private *enter(pool: Pool, request: Request, limits: Limits): Operation<Served> {
    const turn: Yieldable<Served> = (this.turn = pool.enter(this.caller, request, limits.next()));
    try {
      return yield* turn;
    } finally {
      this.turn = null;
    }
  }

  private *dial(request: Request, limits: Limits): Operation<Result<1>> {
    let begun = false;
    try {
      const connecting = (this.connecting = new Connecting(this.caller, request.destination()));
      begun = true;
      return yield* this.finish(connecting, limits);
    } finally {
      if (!begun) this.leave();
    }
  }

  /** Wait until the attempt has succeeded or failed, or the timeout is over: then it goes on. */
  private *finish(connecting: Connecting, limits: Limits): Operation<Result<1>> {
    let decided = false;
    connecting.followers++;
    try {
      const result = yield* this.follow(connecting, limits);
      decided = true;
      return result;
    } finally {
      connecting.followers--;
      if (!decided && connecting.followers === 0) this.giveUp(connecting);
    }
  }

  private *follow(connecting: Connecting, limits: Limits): Operation<Result<1>> {
    const { caller } = this;
    const what = `connect to ${this.request!.where}`;
    // Targets that are tried beside one another have the time of one wait together.
    let end: number | null = null;
    for (;;) {
      if (end === null && connecting.racing) end = reactor.clock.now() + limits.next();
      const patience = end === null ? limits.next() : end - reactor.clock.now();
      const result = caller.closed ? fail("closed") : connecting.advance(patience);
      if (result !== null) {
        if (result[1] !== undefined) this.giveUp(connecting);
        else if (this.connecting === connecting) this.connecting = null;
        return result;
      }
      const { waiters, done } = connecting.step;
      const pause = patience > 0 ? Math.min(patience, connecting.pause) : patience;
      if (yield* new Until(what, "write", waiters, () => done() || caller.closed, pause)) continue;
      if (pause < patience) continue;
      if (end !== null || limits.over || !connecting.hasAlternative) return fail("timeout");
      connecting.giveUp();
    }
  }

  /** The attempt has failed, or nobody waits for it any more. */
  private giveUp(connecting: Connecting): void {
    if (this.connecting !== connecting) return;
    this.connecting = null;
    connecting.abort();
    this.peer = "";
    this.caller.disconnected();
    this.leave();
  }

  /** Put the connection into its pool; `retire` takes it from the object. */
  keep(retire: () => Omit<Kept, "reused">, timeout: number, size: number | undefined): void {
    const { pool, reused } = this;
    this.pool = null;
    this.connecting = null;
    pool!.put({ ...retire(), reused }, timeout, size);
  }

  /** Something has changed that nobody may be waiting for: an attempt that has failed holds no place. */
  look(): void {
    if (this.connecting?.failed) this.leave();
  }

  /** The connection counts in no pool any more. */
  leave(): void {
    const { pool } = this;
    this.pool = null;
    pool?.left();
  }

  /** The object is closed: those that wait for a connection learn of it. */
  close(): void {
    const { turn, connecting } = this;
    this.connecting = null;
    connecting?.abort();
    turn?.wake();
    connecting?.step.waiters.wakeAll();
  }
}
