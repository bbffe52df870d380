/** Recording: what a program's fibers do from now on, in the real world. */
import { pid, version } from "node:process";
import { type Fiber, reactor } from "../../reactor/index.js";
import type { About } from "./chrome.js";
import { listen } from "./listen.js";
import { checkFile, checkTrace, type TraceOptions } from "./options.js";
import { FileStore, Output, Ring, type Store } from "./store.js";
import { type Gauge, type Traced, Tracer } from "./tracer.js";

/** A trace that is being recorded. `using` stops it. */
export interface Recording extends Disposable {
  /**
   * End it. The file is complete then. Calling it again does nothing.
   *
   * @example
   * const recording = record("run.json");
   * recording.stop();
   */
  stop(): void;
  readonly stopped: boolean;
  /**
   * Chrome's JSON of what there is until now, or until it was stopped: what the limits have kept. Of a recording that writes into a file without
   * limits it is empty: there it is in the file.
   *
   * @example console.log(record().text().length);
   */
  text(): string;
}

/** Where fibers are shown that belong to no server. */
const PROGRAM = "program";
const GAUGES: readonly Gauge[] = [
  { name: "fibers", read: () => reactor.live },
  { name: "ready fibers", read: () => reactor.ready },
];

/**
 * Record from now on until it is stopped, for plain code; in an operation, {@link trace} also ends with its scope.
 *
 * With a file and without limits it is written as it comes; with limits the last seconds or bytes are kept in memory, and written at the end, also
 * that of the process, so that it can stay on for ever. Without a file it is kept in memory for {@link Recording.text}.
 *
 * Throws what the system says of a file that cannot be written, and TypeError for options that are wrong. What goes wrong later is a warning of the process's.
 *
 * @example
 * const recording = record("last-minute.json", { seconds: 60 });
 * process.on("SIGUSR1", () => recording.stop());
 */
export function record(file: string, options?: TraceOptions): Recording;
export function record(options?: TraceOptions): Recording;
export function record(first: string | TraceOptions = {}, second: TraceOptions = {}): Recording {
  const toFile = typeof first !== "object";
  if (toFile) checkFile("record", first);
  const given = toFile ? second : first;
  const { seconds, bytes } = checkTrace("record", given);
  const limited = !toFile || given.seconds !== undefined || given.bytes !== undefined;
  const about = aboutThisProcess();
  const output = toFile ? new Output(first, (error) => warn(first, error)) : null;
  if (!limited) return started(intoFile(output!, about));
  return started(intoRing(output, about, new Ring({ nanoseconds: seconds * 1e9, bytes })));
}

/** What a recording is made of. */
interface Parts {
  tracer: Tracer;
  text(): string;
  /** Write what is left. */
  finish(): void;
}

function intoFile(output: Output, about: About): Parts {
  const store = new FileStore(output, about);
  const tracer = tracerInto(store);
  const finish = (): void => {
    store.end(tracer.pending());
    output.close();
  };
  return { tracer, text: () => "", finish };
}

function intoRing(output: Output | null, about: About, ring: Ring): Parts {
  const tracer = tracerInto(ring);
  let final: string | null = null;
  const text = (): string => final ?? ring.text(about, tracer.pending());
  const finish = (): void => {
    final = text();
    output?.write(final);
    output?.close();
  };
  return { tracer, text, finish };
}

function tracerInto(store: Store): Tracer {
  // The virtual one, inside of a simulation.
  const { now } = reactor.clock;
  return new Tracer(store, { now, groupOf: serverOf, gauges: GAUGES, main: PROGRAM });
}

function started({ tracer, text, finish }: Parts): Recording {
  const unlisten = listen(tracer);
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    process.off("exit", stop);
    unlisten();
    finish();
  };
  process.on("exit", stop);
  return {
    stop,
    text,
    get stopped() {
      return stopped;
    },
    [Symbol.dispose]: stop,
  };
}

/** The server that a fiber handles a connection of, itself or as a part of the one that does. */
function serverOf(fiber: Traced): string {
  for (let one: Fiber | null = fiber as Fiber; one !== null; one = one.parent.nearest) {
    const server = /^(.+):(?:client|handler)_\d+$/.exec(one.name);
    if (server !== null) return server[1]!;
  }
  return PROGRAM;
}

function aboutThisProcess(): About {
  return { by: "cosocket", process: pid, node: version, began: reactor.clock.time() };
}

function warn(file: string, error: unknown): void {
  process.emitWarning(`the trace ${file} is not complete: ${String(error)}`, "TraceWarning");
}
