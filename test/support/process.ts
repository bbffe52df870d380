import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { call, resource, type Operation } from "effection";

export const root = resolve(import.meta.dirname, "../../..");

/**
 * A new folder outside of the tree, whose modules find this package and Effection: for programs that a test writes. Nothing is written into dist,
 * which several runs of the suite may share.
 */
export function packageFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/cosocket"));
  symlinkSync(join(root, "node_modules/effection"), join(folder, "node_modules/effection"));
  return folder;
}

/** A program that is running, and what it has printed. */
export class Program {
  out = "";
  exit: { code: number | null; signal: string | null } | undefined;
  #listeners = new Set<() => void>();
  constructor(readonly child: ChildProcess) {
    const more = (chunk: Buffer): void => {
      this.out += chunk.toString();
      this.#tell();
    };
    child.stdout?.on("data", more);
    child.stderr?.on("data", more);
    child.on("close", (code, signal) => {
      this.exit = { code, signal };
      this.#tell();
    });
  }
  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
  /** Wait until what it has printed matches. */
  async prints(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.out.match(pattern);
      if (match) return match;
      if (this.exit)
        throw new Error(
          `ended with ${JSON.stringify(this.exit)} before printing ${pattern}: ${this.out}`,
        );
      await new Promise<void>((resolve) => this.#next(resolve));
    }
  }
  async ends(): Promise<{ code: number | null; signal: string | null }> {
    while (!this.exit) await new Promise<void>((resolve) => this.#next(resolve));
    return this.exit;
  }
  #next(resolve: () => void): void {
    const listener = (): void => {
      this.#listeners.delete(listener);
      resolve();
    };
    this.#listeners.add(listener);
  }
}

/** A program that ends with the scope. */
export function program(
  command: string,
  args: string[],
  env: Record<string, string> = {},
  descriptors: readonly (number | "pipe" | "ignore")[] = ["pipe", "pipe", "pipe"],
): Operation<Program> {
  return resource(function* (provide) {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, NODE_V8_COVERAGE: "", ...env },
      stdio: [...descriptors],
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

/** An example, or a fixture of test/process, on a free port. */
export function script(
  folder: "examples" | "examples/copas" | "test/process",
  name: string,
  ...args: string[]
): Operation<Program> {
  return program(process.execPath, [join(root, "dist", folder, `${name}.js`), ...args], {
    PORT: "0",
  });
}

/** Whether `command` can be run; a test that needs it is skipped with a reason where it cannot. */
export function available(command: string, ...args: string[]): boolean {
  const { error, status } = spawnSync(command, args, { stdio: "ignore" });
  return error === undefined && status === 0;
}
