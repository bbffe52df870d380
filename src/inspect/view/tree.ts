/** Fibers as a tree: whose they are; of a cluster below the processes that they are in. */
import type { FiberRow } from "../server/feed.js";
import type { Head, Process } from "./process.js";

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
  /** The process that it is in. */
  process: Process;
  /** It is no fiber, but that process. */
  heading: boolean;
}

/** What a tree is made of. */
export interface Forest {
  readonly head: Head | null;
  /** Processes are rows of their own. */
  readonly hasHeadings: boolean;
  shown(): Process[];
  fibers(): FiberRow[];
  fiber(id: number | null): FiberRow | undefined;
  processOf(id: number): Process | undefined;
  summaryOf(process: Process): string;
  line(fiber: FiberRow, depth: number, children: number, aside: boolean): Line;
}

/** @param found those that are looked for, which are shown with what they are below; null: all */
export function treeOf(model: Forest, found: Set<FiberRow> | null): Line[] {
  const shown = found === null ? null : withParents(model, found);
  const children = childrenIn(model, shown ?? model.fibers());
  const lines: Line[] = [];
  // A stack of its own, since they may be nested deeply; the last one is next.
  const next: { fiber: FiberRow; depth: number; heading: boolean }[] = [];
  const push = (fibers: readonly FiberRow[], depth: number, heading = false): void => {
    for (let i = fibers.length - 1; i >= 0; i--) next.push({ fiber: fibers[i]!, depth, heading });
  };
  const headings = headingsOf(model).filter(({ id }) => found === null || children.has(id));
  if (headings.length > 0) push(headings, 0, true);
  else push(children.get(null) ?? [], 0);
  for (let one = next.pop(); one !== undefined; one = next.pop()) {
    const { fiber, depth, heading } = one;
    const below = children.get(fiber.id) ?? [];
    const line = model.line(fiber, depth, below.length, found !== null && !found.has(fiber));
    line.heading = heading;
    // What was looked for is shown wherever it is.
    if (found !== null) line.open = below.length > 0;
    lines.push(line);
    if (line.open) push(below, depth + 1);
  }
  return lines;
}

function childrenIn(
  model: Forest,
  fibers: Iterable<FiberRow>,
): ReadonlyMap<number | null, FiberRow[]> {
  const children = new Map<number | null, FiberRow[]>();
  for (const fiber of fibers) {
    // The parent may be one that is not shown: of those who look.
    const known = fiber.parent !== null && model.fiber(fiber.parent) !== undefined;
    const root = model.hasHeadings ? model.processOf(fiber.id)!.base : null;
    const parent = known ? fiber.parent : root;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [fiber]);
    else siblings.push(fiber);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => a.id - b.id);
  return children;
}

function withParents(model: Forest, found: Set<FiberRow>): Set<FiberRow> {
  const all = new Set(found);
  for (const fiber of found) {
    for (let { parent } = fiber; parent !== null;) {
      const above = model.fiber(parent);
      if (above === undefined || all.has(above)) break;
      all.add(above);
      parent = above.parent;
    }
  }
  return all;
}

/** A row for each process, with the number of nobody there. */
function headingsOf(model: Forest): FiberRow[] {
  if (!model.hasHeadings) return [];
  const now = model.head?.now ?? 0;
  return model.shown().map((process): FiberRow => ({
    id: process.base,
    ...{ parent: null, since: null, until: null, runs: null, busy: null, longest: null },
    ...{ socket: null, kind: null, lints: "", waitsFor: model.summaryOf(process) },
    name: process.name,
    // Of a process it is another word.
    state: process.stateAt(now) as FiberRow["state"],
    born: process.age === null ? null : now - process.age,
  }));
}
