/** A program as it is looked at, with all of its processes, in the order and as far as it is wanted. */
import type { ServerFacts, SocketFacts } from "../facts.js";
import type { FiberRow } from "../server/feed.js";
import { duration, size } from "./format.js";
import { type Head, type Message, ordinalOf, Process } from "./process.js";
import { type Forest, type Line, treeOf } from "./tree.js";

export { type Head, type Message, numberOf, type Process } from "./process.js";
export type { Line } from "./tree.js";

/** By what fibers are sorted: "tree" shows whose they are, all else has the greatest first. */
export const SORTS = ["tree", "wait", "age", "runs", "busy", "bytes"] as const;
export type Sort = (typeof SORTS)[number];

export class Model implements Forest {
  /** The slot of the only ones that are shown, 0: the primary process; null: all. Who follows a worker has its slot as well. */
  chosen: number | null = null;
  /** Fibers of which it is not shown what is below them. */
  readonly folded = new Set<number>();
  /** The one that is asked. */
  readonly own = new Process(0, 0, 0);
  /** All, by ordinal; a number that is free is used again. */
  private readonly processes: (Process | undefined)[] = [this.own];

  /** What the process that is asked has told last; null: nothing yet. */
  get head(): Head | null {
    return this.own.head;
  }

  /** There are workers. */
  get isCluster(): boolean {
    return this.head?.workers !== undefined;
  }

  /** Processes are rows of their own. */
  get hasHeadings(): boolean {
    return this.isCluster && this.chosen === null;
  }

  apply(kind: "all" | "more", message: Message): void {
    const { worker } = message;
    if (worker === undefined) {
      this.own.apply(kind, message, null);
      return this.meet(message.workers ?? []);
    }
    // One that is not known has ended.
    this.all()
      .find(({ id }) => id === worker)
      ?.apply(kind, message, this.head!);
  }

  /** Workers come and go. */
  private meet(workers: NonNullable<Message["workers"]>): void {
    const live = new Set([0, ...workers.map(({ id }) => id)]);
    this.processes.forEach((process, i) => {
      if (process !== undefined && !live.has(process.id)) this.processes[i] = undefined;
    });
    for (const facts of workers) {
      let process = this.all().find(({ id }) => id === facts.id);
      if (process === undefined) {
        const free = this.processes.indexOf(undefined);
        const ordinal = free < 0 ? this.processes.length : free;
        process = this.processes[ordinal] = new Process(ordinal, facts.id, this.head!.now);
      }
      process.facts = facts;
    }
  }

  /** All processes: the one that is asked, and its workers, by slot. */
  all(): Process[] {
    return this.processes
      .filter((process) => process !== undefined)
      .sort((a, b) => a.slot - b.slot || a.id - b.id);
  }

  /** Those that are shown. */
  shown(): Process[] {
    const { chosen } = this;
    return this.all().filter(({ slot }) => chosen === null || slot === chosen);
  }

  /** The one that a fiber or socket is in. */
  processOf(id: number): Process | undefined {
    return this.processes[ordinalOf(id)];
  }

  fiber(id: number | null): FiberRow | undefined {
    return id === null ? undefined : this.processOf(id)?.fibers.get(id);
  }

  socket(id: number | null): SocketFacts | undefined {
    return id === null ? undefined : this.processOf(id)?.sockets.get(id);
  }

  fibers(): FiberRow[] {
    return this.shown().flatMap(({ fibers }) => [...fibers.values()]);
  }

  sockets(): SocketFacts[] {
    return this.shown().flatMap(({ sockets }) => [...sockets.values()]);
  }

  servers(): ServerFacts[] {
    return this.shown().flatMap(({ servers }) => servers);
  }

  /** A sum over those that are shown. */
  sum(of: (process: Process) => number): number {
    return this.shown().reduce((sum, process) => sum + of(process), 0);
  }

  /** A process in a few words. */
  summaryOf({ pid, head, connections }: Process): string {
    if (head === null) return `pid ${pid ?? "none"}`;
    const { memory, lag } = head;
    return `pid ${pid} \u00b7 ${connections} connections \u00b7 ${size(memory)} \u00b7 lag ${duration(lag)}`;
  }

  /** Fibers in which `search` is found, by words: all of them; in a tree also those that they are below. */
  lines(sort: Sort, search: string): Line[] {
    const found = this.found(search);
    if (sort === "tree") return treeOf(this, found);
    return Array.from(found ?? this.fibers(), (fiber) => this.line(fiber)).sort(
      greatestFirst(sort),
    );
  }

  line(fiber: FiberRow, depth = 0, children = 0, aside = false): Line {
    const open = children > 0 && !this.folded.has(fiber.id);
    const process = this.processOf(fiber.id)!;
    const bytes = process.bytesOf(fiber.id);
    return { fiber, depth, children, open, aside, bytes, process, heading: false };
  }

  /** How many fibers have something conspicuous, by its name. */
  lints(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { lints } of this.fibers())
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
    for (const fiber of this.fibers()) {
      const text = this.textOf(fiber).toLowerCase();
      if (words.every((word) => text.includes(word))) found.add(fiber);
    }
    return found;
  }

  private textOf({ name, state, waitsFor, socket, lints }: FiberRow): string {
    const on = this.socket(socket)?.name ?? "";
    return `${name}\n${state}\n${waitsFor ?? ""}\n${on}\n${lints}`;
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
