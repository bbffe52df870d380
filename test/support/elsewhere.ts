/** Another process that replays runs: test/process/replays.ts. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { root } from "./process.js";

export class Elsewhere {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor() {
    this.child = spawn(
      process.execPath,
      ["--enable-source-maps", join(root, "dist/test/process/replays.js")],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    this.answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /**
   * What a run told there, whole. One question after the other.
   *
   * @param kind of naive.ts, or "anything"
   * @param replay what COSOCKET_REPLAY is to be; of "anything": its seed
   */
  async told(kind: string, replay: string): Promise<string> {
    this.child.stdin!.write(`${JSON.stringify([kind, replay])}\n`);
    const { value } = await this.answers.next();
    return JSON.parse(value as string) as string;
  }

  end(): void {
    this.child.stdin!.end();
  }
}
