/** A program as it is looked at: what has been told of it, put together again, in the order and as far as it is wanted. */
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

export type Head = Pick<Message, "time" | "now" | "reactor" | "bytes" | "lag">;

/** A fiber in a list. */
export interface Line {
  fiber: FiberRow;
  /** Below how many others it is shown. */
  depth: number;
  /** How many it has below it, and whether they are shown. */
  children: number;
  open: boolean;
  /** It is there only because something below it was looked for. */
  aside: boolean;
  /** Of its sockets. */
  bytes: number;
}

/** By what fibers are sorted: "tree" shows whose they are, all else has the greatest first. */
export const SORTS = ["tree", "wait", "age", "runs", "busy", "bytes"] as const;
export type Sort = (typeof SORTS)[number];

export class Model {
  readonly fibers = new Map<number, FiberRow>();
  readonly sockets = new Map<number, SocketFacts>();
  servers: ServerFacts[] = [];
  head: Head | null = null;
  /** Fibers of which it is not shown what is below them. */
  readonly folded = new Set<number>();
  /** Bytes of the sockets of each fiber. */
  private bytes = new Map<number, number>();

  apply(kind: "all" | "more", message: Message): void {
    if (kind === "all") {
      this.fibers.clear();
      this.sockets.clear();
    }
    for (const id of message.gone.fibers) this.fibers.delete(id);
    for (const id of message.gone.sockets) this.sockets.delete(id);
    for (const fiber of message.fibers) this.fibers.set(fiber.id, fiber);
    for (const socket of message.sockets) this.sockets.set(socket.id, socket);
    const { time, now, reactor, bytes, lag, servers } = message;
    this.head = { time, now, reactor, bytes, lag };
    this.servers = servers;
    this.bytes = new Map();
    for (const { fiber, received, sent } of this.sockets.values())
      if (fiber !== null) this.bytes.set(fiber, this.bytesOf(fiber) + received + sent);
  }

  bytesOf(id: number): number {
    return this.bytes.get(id) ?? 0;
  }

  /** Fibers in which `search` is found, by words: all of them; in a tree also those that they are below. */
  lines(sort: Sort, search: string): Line[] {
    const found = this.found(search);
    return sort === "tree" ? this.tree(found) : this.sorted(sort, found ?? this.fibers.values());
  }

  /** How many fibers have something conspicuous, by its name. */
  lints(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { lints } of this.fibers.values())
      if (lints !== "")
        for (const lint of lints.split(" ")) counts.set(lint, (counts.get(lint) ?? 0) + 1);
    return counts;
  }

  /** Null: everything is wanted. */
  private found(search: string): Set<FiberRow> | null {
    const words = search
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "");
    if (words.length === 0) return null;
    const found = new Set<FiberRow>();
    for (const fiber of this.fibers.values()) {
      const text = this.textOf(fiber).toLowerCase();
      if (words.every((word) => text.includes(word))) found.add(fiber);
    }
    return found;
  }

  private textOf({ name, state, waitsFor, socket, lints }: FiberRow): string {
    const on = socket === null ? "" : (this.sockets.get(socket)?.name ?? "");
    return `${name}\n${state}\n${waitsFor ?? ""}\n${on}\n${lints}`;
  }

  private line(fiber: FiberRow, depth = 0, children = 0, aside = false): Line {
    const open = children > 0 && !this.folded.has(fiber.id);
    return { fiber, depth, children, open, aside, bytes: this.bytesOf(fiber.id) };
  }

  private sorted(sort: Exclude<Sort, "tree">, fibers: Iterable<FiberRow>): Line[] {
    return Array.from(fibers, (fiber) => this.line(fiber)).sort(greatestFirst(sort));
  }

  private tree(found: Set<FiberRow> | null): Line[] {
    const shown = found === null ? null : this.withParents(found);
    const children = new Map<number | null, FiberRow[]>();
    for (const fiber of shown ?? this.fibers.values()) {
      // The parent may be one that is not shown: of those who look.
      const parent = fiber.parent !== null && this.fibers.has(fiber.parent) ? fiber.parent : null;
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [fiber]);
      else siblings.push(fiber);
    }
    for (const siblings of children.values()) siblings.sort((a, b) => a.id - b.id);
    const lines: Line[] = [];
    // A stack of its own, since they may be nested deeply; the last one is next.
    const next: [FiberRow, number][] = (children.get(null) ?? [])
      .toReversed()
      .map((fiber) => [fiber, 0]);
    for (let one = next.pop(); one !== undefined; one = next.pop()) {
      const [fiber, depth] = one;
      const below = children.get(fiber.id) ?? [];
      const line = this.line(fiber, depth, below.length, found?.has(fiber) === false);
      // What was looked for is shown wherever it is.
      if (found !== null) line.open = below.length > 0;
      lines.push(line);
      if (line.open) for (let i = below.length - 1; i >= 0; i--) next.push([below[i]!, depth + 1]);
    }
    return lines;
  }

  private withParents(found: Set<FiberRow>): Set<FiberRow> {
    const all = new Set(found);
    for (const fiber of found) {
      for (let { parent } = fiber; parent !== null;) {
        const above = this.fibers.get(parent);
        if (above === undefined || all.has(above)) break;
        all.add(above);
        parent = above.parent;
      }
    }
    return all;
  }
}

/** What is as great stays in order of birth. */
export function greatestFirst(sort: Exclude<Sort, "tree">): (a: Line, b: Line) => number {
  const of = (line: Line): number => {
    const { born, since, runs, busy } = line.fiber;
    if (sort === "bytes") return line.bytes;
    if (sort === "runs") return runs ?? -1;
    if (sort === "busy") return busy ?? -1;
    const from = sort === "age" ? born : since;
    return from === null ? -Infinity : -from;
  };
  return (a, b) => of(b) - of(a) || a.fiber.id - b.fiber.id;
}
