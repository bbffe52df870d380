/**
 * Where fibers wait: the path of `yield*`s in the program's source.
 *
 * All of it is on the stack when a wait begins, so whoever has stacks recorded (COSOCKET_STACKS=1) gets it. Otherwise a suspended generator
 * shows only where it is itself, and only to a debugger: of each fiber that is the outermost place. Nothing shows what it delegates to.
 */
import { fileURLToPath } from "node:url";
import { type Fiber, isOwn, liveFibers, pathIn, pauseOf } from "../../reactor/index.js";
import type { Frame } from "./facts.js";
import { locationsOf } from "./locations.js";

/** `handler (/home/me/server.ts:12:5)`, or only the place. */
const FRAME = /^(?:(?:async )?(.*) \()?(.*):(\d+):(\d+)\)?$/;

function frameOf(text: string): Frame[] {
  const [, name = "", file, line, column] = FRAME.exec(text) ?? [];
  if (file === undefined) return [];
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  return [
    {
      function: name.replace(/\.next$/, ""),
      file: path,
      line: Number(line),
      column: Number(column),
    },
  ];
}

function recorded(fiber: Fiber): Frame[] | null {
  const trace = pauseOf(fiber)?.wait?.trace;
  return trace === undefined ? null : pathIn(trace).flatMap(frameOf);
}

/** Of each fiber, the outermost first; empty where nobody knows. @param ask V8, where nothing was recorded */
export function pathsOf(fibers: readonly Fiber[], ask: boolean): Frame[][] {
  const paths = fibers.map(recorded);
  if (!ask) return paths.map((path) => path ?? []);
  const missing = fibers.flatMap((fiber, i) =>
    paths[i] === null && fiber.generator !== null ? [fiber.generator] : [],
  );
  const locations = locationsOf(missing);
  return paths.map((path, i) => {
    const { generator } = fibers[i]!;
    const location = generator === null ? undefined : locations.get(generator);
    return path ?? (location === undefined || !isOwn(location.file) ? [] : [location]);
  });
}

/** Of those with these ids, asked for together. */
export function pathsById(ids: ReadonlySet<number>): Map<number, Frame[]> {
  const fibers = liveFibers().filter(({ id }) => ids.has(id));
  const paths = pathsOf(fibers, true);
  return new Map(fibers.map(({ id }, i) => [id, paths[i]!]));
}

/**
 * Where one fiber waits: the places of its `yield*`s, from its own code inwards. All of them where stacks are recorded (`recordStacks(true)`,
 * or `COSOCKET_STACKS=1` in the environment), otherwise the outermost one.
 *
 * @param id of the fiber, as in a {@link snapshot}
 * @returns empty where nobody knows, and where there is no such fiber
 *
 * @example
 * for (const { function: name, file, line } of pathOf(7)) console.log(`${name} (${file}:${line})`);
 */
export function pathOf(id: number): Frame[] {
  const fiber = liveFibers().find((one) => one.id === id);
  return fiber === undefined ? [] : pathsOf([fiber], true)[0]!;
}
