/**
 * Random scripts for two ends of a connection, and all that they answer: to be the same on every transport.
 *
 * Each step begins when the last has had all its consequences: as long as something moves, Node's loop is let come round. What has to wait
 * does so in a fiber of its own, and answers when it does.
 */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { call, type Operation } from "effection";
import { type BoundaryReader, type Fiber, fork, socket, type Tcp, type Unix } from "cosocket";

type End = Tcp | Unix;

/** Who does what, and whether it may wait for it. */
export interface Step {
  who: 0 | 1;
  waits: boolean;
  what: string;
  argument: number;
}

export interface Script {
  kind: "tcp" | "unix";
  steps: Step[];
}

/** More than kernel and buffers hold: how far it has come when something breaks is nobody's promise. */
const FLOOD = 12_000_000;
const MUCH = 20_000;
const TEXTS = [
  "line\n",
  "one\r\ntwo\nthree",
  "grün é\n",
  "--",
  "-x",
  "--x\n",
  "",
  "\n",
  "q".repeat(900) + "\n",
  "z".repeat(6000),
];
const BYTES = [Buffer.of(0, 255, 10, 13), Buffer.alloc(700, "b"), Buffer.from("\xe9\n", "latin1")];
const COUNTS = [0, 1, 3, 9, 700, 5000];
const RECEIVES = ["line", "raw", "all", "bytes", "any", "peek", "until", "step", "partial", "more"];
const OPTIONS: [string, unknown][] = [
  ["tcp-nodelay", true],
  ["tcp-nodelay", false],
  ["keepalive", true],
  ["linger", { on: true, timeout: 0 }],
  ["linger", { on: true, timeout: 1 }],
  ["linger", { on: false, timeout: 0 }],
  ["line-limit", 5],
  ["line-limit", 1000],
  ["reuseaddr", true],
];
const ENDINGS = ["shutdown send", "shutdown receive", "shutdown both", "close", "abort"];

const step = (waits: fc.Arbitrary<boolean>, ...what: string[]): fc.Arbitrary<Step> =>
  fc.record({
    who: fc.constantFrom<0 | 1>(0, 1),
    waits,
    what: fc.constantFrom(...what),
    argument: fc.nat(999),
  });

const never = fc.constant(false);
const steps = fc.oneof(
  { weight: 8, arbitrary: step(never, "text", "binary", "array", "part") },
  { weight: 10, arbitrary: step(fc.boolean(), ...RECEIVES) },
  { weight: 1, arbitrary: step(fc.constant(true), "flood", "lines") },
  { weight: 1, arbitrary: step(never, "soon") },
  { weight: 2, arbitrary: step(never, "set", "get", "encoding") },
  { weight: 2, arbitrary: step(never, "names", "stats", "dirty", "flush") },
  { weight: 2, arbitrary: step(never, ...ENDINGS) },
);

export const scripts: fc.Arbitrary<Script> = fc.record({
  kind: fc.constantFrom("tcp" as const, "tcp" as const, "unix" as const),
  steps: fc.array(steps, { minLength: 6, maxLength: 16 }),
});

export const shown = ({ kind, steps }: Script): string =>
  [kind, ...steps.map((step) => Object.values(step).join(" "))].join("; ");

let lastPath = 0;

class Play {
  /** What each fiber has answered, in its order: which of two that wait is first is nobody's promise. */
  readonly answers: string[][] = [];
  private readonly ends: End[] = [];
  private readonly readers: BoundaryReader[] = [];
  private readonly prefixes = ["", ""];
  private readonly waiting: Fiber<void>[] = [];
  /** Buffers that were received, and what was in them. */
  private readonly kept: [buffer: Buffer, hash: string][] = [];
  private readonly flooded: boolean;
  private names = new Map<unknown, string>();

  constructor(private readonly script: Script) {
    this.flooded = script.steps.some(({ what }) => what === "flood");
  }

  *run(): Operation<string[]> {
    const server = yield* this.connect();
    for (const step of this.script.steps) yield* this.begin(step);
    for (const end of this.ends) end.close();
    for (const fiber of this.waiting) yield* fiber;
    server.close();
    const changed = this.kept.filter(([buffer, hash]) => digest(buffer) !== hash);
    if (changed.length > 0) this.answers.push([`${changed.length} buffers have changed`]);
    return this.answers.flat();
  }

  private *connect(): Operation<{ close(): 1 }> {
    if (this.script.kind === "unix") {
      const path = join(tmpdir(), `cosocket-scripts-${process.pid}-${++lastPath}.sock`);
      const [server, client] = [socket.unix(), socket.unix()];
      socket.try(yield* server.bind(path));
      socket.try(yield* client.connect(path));
      this.ends.push(client, socket.try(yield* server.accept()));
      this.names.set(path, "path");
      rmSync(path, { force: true });
      return this.ready(server);
    }
    const server = socket.try(yield* socket.bind("127.0.0.1", 0));
    const [, port] = server.getsockname();
    const client = socket.try(yield* socket.connect("127.0.0.1", port as number));
    this.ends.push(client, socket.try(yield* server.accept()));
    this.names.set(port, "server's").set(client.getsockname()[1], "client's");
    return this.ready(server);
  }
  private ready<T>(server: T): T {
    for (const end of this.ends) {
      end.settimeout(0);
      this.readers.push(end.receiveuntil("--x"));
    }
    return server;
  }

