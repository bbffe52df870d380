/** Unix sockets and the files that are in their way, simulated and the kernel's. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import fc from "fast-check";
import { ensure, type Operation } from "effection";
import { sleep, socket, type Unix } from "cosocket";
import { answer, compare, Ports, type Tempo } from "../../support/fidelity.js";

/** Which object does something, what, and with what. */
type Step = readonly [slot: number, what: string, ...args: unknown[]];

const SLOTS = 4;
const slot = fc.nat(SLOTS - 1);
const step = (what: string, ...args: fc.Arbitrary<unknown>[]): fc.Arbitrary<Step> =>
  fc.tuple(slot, fc.constant(what), ...args) as unknown as fc.Arbitrary<Step>;

const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("a", "b", "\0a", "./a", "folder/../b") },
  fc.constantFrom(
    ...["file", "folder", "changing", "link to a", "link to file", "loop", "folder/c"],
    ...["missing/a", "file/a", "", "x".repeat(120), "\0" + "x".repeat(120), "a/"],
  ),
);

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: step("bind", path) },
  { weight: 5, arbitrary: step("connect", path) },
  { weight: 3, arbitrary: step("accept", slot) },
  { weight: 2, arbitrary: step("make") },
  step("listen", fc.constantFrom(0, 1, 2)),
  step("write"),
  step("mkdir"),
  step("remove"),
  { weight: 2, arbitrary: step("send", fc.constant("abc\n")) },
  { weight: 2, arbitrary: step("receive") },
  { weight: 2, arbitrary: step("close") },
  step("reset"),
  step("shutdown", fc.constantFrom("send", "receive", "both")),
  step("getsockname"),
  step("getpeername"),
  step("getoption", fc.constantFrom("reuseaddr", "linger", "keepalive", "error")),
  step("select"),
);

class Stage {
  readonly objects: Unix[] = [];
  private readonly others: Unix[] = [];

  constructor(
    private readonly tempo: Tempo,
    private readonly folder: string,
  ) {
    for (let slot = 0; slot < SLOTS; slot++) this.put(slot, socket.unix());
    mkdirSync(this.at("folder"));
    writeFileSync(this.at("file"), "");
    symlinkSync("a", this.at("link to a"));
    symlinkSync("file", this.at("link to file"));
    symlinkSync("loop", this.at("loop"));
  }

  private at(path: string): string {
    if (path.startsWith("\0")) return `\0${this.folder}${path.slice(1)}`;
    return path === "" ? "" : `${this.folder}/${path}`;
  }

  private put(slot: number, object: Unix): void {
    if (this.objects[slot] !== undefined) this.others.push(this.objects[slot]);
    object.settimeout(this.tempo.patience);
    this.objects[slot] = object;
  }

  *perform([slot, what, first]: Step): Operation<unknown> {
    const object = this.objects[slot]!;
    switch (what) {
      case "bind":
      case "connect":
        return yield* answer(object, what, [this.at(first as string)]);
      case "accept": {
        const result = yield* answer(object, what, []);
        if (Array.isArray(result) && result[0] !== undefined) this.put(first as number, result[0]);
        return result;
      }
      case "make":
        return this.put(slot, socket.unix());
      case "write":
      case "mkdir":
      case "remove":
        return this.change(what);
      case "reset":
        object.setoption("linger", { on: true, timeout: 0 });
        return yield* answer(object, "close", []);
      case "select": {
        const [readable, writable, error] = yield* socket.select(this.objects, this.objects, 0);
        const slots = (of: Unix[]): string => of.map((one) => this.objects.indexOf(one)).join();
        return [slots(readable), slots(writable), error];
      }
      default:
        return yield* answer(object, what, [first]);
    }
  }

  /** What is at a path changes; of a socket there is no file in a simulation. */
  private change(what: "write" | "mkdir" | "remove"): string {
    const path = this.at("changing");
    const names = [...this.objects, ...this.others].map((one) => one.getsockname()[0]);
    if (names.includes(path)) return "a socket is there";
    rmSync(path, { recursive: true, force: true });
    if (what === "write") writeFileSync(path, "");
    else if (what === "mkdir") mkdirSync(path);
    return what;
  }

  end(): void {
    for (const object of [...this.objects, ...this.others]) object.close();
  }
}

function* play(script: Step[], tempo: Tempo): Operation<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-"));
  yield* ensure(() => rmSync(folder, { recursive: true }));
  const stage = new Stage(tempo, folder);
  const ports = new Ports();
  const answers: string[] = [];
  for (const step of script) {
    yield* sleep(tempo.pause);
    const result = yield* stage.perform(step);
    const object = String(stage.objects[step[0]]);
    answers.push(`${step.join(" ")}: ${ports.told(result)} ${object}`.replaceAll(folder, "."));
  }
  stage.end();
  return answers;
}

describe("the simulated network has Unix sockets at paths as the kernel does", function () {
  before(function () {
    if (process.platform === "linux") return;
    console.log("skipped: what is simulated is Linux");
    this.skip();
  });

  it("beside the files that are in their way", () => compare(steps, play));
});
