/** What the kernel says of the options of a socket, asked by LuaSocket. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { call, type Operation } from "effection";
import { available, Program, root } from "./process.js";

export function canAskKernel(): boolean {
  if (available("lua5.4", "-e", "require'socket'")) return true;
  console.log("skipped: LuaSocket for Lua 5.4 is not installed (see .ci/run)");
  return false;
}

/** What LuaSocket reads from the descriptor. */
export function* kernel(
  kind: "tcp4" | "udp4" | "udp6",
  fd: number,
  names: string[],
): Operation<string[]> {
  const child = spawn("lua5.4", [join(root, "test/peers/options.lua"), kind, ...names], {
    stdio: ["ignore", "pipe", "pipe", fd],
  });
  const lua = new Program(child);
  yield* call(() => lua.ends());
  return lua.out.trim().replaceAll(".0\n", "\n").replace(/\.0$/, "").split("\n");
}
