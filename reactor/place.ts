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

/** The package's files, as they run, and as source maps call them, by the address of this one; none if it is in a bundle of the program's. */
export function filesOf(here: string | undefined): string[] {
  const file = /^(.*\/)dist\/(?:reactor\/place|lib\/(?:shared-[\w-]+|reactor))\.js$/.exec(
    here ?? "",
  );
  if (file === null) return [];
  const root = plain(new URL(file[1]!).pathname.replace(/^\/(?=\w:)/, ""));
  return ["dist/lib/", "dist/reactor/", "dist/src/", "reactor/", "src/"].map((one) => root + one);
}

const LIBRARY = filesOf(import.meta.url);
/** This package by its name, too: the source maps of a bundle call it so, wherever the bundle lies. */
const OTHERS = /node:|\/node_modules\/(effection|cosocket)\/|<anonymous>\)?$/;

/** A path as it is compared: files are named by paths, and by URLs. */
function plain(text: string): string {
  const slashes = text.replaceAll("\\", "/");
  try {
    return decodeURI(slashes);
  } catch {
    return slashes;
  }
}

/** The frames of a stack, innermost first, as V8 writes them: `handler (/home/me/server.ts:12:5)`. */
function framesIn({ stack }: Trace): string[] {
  return String(stack)
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim().replace(/^at /, ""));
}

/** Whether a frame, or its file, is the program's: neither this package's nor Effection's nor Node's. */
export function isOwn(frame: string): boolean {
  const text = plain(frame);
  return !OTHERS.test(text) && !LIBRARY.some((folder) => text.includes(folder));
}

/** Where the code of a fiber is called from: the files, or their classes in a file that holds others, too. */
const DRIVER = /[/\\]reactor[/\\](fiber|promote)\.[jt]s|^(GeneratorFiber|Forwarder)\./;

/** Of a stack that was taken where a fiber waits: the program's own frames, from those that called for it inwards. */
export function pathIn(trace: Trace): string[] {
  const frames = framesIn(trace);
  const driver = frames.findIndex((frame) => DRIVER.test(frame) && !isOwn(frame));
  const fibers = driver < 0 ? frames : frames.slice(0, driver);
  return fibers.filter(isOwn).reverse();
}

/** The first frame that is neither this package's nor Effection's nor Node's: `handler (/home/me/server.ts:12:5)`. null: it was made by this package itself. */
export function placeIn(trace: Trace): string | null {
  const frames = framesIn(trace);
  const own = frames.find(isOwn);
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
