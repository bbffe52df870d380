/** One process as it is looked at: what has been told of it, put together again. Of a cluster there are several, in one space of numbers and on one clock. */
import type { WorkerFacts } from "../../object/index.js";
import type { ReactorFacts, ServerFacts, SocketFacts } from "../facts.js";
import type { FiberRow } from "../server/feed.js";

/** An event of the stream: "all", or "more" to what was there before. */
export interface Message {
  /** The worker of which it is; undefined: of the process that is asked. */
  worker?: number;
  time: number;
  now: number;
  pid: number;
  /** Seconds until the next one, about. */
  interval: number;
  /** Bytes of memory, and seconds of the processor that it has used. */
  memory: number;
  cpu: number;
  /** Of the primary process of a cluster. */
  workers?: WorkerFacts[];
  servers: ServerFacts[];
  reactor: ReactorFacts;
  bytes: { received: number; sent: number };
  /** The latest that the event loop was since the last message, in seconds. */
  lag: number;
  gone: { fibers: number[]; sockets: number[] };
  fibers: FiberRow[];
  sockets: SocketFacts[];
}

export type Head = Omit<Message, "servers" | "gone" | "fibers" | "sockets">;

/** Numbers of fibers and sockets that a process may have. */
const SPAN = 2 ** 42;
/** Seconds that one may be late, beside twice its interval, before it is called silent. */
const LATE = 2;

export class Process {
  readonly fibers = new Map<number, FiberRow>();
  readonly sockets = new Map<number, SocketFacts>();
  servers: ServerFacts[] = [];
  /** What it has told last; null: nothing. */
  head: Head | null = null;
  /** Bytes and turns a second, and the part of a processor that it takes. */
  rates = { bytes: 0, turns: 0, cpu: 0 };
  /** Its primary process has told of it last; null: it is the one that is asked. */
  facts: WorkerFacts | null = null;
  /** Seconds to add to its clock for that of the process that is asked. */
  private ahead = 0;
  /** Bytes of the sockets of each fiber. */
  private bytes = new Map<number, number>();

  /**
   * @param ordinal 0: the one that is asked
   * @param id of the worker; 0 as well
   * @param heard when it has told something last, on the clock of the one that is asked
   */
  constructor(
    readonly ordinal: number,
    readonly id: number,
    private heard: number,
  ) {}

  /** What its numbers begin behind: the number of nobody. */
  get base(): number {
    return this.ordinal * SPAN;
  }

  /** Its place in the cluster; 0: it is the primary process. */
  get slot(): number {
    return this.facts?.slot ?? 0;
  }

  get pid(): number | null {
    return this.facts?.pid ?? this.head?.pid ?? null;
  }

  get name(): string {
    return this.facts === null ? "primary" : `worker ${this.facts.slot}`;
  }

  /** @param now the clock of the one that is asked */
  stateAt(now: number): "running" | "silent" | "unreachable" | WorkerFacts["state"] {
    if (this.facts === null) return "running";
    const { state, problem } = this.facts;
    if (problem !== null && this.head === null) return "unreachable";
    const silent = now - this.heard > 2 * (this.head?.interval ?? 0) + LATE;
    return silent && state !== "starting" ? "silent" : state;
  }

  /** Seconds since it was started; null: nobody knows. */
  get age(): number | null {
    return this.facts?.seconds ?? null;
  }

  get connections(): number {
    let connections = 0;
    for (const { role } of this.sockets.values()) if (role === "client") connections++;
    return connections;
  }

  bytesOf(id: number): number {
    return this.bytes.get(id) ?? 0;
  }

  /** @param own what the one that is asked has told last, if it is another one */
  apply(kind: "all" | "more", message: Message, own: Head | null): void {
    const { servers, gone, fibers, sockets, ...head } = message;
    if (kind === "all") {
      this.clear();
      // Both clocks are monotonic, and both processes see one wall clock.
      this.ahead = own === null ? 0 : head.time - head.now - (own.time - own.now);
    }
    this.heard = (own ?? head).now;
    this.rate(head);
    this.head = head;
    for (const id of gone.fibers) this.fibers.delete(this.base + id);
    for (const id of gone.sockets) this.sockets.delete(this.base + id);
    for (const fiber of fibers) this.add(this.fibers, fiber, ["id", "parent", "socket"]);
    for (const socket of sockets) this.add(this.sockets, socket, ["id", "fiber"]);
    this.servers = servers.map((server) => ({ ...server, id: this.base + server.id }));
    this.bytes = new Map();
    for (const { fiber, received, sent } of this.sockets.values())
      if (fiber !== null) this.bytes.set(fiber, this.bytesOf(fiber) + received + sent);
  }

  /** What was told of it is not so any more. */
  clear(): void {
    this.fibers.clear();
    this.sockets.clear();
    this.servers = [];
    this.head = null;
    this.rates = { bytes: 0, turns: 0, cpu: 0 };
  }

  private add<R extends FiberRow | SocketFacts>(
    rows: Map<number, R>,
    row: R,
    ids: readonly (keyof R)[],
  ): void {
    // In the object that was parsed: there may be ten thousand of them.
    const numbers = row as Record<keyof R | "born" | "since" | "until", number | null | undefined>;
    if (this.base > 0) {
      for (const key of ids) if (numbers[key] != null) numbers[key] += this.base;
      for (const key of ["born", "since", "until"] as const)
        if (numbers[key] != null) numbers[key] += this.ahead;
    }
    rows.set(row.id, row);
  }

  private rate(head: Head): void {
    const before = this.head;
    const seconds = before === null ? 0 : head.now - before.now;
    if (before === null || seconds <= 0) return;
    const bytes = ({ received, sent }: Head["bytes"]): number => received + sent;
    const perSecond = (difference: number): number => Math.max(difference, 0) / seconds;
    this.rates = {
      bytes: perSecond(bytes(head.bytes) - bytes(before.bytes)),
      turns: perSecond(head.reactor.turns - before.reactor.turns),
      cpu: perSecond(head.cpu - before.cpu),
    };
  }
}

/** The ordinal of the process that a fiber or socket is of. */
export const ordinalOf = (id: number): number => Math.floor(id / SPAN);

/** Its number in its process. */
export const numberOf = (id: number): number => id % SPAN;
