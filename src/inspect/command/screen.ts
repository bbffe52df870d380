/** The terminal while a program has all of it: as it was, whatever way the program ends. */
import { writeSync } from "node:fs";
import { emitKeypressEvents, type Key } from "node:readline";

const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
/** Of the signals that end a program. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

export class Screen {
  private entered = false;
  private shown: string[] = [];

  /**
   * @param pressed told of each key: its name as readline has it, or the character
   * @param changed it is to be drawn again
   */
  constructor(
    private readonly pressed: (key: string) => void,
    private readonly changed: () => void,
  ) {}

  get width(): number {
    return process.stdout.columns || 80;
  }
  get height(): number {
    return process.stdout.rows || 24;
  }

  open(): void {
    process.on("exit", () => this.leave());
    process.on("uncaughtException", (error) => {
      this.leave();
      console.error(error);
      process.exit(1);
    });
    for (const [signal, number] of Object.entries(SIGNALS))
      process.on(signal, () => process.exit(128 + number));
    process.on("SIGCONT", () => {
      this.enter();
      this.changed();
    });
    process.stdout.on("resize", () => {
      this.shown = [];
      this.changed();
    });
    // Who reads it has gone.
    process.stdout.on("error", () => process.exit(1));
    emitKeypressEvents(process.stdin);
    process.stdin.on("keypress", (text: string | undefined, key: Key) => this.take(text, key));
    process.stdin.on("end", () => process.exit(0));
    this.enter();
  }

  /** Only lines that have changed are written. */
  draw(lines: readonly string[]): void {
    if (!this.entered) return;
    let text = "";
    lines.forEach((line, i) => {
      if (line !== this.shown[i]) text += `\u001b[${i + 1};1H${line}\u001b[K`;
    });
    this.shown = [...lines];
    if (text !== "") process.stdout.write(text);
  }

  private take(text: string | undefined, { name, ctrl, sequence }: Key): void {
    if (ctrl && name === "c") process.exit(130);
    if (ctrl && name === "z") return this.stop();
    if (ctrl && name === "l") {
      this.shown = [];
      return this.changed();
    }
    const printable = text !== undefined && text === sequence && text >= " " && text !== "\u007f";
    this.pressed(printable && text !== " " ? text : (name ?? ""));
  }

  /** As the shell expects it of ctrl-Z. */
  private stop(): void {
    this.leave();
    process.kill(process.pid, "SIGSTOP");
  }

  private enter(): void {
    if (this.entered) return;
    this.entered = true;
    this.shown = [];
    process.stdin.setRawMode(true);
    process.stdin.resume();
    process.stdout.write(ENTER);
  }

  private leave(): void {
    if (!this.entered) return;
    this.entered = false;
    // Nothing that waits may be left when the process ends: written now.
    try {
      process.stdin.setRawMode(false);
      writeSync(1, LEAVE);
    } catch {
      // There is no terminal any more.
    }
  }
}
