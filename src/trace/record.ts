/** Recording: what a program's fibers do from now on, in the real world. */
import { pid, version } from "node:process";
import { type Fiber, kindOf, reactor, told } from "../../reactor/index.js";
import type { Part } from "./chrome.js";
import { checkFile, checkTrace, type TraceOptions } from "./options.js";
import { recordAll, recordLast, type Recording, type Started, type Subject } from "./recording.js";
import { type Failed, Output, Ring } from "./store.js";
import type { Traced } from "./tracer.js";
import { warn, warnsAtExit } from "./warning.js";

/** Where fibers are shown that belong to no server. */
const PROGRAM = "program";

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
/** {@link record}, kept in memory. */
export function record(options?: TraceOptions): Recording;
export function record(first: string | TraceOptions = {}, second: TraceOptions = {}): Recording {
  const toFile = typeof first !== "object";
  if (toFile) checkFile("record", first);
  return toFile ? begin(first, second) : begin(null, first);
}

/** @internal The same, where the options are together. */
export function begin(
  file: string | null,
  options: TraceOptions,
  { failed = warnOf, part }: { failed?: Failed; part?: Part } = {},
): Started {
  const { seconds, bytes } = checkTrace("record", options);
  const limited = options.seconds !== undefined || options.bytes !== undefined;
  const output = file === null ? null : new Output(file, failed);
  if (output !== null) warnsAtExit();
  const subject = { ...thisProcess(), ...(part !== undefined && { part }) };
  if (output !== null && !limited) return recordAll(subject, output);
  return recordLast(subject, new Ring({ nanoseconds: seconds * 1e9, bytes }), output);
}

function thisProcess(): Subject {
  // The virtual one, inside of a simulation.
  const { clock } = reactor;
  return {
    now: clock.now,
    groupOf: serverOf,
    main: PROGRAM,
    socketsOf: PROGRAM,
    about: { by: "cosocket", process: pid, node: version, began: clock.time() },
    endOf,
  };
}

/** The server that a fiber handles a connection of, itself or as a part of the one that does. */
function serverOf(fiber: Traced): string {
  for (let one: Fiber | null = fiber as Fiber; one !== null; one = one.parent.nearest) {
    const server = /^(.+):(?:client|handler)_\d+$/.exec(told(one.name));
    if (server !== null) return server[1]!;
  }
  return PROGRAM;
}

/** What an error says may be anything: only what kind of error it is. */
function endOf({ ending, thrown }: Fiber): string {
  return ending === "returned" || ending === "halted" ? "" : `failed: ${kindOf(thrown)}`;
}

function warnOf(file: string, error: unknown): void {
  warn(`the trace ${file} is not complete: ${String(error)}`);
}
