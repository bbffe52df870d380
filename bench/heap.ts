/**
 * npm run heap [-- [--count=<n>] [--together] [--interpreted] <work> ...]
 *
 * Does each work a hundred times, looks at the heap, does it some thousand times more, and looks again: whether anything is kept for each time.
 *
 * For its first minutes the heap grows by what V8 makes of code that is hot: machine code, and the tables by which that is given up again. That is half a
 * megabyte to two, and stops; it would hide twenty bytes a time, or be taken for them. So two things are told: the heap as a whole, and without V8's code: what
 * programs make (objects, closures, arrays, strings, native objects). `--interpreted` turns V8's compilers off, and fills its list of prototypes: then the heap as
 * a whole stays as it is.
 * `--together` does one of each work in turn, those that are done less often in proportion.
 *
 * Fails where more is kept than can come but once; where the heap without V8's code, or, interpreted, as a whole, has grown by more than 5 %.
 */
import { setFlagsFromString } from "node:v8";
import { HEAP_WORKS, leak } from "./heap-works.js";
import { type HeapWork, together } from "./heap-work.js";
import { type HeapTotals, moreOf, readHeap, writeHeap } from "./heap-totals.js";

/** Node's pool for small buffers is kept as long as any piece of it. Newer versions have one of 64 KiB: one more would be taken for what is kept each time. */
Buffer.poolSize = 1024;

const FIRST = 100;
/** Bytes that may come but once: caches that fill, arrays and tables that are grown ahead, the more the more is alive between two collections. */
const ONCE = 16 * 1024;
/** Bytes a time that are no leak: one pointer has eight. */
const LEAST = 2;
/** By how much a heap may grow. */
const MOST = 0.05;
/** Nothing is compiled, what is known of code is gathered from its first call, and what is not called is not thrown away. */
const INTERPRETED = [
  "--no-opt",
  "--no-sparkplug",
  "--no-maglev",
  "--no-lazy-feedback-allocation",
  "--no-flush-bytecode",
];

/**
 * V8 lists, weakly, the prototype that each new generator function has, and sees to the list at full collections only: in a program that makes many
 * it grows to a megabyte or two, and stays so.
 */
function fillV8sList(): void {
  for (let i = 0; i < 1_000_000; i++) (function* () {})().next();
}

async function grown(
  work: HeapWork,
  count: number,
): Promise<[first: HeapTotals, last: HeapTotals]> {
  const files: string[] = [];
  await work.begin(async (once) => {
    for (let number = 1; number <= count; number++) {
      await once(number);
      if (number === FIRST || number === count) files.push(await writeHeap());
    }
  });
  // Read only now: what is read would be on the heap.
  return files.map((file) => readHeap(file)) as [HeapTotals, HeapTotals];
}

const within = (first: number, last: number): boolean => last / first - 1 <= MOST;
const size = (bytes: number): string => (bytes / 1e6).toFixed(3).padStart(7);
const change = (first: number, last: number): string =>
  `${size(first)} -> ${size(last)} MB ${((last / first - 1) * 100).toFixed(1).padStart(5)} % ${within(first, last) ? "within" : "BEYOND"} 5 %`;

const options = process.argv.slice(2).filter((word) => word.startsWith("--"));
const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const asked = Number(options.find((word) => word.startsWith("--count="))?.slice(8));
const interpreted = options.includes("--interpreted");
if (interpreted) {
  for (const flag of INTERPRETED) setFlagsFromString(flag);
  fillV8sList();
}

/** Those that were asked for, or all but the leak. */
function works(): [name: string, HeapWork][] {
  if (words.length === 0) return Object.entries(HEAP_WORKS);
  return words.map((name) => {
    const work = name === "leak" ? leak : HEAP_WORKS[name];
    if (work !== undefined) return [name, work];
    throw new TypeError(`no work is named "${name}": ${Object.keys(HEAP_WORKS).join(", ")}`);
  });
}

const asWhole = (parts: [string, HeapWork][]): [string, HeapWork][] => [
  ["together", together(parts.map(([, work]) => work))],
];

for (const [name, work] of options.includes("--together") ? asWhole(works()) : works()) {
  const count = asked || work.count;
  const [first, last] = await grown(work, count);
  const each = (last.objects - first.objects) / (count - FIRST);
  console.log(
    `${name.padEnd(12)} ${String(count).padStart(6)} times: heap ${change(first.all, last.all)}; without V8's code ${change(first.objects, last.objects)}, ${each.toFixed(2)} bytes a time`,
  );
  const kept = last.objects - first.objects > Math.max(ONCE, LEAST * count);
  if (kept) for (const line of moreOf(first, last)) console.log(`    ${line}`);
  const beyond =
    !within(first.objects, last.objects) || (interpreted && !within(first.all, last.all));
  if (kept || beyond) process.exitCode = 1;
}
