/** The systems that are compared: how a server of each is started, and whether it can be. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "cosocket";
import { type Command, nodeCommand, root } from "./processes.js";

/** What there is of a system on this machine: its version, or why it is left out. */
export type Found = { version: string } | { missing: string };

export interface System {
  /** As it is named on the command line and in results. */
  name: string;
  /** As it is called in tables and plots. */
  title: string;
  /** Whether its servers take "collect" on standard input, and answer when they have collected garbage. */
  collects: boolean;
  find(): Found;
  /** The program that does `work`. */
  server(work: string, ...args: string[]): Command;
}

const peer = (file: string): string => join(root, "bench/peers", file);

/** What runs in the Node that runs the benchmark. */
function onNode(
  name: string,
  title: string,
  { served = name, env, find }: { served?: string; env?: Command["env"]; find?(): Found } = {},
): System {
  return {
    name,
    title,
    collects: true,
    find: find ?? (() => ({ version: process.version })),
    server: (work, ...args) => nodeCommand("servers/main.js", [work, served, ...args], env),
  };
}

/** Which transport connections have; undefined in versions that have but one. */
export function transport(): string | undefined {
  const { transport } = status() as { transport?: unknown };
  return typeof transport === "string" ? transport : undefined;
}

/** cosocket on net.Sockets, where it uses Node's own handles otherwise. */
const onSockets = onNode("cosocket-socket", "cosocket, net.Socket", {
  served: "cosocket",
  env: { COSOCKET_TRANSPORT: "socket" },
  find: () =>
    transport() === undefined || transport() === "socket"
      ? { missing: "cosocket uses net.Socket in any case here" }
      : { version: process.version },
});

/** What a command says, in one line; undefined if there is no such command, or it fails. */
function says(command: string, args: string[], env: NodeJS.ProcessEnv = {}): string | undefined {
  const { status, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Debian's lua-copas is installed for Lua 5.1 and 5.2 only; it runs on 5.4, too. */
const LUA_PATH = `${process.env["LUA_PATH"] ?? ";"};/usr/share/lua/5.2/?.lua;/usr/share/lua/5.1/?.lua`;

function copas(name: string, title: string, lua: string): System {
  const versions = "io.write(require('copas')._VERSION, ' on ', jit and jit.version or _VERSION)";
  return {
    name,
    title,
    // It cannot wait for its standard input; its idle server collects by the clock.
    collects: false,
    find() {
      const version = says(lua, ["-e", versions], { LUA_PATH });
      return version === undefined
        ? { missing: `${lua} with Copas is not installed` }
        : { version };
    },
    server: (...args) => ({ words: [lua, peer("copas.lua"), ...args], env: { LUA_PATH } }),
  };
}

let built: string | undefined;

/** Compile Go's server, once. @throws if it does not compile */
function goServer(): string {
  if (built !== undefined) return built;
  const folder = mkdtempSync(join(tmpdir(), "cosocket-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  const program = join(folder, "echo");
  execFileSync("go", ["build", "-o", program, peer("echo.go")], { stdio: "pipe" });
  return (built = program);
}

function go(name: string, title: string, ...args: string[]): System {
  return {
    name,
    title,
    collects: true,
    find() {
      const version = says("go", ["version"]);
      if (version === undefined) return { missing: "go is not installed" };
      try {
        goServer();
        return { version };
      } catch (error) {
        return { missing: `go does not build its server: ${(error as Error).message}` };
      }
    },
    server: () => ({ words: [goServer(), ...args] }),
  };
}

const bun: System = {
  name: "bun",
  title: "Bun.listen",
  collects: true,
  find() {
    const version = says("bun", ["--version"]);
    return version === undefined
      ? { missing: "bun is not installed" }
      : { version: `Bun ${version}` };
  },
  server: () => ({ words: ["bun", join(root, "dist/bench/peers/bun.js")] }),
};

/** A program of the user's: it prints a line that ends in the port it listens on, and echoes lines. */
export function ownServer(name: string, command: string): System {
  return {
    name,
    title: name,
    collects: false,
    find: () => ({ version: command }),
    server: () => ({ words: ["sh", "-c", `exec ${command}`] }),
  };
}

export const SYSTEMS: readonly System[] = [
  onNode("node", "plain Node, callbacks"),
  onNode("node-gathered", "the same, gathered by hand"),
  onNode("node-checked", "the same, checking errors"),
  onNode("async", "async/await, streams"),
  onNode("effection", "an Effection task each"),
  go("go", "Go, bufio"),
  go("go-gathered", "Go, gathered by hand", "gathered"),
  bun,
  copas("copas-luajit", "Copas, LuaJIT", "luajit"),
  copas("copas-lua5.4", "Copas, Lua 5.4", "lua5.4"),
  onSockets,
  onNode("cosocket", "cosocket"),
  onNode("cosocket-copas", "cosocket/copas"),
  onNode("cosocket-promises", "cosocket/promises, await"),
  onNode("cosocket-for-await", "cosocket/promises, for await"),
  onNode("cosocket-timeout", "cosocket, a timeout on every receive"),
  onNode("cosocket-context", "cosocket, an async context each"),
  onNode("cosocket-inspect", "cosocket, its page open to nobody"),
  onNode("cosocket-seen", "cosocket, its page looked at, and traced"),
  onNode("cosocket-each", "cosocket, each(lines()), each(blocks())"),
];
