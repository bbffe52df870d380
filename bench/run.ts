/** One measurement: a server process, a load process, and what came of it. */
import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const pinned = cpus().length > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

class Process {
  readonly #child: ChildProcess;
  readonly #queue: unknown[] = [];
  #waiting: ((message: unknown) => void) | undefined;

  constructor(name: string, args: string[], cpu: number) {
    // The server has a core, the load another.
    const node = pinned
      ? { execPath: "taskset", execArgv: ["-c", String(cpu), process.execPath, "--expose-gc"] }
      : { execArgv: ["--expose-gc"] };
    this.#child = fork(file(name), args, {
      ...node,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child.on("message", (message) => {
      if (this.#waiting === undefined) this.#queue.push(message);
      else {
        const waiting = this.#waiting;
        this.#waiting = undefined;
        waiting(message);
      }
    });
  }
  ask(question: string): Promise<unknown> {
    this.#child.send(question);
    return this.hears();
  }
  hears(): Promise<unknown> {
    if (this.#queue.length > 0) return Promise.resolve(this.#queue.shift());
    return new Promise((resolve, reject) => {
      this.#waiting = resolve;
      this.#child.once("exit", (code) => reject(new Error(`process ended with ${code}`)));
    });
  }
  end(): void {
    this.#child.removeAllListeners("exit");
    this.#child.kill("SIGKILL");
  }
}

/** Copas itself: which Lua, and what it was told to do. */
class Lua {
  readonly #child: ChildProcess;
  readonly #said: Promise<string>;
  constructor(lua: string, args: string[]) {
    const command = [
      lua,
      fileURLToPath(new URL("../../bench/copas.lua", import.meta.url)),
      ...args,
    ];
    const [name, ...rest] = pinned ? ["taskset", "-c", "0", ...command] : command;
    const env = { ...process.env, LUA_PATH: luaPath };
    this.#child = spawn(name!, rest, { stdio: ["ignore", "pipe", "inherit"], env });
    this.#said = new Promise((resolve, reject) => {
      this.#child.stdout!.once("data", (data: Buffer) => resolve(data.toString()));
      this.#child.once("exit", (code) => reject(new Error(`${lua} ended with ${code}`)));
    });
  }
  /** The number that it says. */
  async hears(): Promise<unknown> {
    return Number((await this.#said).split(" ")[1]);
  }
  /** Seconds of the processor, in ticks of a hundredth (proc(5)). */
  async ask(): Promise<unknown> {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }
  end(): void {
    this.#child.removeAllListeners("exit");
    this.#child.kill("SIGKILL");
  }
}

/** Debian's lua-copas is installed for Lua 5.1 and 5.2 only; it runs on 5.4, too. */
const luaPath = `${process.env["LUA_PATH"] ?? ";"};/usr/share/lua/5.2/?.lua;/usr/share/lua/5.1/?.lua`;

/** The version of Copas that `lua` has; undefined if it has none. */
export function copasVersion(lua: string): string | undefined {
  const { status, stdout } = spawnSync(lua, ["-e", "io.write(require('copas')._VERSION)"], {
    encoding: "utf8",
    env: { ...process.env, LUA_PATH: luaPath },
  });
  return status === 0 ? stdout : undefined;
}

/** A server of ours, or of Copas's: "lua", the command, and what it is told. */
function serverOf(args: string[]): Process | Lua {
  const [work, system, ...rest] = args as [string, string];
  return work === "lua" ? new Lua(system, rest) : new Process("server.js", args, 0);
}

export interface Measured {
  /** What was done in a second of time, and in a second of the server's processor. */
  perSecond: number;
  perCpuSecond: number;
  /** Bytes by which the server grew, for each thing done. */
  bytes: number;
}

/** Start a server with `serverArgs` and put `load` on it. */
export async function measure(serverArgs: string[], load: (string | number)[]): Promise<Measured> {
  const server = serverOf(serverArgs);
  const port = (await server.hears()) as number;
  const [work, ...rest] = load;
  const client = new Process("load.js", [String(work), String(port), ...rest.map(String)], 1);
  try {
    await client.hears();
    const cpu = (await server.ask("cpu")) as number;
    const rss = work === "idle" ? ((await server.ask("rss")) as number) : 0;
    await client.hears();
    const cpuUsed = ((await server.ask("cpu")) as number) - cpu;
    const { done, seconds } = (await client.hears()) as { done: number; seconds: number };
    const grown = work === "idle" ? ((await server.ask("rss")) as number) - rss : 0;
    return { perSecond: done / seconds, perCpuSecond: done / cpuUsed, bytes: grown / done };
  } finally {
    client.end();
    server.end();
  }
}

/** What a process found out by itself. */
export async function told(args: string[]): Promise<number> {
  const server = serverOf(args);
  try {
    return (await server.hears()) as number;
  } finally {
    server.end();
  }
}
