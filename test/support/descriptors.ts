/** Programs that are started with sockets, as systemd and inetd start them. */
import { join } from "node:path";
import type { Operation } from "effection";
import { type Program, program, root } from "./process.js";

/** A fixture of test/process whose descriptors from 3 on are these. It ends with the scope. */
export function inheriting(
  name: string,
  descriptors: readonly (number | "pipe")[],
  env: Record<string, string> = {},
): Operation<Program> {
  const fixture = join(root, "dist/test/process", `${name}.js`);
  return program(process.execPath, [fixture], env, ["ignore", "pipe", "pipe", ...descriptors]);
}
