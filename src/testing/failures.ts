/** The failures that the simulation itself detects: a deadlock, a livelock, a limit that is exceeded, leaks. */
import { fibers, status } from "../../reactor/index.js";
import { snapshot, treeLines } from "../inspect/index.js";

/** A failure that the simulation detects, and not the program's code. */
export class DetectedFailure extends Error {
  /** @param kind which one it is, whatever its text says */
  constructor(
    readonly kind: string,
    text: string,
  ) {
    super(text);
    // As an error, it is one of no class of its own; runners print what is enumerable.
    Object.defineProperty(this, "kind", { enumerable: false });
    this.name = "Error";
    Object.defineProperty(this, "name", { enumerable: false });
  }
}

/**
 * Nothing can run, and nothing will ever happen.
 *
 * @param others what is there in the real world, and is not waited for
 */
export function deadlock(others: readonly string[]): Error {
  const real = others.map((other) => `\n  ${other}`).join("");
  const hint =
    "outside of the simulation, and not waited for (only cosocket's own network is simulated):";
  return new DetectedFailure(
    "deadlock",
    `deadlock: nobody can go on, and no deadline is left\n${waiting()}${real && `\n${hint}${real}`}`,
  );
}

export function timeLimit(limit: number): Error {
  return new DetectedFailure(
    "overtime",
    `it still runs after ${limit} seconds of virtual time (simulate's \`limit\`)\n${waiting()}`,
  );
}

export function livelock(events: number): Error {
  return new DetectedFailure(
    "livelock",
    `${events} things have happened (simulate's \`events\`), and it still runs: is it a loop that waits for nothing?\n${waiting()}`,
  );
}

export function heapLimit(events: number, bytes: number): Error {
  return new DetectedFailure(
    "memory",
    `the heap is nearly full (${(bytes / 1e6).toFixed(0)} MB) after ${events} things have happened, and it still runs: is it a loop without end? ` +
      `(node --max-old-space-size makes it larger)\n${waiting()}`,
  );
}

/** @param works what goes on, and where it was begun */
export function stalledWork(seconds: number, works: readonly string[]): Error {
  const list = works.map((work) => `\n  ${work}`).join("");
  return new DetectedFailure(
    "unfinished",
    `real work has not ended in ${seconds} seconds (unref() what is not to be waited for):${list}\n${waiting()}`,
  );
}

/** @param left what is open or alive */
export function leftBehind(left: readonly string[]): Error {
  // Which they are may depend on chance; that there are some is one kind.
  return new DetectedFailure(
    "left behind",
    `it has left behind:${left.map((one) => `\n  ${one}`).join("")}`,
  );
}

/** Fibers that are listed. */
const LISTED = 100;

function waiting(): string {
  const all = treeLines(snapshot({ paths: "recorded" })).map((line) => `  ${line}`);
  if (all.length === 0) return `  no fibers; ${status().timeout} deadlines`;
  const more = all.length > LISTED ? [`  ... and ${all.length - LISTED} more lines`] : [];
  return [...all.slice(0, LISTED), ...more].join("\n");
}

/** Each fiber, and what it waits for. */
export function fiberLines(): string[] {
  const all = fibers();
  const lines = all.slice(0, LISTED).map(({ name, state, waitsFor, parent }) => {
    const what = waitsFor ?? "nothing";
    return `${name} (${state}${parent === undefined ? "" : `, child of ${parent}`}) waits for ${what}`;
  });
  if (all.length > LISTED) lines.push(`... and ${all.length - LISTED} more`);
  return lines;
}
