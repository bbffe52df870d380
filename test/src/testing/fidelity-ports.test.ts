/** Addresses and ports of TCP, simulated and the kernel's: who may have which, whom a connection reaches. */
import process from "node:process";
import fc from "fast-check";
import type { Operation } from "effection";
import { sleep, socket, type Tcp } from "cosocket";
import { answer, compare, freshPorts, Ports, type Tempo } from "../../support/fidelity.js";

/** Which object does something, what, and with what. */
type Step = readonly [slot: number, what: string, ...args: unknown[]];

const SLOTS = 4;
const slot = fc.nat(SLOTS - 1);
const step = (what: string, ...args: fc.Arbitrary<unknown>[]): fc.Arbitrary<Step> =>
  fc.tuple(slot, fc.constant(what), ...args) as unknown as fc.Arbitrary<Step>;

const local = fc.constantFrom(
  "*",
  "127.0.0.1",
  "127.0.0.2",
  "127.1",
  "0.0.0.0",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "192.0.2.1",
);
const remote = fc.constantFrom(
  "127.0.0.1",
  "127.0.0.2",
  "::1",
  "::ffff:127.0.0.1",
  "0.0.0.0",
  "::",
);
/** Two ports, any, or the one that another object has. */
const port = fc.oneof(fc.constantFrom("A", "B"), fc.constant("any"), slot);
const options = fc.constantFrom(
  "reuseaddr",
  "reuseport",
  "ipv6-v6only",
  "keepalive",
  "tcp-nodelay",
  "linger",
  "tcp-keepidle",
  "error",
);

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: step("make", fc.constantFrom("tcp", "tcp4", "tcp6", "tcp6 dual")) },
  { weight: 5, arbitrary: step("bind", local, port) },
  { weight: 5, arbitrary: step("connect", remote, port) },
  { weight: 3, arbitrary: step("accept", slot) },
  step("listen", fc.constantFrom(0, 1, 2)),
  step("crowd", fc.constantFrom(1, 2, 3)),
  { weight: 2, arbitrary: step("send", fc.constant("abc\n")) },
  { weight: 2, arbitrary: step("receive") },
  step("close"),
  step("reset"),
  step("shutdown", fc.constantFrom("send", "receive", "both")),
  step("getsockname"),
  step("getpeername"),
  step("getfamily"),
  step("getoption", options),
  step("setoption", options, fc.boolean()),
  step("select"),
);

class Stage {
  readonly objects: Tcp[] = Array.from({ length: SLOTS }, () => socket.tcp());
  readonly ports = new Ports();
  private readonly fixed = freshPorts(2);
  private readonly others: Tcp[] = [];
  private readonly bound = new Map<Tcp, number>();

  constructor(private readonly tempo: Tempo) {
    for (const port of this.fixed) this.ports.told(port);
  }

  port(place: unknown): number {
    if (place === "any") return 0;
    if (typeof place === "number") {
      const port = this.objects[place]!.getsockname()[1];
      if (typeof port === "number" && port > 0) return port;
    }
    return this.fixed[place === "B" ? 1 : 0]!;
  }

  put(slot: number, object: Tcp): void {
    this.others.push(this.objects[slot]!);
    object.settimeout(this.tempo.patience);
    this.objects[slot] = object;
  }

  *perform([slot, what, first, second]: Step): Operation<unknown> {
    const object = this.objects[slot]!;
    switch (what) {
      case "make":
        return this.make(slot, first as string);
      case "bind":
        return yield* this.bind(object, first as string, this.port(second));
      case "listen": {
        const result = yield* answer(object, what, [first]);
        this.remember(object);
        return result;
      }
      case "connect": {
        const port = this.port(second);
        // Who connects to itself is connected on the kernel, and refused in a simulation.
        if (port === this.bound.get(object)) return "itself";
        return yield* answer(object, what, [first, port]);
      }
      case "accept":
        return yield* this.accept(object, first as number);
      case "crowd":
        return yield* this.crowd(object, first as number);
      case "reset":
        object.setoption("linger", { on: true, timeout: 0 });
        return yield* answer(object, "close", []);
      case "select":
        return yield* this.select();
      default:
        return yield* answer(object, what, [first, second]);
    }
  }

  *bind(object: Tcp, host: string, port: number): Operation<unknown> {
    const result = yield* answer(object, "bind", [host, port]);
    this.remember(object);
    return result;
  }

  remember(object: Tcp): void {
    const port = object.getsockname()[1];
    if (typeof port === "number" && port > 0) this.bound.set(object, port);
  }

  make(slot: number, kind: string): unknown {
    const object = kind === "tcp" ? socket.tcp() : kind === "tcp4" ? socket.tcp4() : socket.tcp6();
    if (kind === "tcp6 dual") object.setoption("ipv6-v6only", false);
    this.put(slot, object);
    return kind;
  }

  *accept(server: Tcp, slot: number): Operation<unknown> {
    const result = yield* answer(server, "accept", []);
    if (Array.isArray(result) && result[0] !== undefined) this.put(slot, result[0] as Tcp);
    return result;
  }

  /** Many come at once. */
  *crowd(server: Tcp, count: number): Operation<unknown> {
    const [host, port] = server.getsockname();
    if (typeof port !== "number" || port === 0) return "nowhere";
    const told: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const client = socket.tcp();
      client.settimeout(this.tempo.patience);
      this.others.push(client);
      // On the kernel its answer may be that it was reset, which here comes a moment later.
      yield* answer(client, "connect", [host, port]);
    }
    yield* sleep(this.tempo.pause);
    for (const client of this.others.slice(-count)) told.push(yield* answer(client, "receive", []));
    return JSON.stringify([told, server.refused]);
  }

  *select(): Operation<unknown> {
    const [readable, writable, error] = yield* socket.select(this.objects, this.objects, 0);
    const slots = (objects: Tcp[]): number[] => objects.map((one) => this.objects.indexOf(one));
    return [slots(readable).join(), slots(writable).join(), error];
  }

  end(): void {
    for (const object of [...this.objects, ...this.others]) object.close();
  }
}

function* play(script: Step[], tempo: Tempo): Operation<string[]> {
  const stage = new Stage(tempo);
  const answers: string[] = [];
  for (const object of stage.objects) object.settimeout(tempo.patience);
  for (const step of script) {
    yield* sleep(tempo.pause);
    const result = yield* stage.perform(step);
    const [slot] = step;
    answers.push(
      `${step.join(" ")}: ${stage.ports.told(result)} ${stage.ports.told(String(stage.objects[slot]))}`,
    );
  }
  stage.end();
  return answers;
}

describe("the simulated network has TCP's ports as the kernel does", function () {
  before(function () {
    if (process.platform === "linux") return;
    console.log("skipped: what is simulated is Linux");
    this.skip();
  });

  it("who may listen where, and whom a connection reaches", () => compare(steps, play));
});
