/** The programs that are measured, and the load: each a process that says a line at a time. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { createInterface } from "node:readline";
import { resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export interface Command {
  /** The program and its arguments. */
  words: string[];
  env?: Record<string, string>;
}

/** A program of ours, compiled, below dist/bench. */
export function nodeCommand(file: string, args: string[], env?: Record<string, string>): Command {
  const words = [process.execPath, "--expose-gc", resolve(root, "dist/bench", file), ...args];
  return env === undefined ? { words } : { words, env };
}

/** Whether the server has a core, and the load another. */
export const pinned = cpus().length > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** A million fibers may take their time; what is silent for longer hangs. */
const SILENT_SECONDS = 120;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #lines: string[] = [];
  #ended: Error | undefined;
  #told: () => void = () => {};

  constructor({ words, env }: Command, core: number) {
    this.#name = words.join(" ");
    const [command, ...args] = pinned ? ["taskset", "-c", String(core), ...words] : words;
    const child = spawn(command!, args, {
      cwd: root,
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    running.add(child);
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#told();
    });
    // It may end before it has read what it is told.
    child.stdin.on("error", () => {});
    child.once("error", (error) => this.#end(error));
    child.once("close", (code, signal) =>
      this.#end(new Error(`"${this.#name}" ended with ${signal ?? code}`)),
    );
  }

  #end(error: Error): void {
    running.delete(this.#child);
    this.#ended ??= error;
    this.#told();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  says(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** Its next line. */
  async hears(): Promise<string> {
    const silent = setTimeout(
      () => this.#end(new Error(`"${this.#name}" was silent for ${SILENT_SECONDS} s`)),
      SILENT_SECONDS * 1000,
    );
    try {
      while (this.#lines.length === 0) {
        if (this.#ended !== undefined) throw this.#ended;
        await new Promise<void>((resolve) => (this.#told = resolve));
      }
      return this.#lines.shift()!;
    } finally {
      clearTimeout(silent);
    }
  }

  /** The number in its next line: "port 7777", "us 2.5". */
  async hearsNumber(): Promise<number> {
    const line = await this.hears();
    const number = Number(line.split(" ").at(-1));
    if (Number.isNaN(number))
      throw new Error(`"${this.#name}" says "${line}": a number was expected`);
    return number;
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}
