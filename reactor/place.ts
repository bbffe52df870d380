/** Operations that were made and never performed: what they are, and where they were made, at the line of the program that has called the library. */

/** One of them. */
export interface Unperformed {
  /** It, in words: `send on tcp{client} ...`. */
  readonly what: string;
  /** Where it was made: `at handler (/home/me/server.ts:12:5)`. */
  readonly place: string;
}

/** Taken on the spot, and looked at only if somebody asks for the place: that costs more. */
export interface Trace {
  readonly stack?: string;
}

/** What has called `below`. */
export function traceOf(below: (...args: never[]) => unknown): Trace {
  const trace: Trace = {};
  Error.captureStackTrace(trace, below);
  return trace;
}

/** The package's files, as they run, and as source maps call them. */
const LIBRARY = ["dist/reactor/", "dist/src/", "reactor/", "src/"].map((folder) =>
  plain(new URL(`../../${folder}`, import.meta.url).pathname.replace(/^\/(?=\w:)/, "")),
);
const OTHERS = /node:|\/node_modules\/effection\/|<anonymous>\)?$/;

/** A path as it is compared: files are named by paths, and by URLs. */
function plain(text: string): string {
  const slashes = text.replaceAll("\\", "/");
  try {
    return decodeURI(slashes);
  } catch {
    return slashes;
  }
}

/** The first frame that is neither this package's nor Effection's nor Node's: `handler (/home/me/server.ts:12:5)`. null: it was made by this package itself. */
export function placeIn({ stack }: Trace): string | null {
  const frames = String(stack)
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim().replace(/^at /, ""));
  const own = frames.find((frame) => {
    const text = plain(frame);
    return !OTHERS.test(text) && !LIBRARY.some((folder) => text.includes(folder));
  });
  if (own !== undefined) return own;
  const { stackTraceLimit: limit } = Error;
  if (frames.length > 0 && frames.length < limit) return null;
  return `an unknown place (Error.stackTraceLimit is ${limit})`;
}

/** An operation, in words. */
export function inWords(operation: object): string {
  try {
    return String((operation as { description?: unknown }).description);
  } catch {
    return "an operation";
  }
}
