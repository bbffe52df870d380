/**
 * What the environment asks for when a program begins: COSOCKET_TRACE, that it is recorded; COSOCKET_INSPECT, that it can be looked into. Whatever a
 * program imports first imports this; what is above it is loaded only when it is asked for.
 */
import process from "node:process";
import { traceProcess } from "../trace/index.js";

const { env } = process;

/** Undefined for what is set, and says no. */
function asked(name: string): string | undefined {
  const value = env[name];
  return value === "" || value === "0" ? undefined : value;
}

/** Undefined for what is no number: the limit is the usual one then. */
function limit(name: string): number | undefined {
  const value = Number(env[name]);
  return value > 0 ? value : undefined;
}

/** What is wrong with the file is told, and the program runs: it is not what it is for. */
function record(file: string): void {
  const failed = (_: string, error: unknown): void =>
    console.error(`COSOCKET_TRACE: the trace is not complete: ${(error as Error).message}`);
  try {
    traceProcess(file, failed, limit("COSOCKET_TRACE_SECONDS"), limit("COSOCKET_TRACE_BYTES"));
  } catch (error) {
    console.error(`COSOCKET_TRACE: ${(error as Error).message}`);
  }
}

const [file, inspect] = [asked("COSOCKET_TRACE"), asked("COSOCKET_INSPECT")];

// At once: the first fibers are to be in it.
if (file !== undefined) record(file);

if (inspect !== undefined)
  void import("../inspect/index.js").then((inspector) => {
    // In a bundle of one file it may stand behind a top-level await of the program's, which does not end before the program does.
    if ((inspector as typeof inspector | undefined) !== undefined)
      return inspector.inspectByEnvironment(inspect);
    console.error(
      'COSOCKET_INSPECT: in this bundle the inspector stands behind a top-level await: import "cosocket/inspect" in the program, too, or call main() without await',
    );
  });
