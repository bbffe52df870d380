/** Programs that are started with sockets, as systemd and inetd start them. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { call, type Operation, resource } from "effection";
import { Program, root } from "./process.js";

/** A fixture of test/process whose descriptors from 3 on are these. It ends with the scope. */
export function inheriting(
  name: string,
  descriptors: readonly (number | "pipe")[],
  env: Record<string, string> = {},
): Operation<Program> {
  return resource(function* (provide) {
    const child = spawn(process.execPath, [join(root, "dist/test/process", `${name}.js`)], {
      env: { ...process.env, NODE_V8_COVERAGE: "", ...env },
      stdio: ["ignore", "pipe", "pipe", ...descriptors],
    });
    const running = new Program(child);
    try {
      yield* provide(running);
    } finally {
      child.kill("SIGKILL");
      yield* call(() => running.ends());
    }
  });
}
