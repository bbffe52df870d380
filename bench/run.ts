/** One measurement: a server process, a load process, and what came of it. */
import { type ChildProcess, fork, spawnSync } from "node:child_process";
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

export interface Measured {
  /** What was done in a second of time, and in a second of the server's processor. */
  perSecond: number;
  perCpuSecond: number;
  /** Bytes by which the server grew, for each thing done. */
  bytes: number;
}

/** Start a server with `serverArgs` and put `load` on it. */
export async function measure(serverArgs: string[], load: (string | number)[]): Promise<Measured> {
  const server = new Process("server.js", serverArgs, 0);
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

/** Microseconds that a process found out by itself. */
export async function measureSpawn(system: string): Promise<number> {
  const server = new Process("server.js", ["spawn", system], 0);
  try {
    return (await server.hears()) as number;
  } finally {
    server.end();
  }
}