  private *begin(step: Step): Operation<void> {
    const lines: string[] = [];
    this.answers.push(lines);
    const act = function* (this: Play): Operation<void> {
      const answer = yield* this.act(step);
      lines.push(`${Object.values(step).join(" ")}: ${this.told(answer)}`);
    }.bind(this);
    if (step.waits) this.waiting.push(yield* fork(act));
    else yield* act();
    yield* this.settled();
  }

  /** Until nothing has moved for some turns of Node's loop. */
  private *settled(): Operation<void> {
    let last = "";
    for (let quiet = 0; quiet < 4; quiet++) {
      yield* call(() => nextTurn());
      const now = String(this.ends.flatMap((end) => end.getstats().slice(0, 2)));
      if (now !== last) quiet = 0;
      last = now;
    }
  }

  private *act({ who, waits, what, argument }: Step): Operation<unknown> {
    const end = this.ends[who]!;
    // Only TCP has the first two.
    const options = this.script.kind === "tcp" ? OPTIONS : OPTIONS.slice(2);
    const pick = <T>(items: readonly T[]): T => items[argument % items.length]!;
    // Each call looks at it once, when it is made.
    end.settimeout(waits ? undefined : what === "soon" ? 0.002 : 0);
    switch (what) {
      case "text":
        return yield* end.send(pick(TEXTS));
      case "binary":
        return yield* end.send(pick(BYTES));
      case "array":
        return yield* end.send([pick(TEXTS), pick(BYTES), pick(TEXTS)]);
      case "part":
        return yield* end.send("abcdefgh\n", (argument % 9) + 1, -1);
      case "flood":
        return (yield* end.send(Buffer.alloc(FLOOD, "flood\n"))).slice(0, 2);
      case "line":
        return yield* this.remember(who, end.receive("*l", this.prefix(who)));
      case "raw":
        return yield* end.receive("*L");
      case "all":
        return yield* end.receive("*a");
      case "bytes":
      case "soon":
        return yield* this.keep(end.receive(pick(COUNTS)));
      case "more":
        return yield* this.keep(end.receive(pick(COUNTS), "prefix"));
      case "any":
        return yield* this.keep(end.receiveany(pick(COUNTS) + 1));
      case "peek":
        return yield* this.keep(end.peek(pick(COUNTS) + 1));
      case "until":
        return yield* this.keep(this.readers[who]!());
      case "step":
        return yield* this.keep(this.readers[who]!(pick(COUNTS) + 1) as Operation<unknown[]>);
      case "partial":
        return yield* end.receivepartial("*l");
      case "lines": {
        const all: string[] = [];
        try {
          const lines = yield* end.lines();
          for (let next = yield* lines.next(); !next.done; next = yield* lines.next())
            all.push(next.value);
        } catch (error) {
          all.push(String(error));
        }
        return all.join("\n");
      }
      case "set":
        return end.setoption(...(pick(options) as [never, never]));
      case "get":
        return end.getoption(pick(options)[0]);
      case "encoding":
        return end.setencoding(pick(["utf8", "latin1"] as const));
      case "names":
        return [...end.getsockname(), "/", ...end.getpeername(), end.getfamily(), String(end)];
      case "stats":
        return this.flooded ? [] : end.getstats().slice(0, 2);
      case "dirty":
        return end.dirty();
      case "flush":
        return yield* end.flush();
      case "close":
        return end.close();
      case "abort":
        end.setoption("linger" as never, { on: true, timeout: 0 } as never);
        return end.close();
      default:
        return end.shutdown(what.split(" ")[1] as "send" | "receive" | "both");
    }
  }

  /** What was left of a line goes before the next. */
  private prefix(who: 0 | 1): string {
    return this.prefixes[who]!;
  }
  private *remember(who: 0 | 1, line: Operation<unknown[]>): Operation<unknown[]> {
    this.prefixes[who] = "";
    const result = yield* line;
    const partial = result[2];
    if (typeof partial === "string" && partial.length < 100) this.prefixes[who] = partial;
    return result;
  }

  /** Buffers stay as they are, whatever comes later. */
  private *keep(receive: Operation<unknown[]>): Operation<unknown[]> {
    const result = yield* receive;
    for (const value of result) if (Buffer.isBuffer(value)) this.kept.push([value, digest(value)]);
    return result;
  }

  private told(answer: unknown): string {
    const values = Array.isArray(answer) ? answer : [answer];
    const failed = values.length > 1 && values[0] === undefined;
    const codes = failed
      ? this.ends.map(({ lastError }) => (lastError as NodeJS.ErrnoException | undefined)?.code)
      : [];
    return [...values.map((value) => this.one(value)), ...codes].join(" ");
  }
  private one(value: unknown): string {
    const name = this.names.get(value);
    if (name !== undefined) return name;
    if (typeof value === "string" || Buffer.isBuffer(value)) {
      if (value.length > MUCH) return "much";
      let text = String(value);
      for (const [own, name] of this.names) text = text.replaceAll(String(own), name);
      return text.length > 60 ? `${text.length} ${digest(text)}` : JSON.stringify(text);
    }
    return JSON.stringify(value) ?? "nil";
  }
}

function digest(data: string | Buffer): string {
  return createHash("sha1").update(data).digest("hex").slice(0, 8);
}

export function* play(script: Script): Operation<string[]> {
  return yield* new Play(script).run();
}
