/** What is on the heap, by kinds. */
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString, writeHeapSnapshot } from "node:v8";
import { runInNewContext } from "node:vm";

export interface HeapTotals {
  /** Bytes in all. */
  all: number;
  /** Bytes in what programs make. */
  objects: number;
  /** What programs make: "object Fiber", "string". */
  kinds: Map<string, { count: number; bytes: number }>;
}

interface Snapshot {
  snapshot: { meta: { node_fields: string[]; node_types: [string[], ...unknown[]] } };
  nodes: number[];
  strings: string[];
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/**
 * What V8 makes of code: by itself, and bounded by how much code there is. The lists are of machine code that depends on the shape of an object; the rest
 * is what newer versions keep beside code.
 */
const OF_CODE =
  /^(code|object shape|hidden system \/ (WeakArrayList|FeedbackCell|ProtectedFixedArray|SharedFunctionInfoWrapper|CodeWrapper)$)/;

/** Write what cannot be collected into a file. */
export async function writeHeap(): Promise<string> {
  // What a finalizer or a weak reference holds goes a turn after its collection.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise(setImmediate);
  }
  return writeHeapSnapshot(
    join(tmpdir(), `cosocket-${process.pid}-${performance.now()}.heapsnapshot`),
  );
}

/** Read such a file, and remove it. */
export function readHeap(file: string): HeapTotals {
  const { snapshot, nodes, strings } = JSON.parse(readFileSync(file, "utf8")) as Snapshot;
  rmSync(file);
  const { node_fields: fields, node_types } = snapshot.meta;
  const [TYPE, NAME, SIZE] = ["type", "name", "self_size"].map((field) =>
    fields.indexOf(field),
  ) as [number, number, number];
  const totals: HeapTotals = { all: 0, objects: 0, kinds: new Map() };
  for (let at = 0; at < nodes.length; at += fields.length) {
    const type = node_types[0][nodes[at + TYPE]!]!;
    const bytes = nodes[at + SIZE]!;
    const kind = type.includes("string") ? type : `${type} ${strings[nodes[at + NAME]!]}`;
    totals.all += bytes;
    if (OF_CODE.test(kind)) continue;
    totals.objects += bytes;
    const total = totals.kinds.get(kind) ?? { count: 0, bytes: 0 };
    total.count++;
    total.bytes += bytes;
    totals.kinds.set(kind, total);
  }
  return totals;
}

/** Of which kinds there is more, the most bytes first. */
export function moreOf(before: HeapTotals, after: HeapTotals): string[] {
  return [...after.kinds]
    .map(([kind, { count, bytes }]) => {
      const was = before.kinds.get(kind) ?? { count: 0, bytes: 0 };
      return { kind, count: count - was.count, bytes: bytes - was.bytes };
    })
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 10)
    .map(({ kind, count, bytes }) => `${bytes} bytes, ${count} more: ${kind}`);
}
