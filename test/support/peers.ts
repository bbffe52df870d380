/** Programs of others at the other end. */
import { join } from "node:path";
import { call, spawn, type Operation } from "effection";
import { type Handler, serve, type TlsParams } from "cosocket";
import { listening, portOf } from "./pairs.js";
import { available, type Program, program, root } from "./process.js";

export const lua = (file: string): string => join(root, "test/peers", file);

/** Serve with `handler` and run a program against the port; what it printed. */
export function* against(
  handler: Handler,
  run: (port: string) => [command: string, ...args: string[]],
  options: { tls?: TlsParams; env?: Record<string, string> } = {},
): Operation<Program> {
  const server = yield* listening();
  yield* spawn(() => serve(server, handler, options.tls && { tls: options.tls }));
  const [command, ...args] = run(String(portOf(server)));
  const peer = yield* program(command, args, options.env);
  yield* call(() => peer.ends());
  return peer;
}

/** Skips, and says why, where `command` is not installed. */
export function needs(
  what: string,
  command: string,
  ...args: string[]
): Mocha.SuiteFunction | Mocha.PendingSuiteFunction {
  if (available(command, ...args)) return describe;
  console.log(`skipped: ${what} is not installed (see .ci/run)`);
  return describe.skip;
}
