/** Datagrams to one and to many, simulated and the kernel's: wildcards, shared ports, groups, broadcast. */
import process from "node:process";
import fc from "fast-check";
import type { Operation } from "effection";
import { sleep, socket, type Udp } from "cosocket";
import { answer, compare, freshPorts, Ports, type Tempo } from "../../support/fidelity.js";

/** Which object does something, what, and with what. */
type Step = readonly [slot: number, what: string, ...args: unknown[]];

const SLOTS = 4;
const slot = fc.nat(SLOTS - 1);
const step = (what: string, ...args: fc.Arbitrary<unknown>[]): fc.Arbitrary<Step> =>
  fc.tuple(slot, fc.constant(what), ...args) as unknown as fc.Arbitrary<Step>;

const GROUPS = ["239.1.2.3", "239.1.2.4"];
const BROADCASTS = ["255.255.255.255", "127.255.255.255"];
const local = fc.constantFrom(
  ...["*", "*", "*", "*", "*"],
  "127.0.0.1",
  "127.0.0.2",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "192.0.2.1",
  ...GROUPS,
  ...BROADCASTS,
);
const one = fc.constantFrom(
  "127.0.0.1",
  "127.0.0.2",
  "0.0.0.0",
  "::1",
  "::",
  "::ffff:127.0.0.1",
  "*",
);
const many = fc.constantFrom(...GROUPS, ...BROADCASTS);
/** Two ports, any, or the one that another object has. */
const port = fc.oneof(fc.constantFrom("A", "A", "A", "B"), fc.constantFrom("any", "A"), slot);
const size = fc.constantFrom(0, 5, 3000);
const group = fc.constantFrom(...GROUPS, "127.0.0.1", "224.0.0.1");
const at = fc.constantFrom("127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.2", "192.0.2.1");
const switches = fc.constantFrom(
  "reuseaddr",
  "reuseport",
  "broadcast",
  "ip-multicast-loop",
  "ipv6-v6only",
  "ipv6-multicast-loop",
);
const numbers = fc.constantFrom("ip-multicast-ttl", "ipv6-unicast-hops", "ipv6-multicast-hops");
const sizes = fc.constantFrom("recv-buffer-size", "send-buffer-size");

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: step("make", fc.constantFrom("udp", "udp4", "udp4", "udp6", "udp6 dual")),
  },
  { weight: 6, arbitrary: step("share", fc.constantFrom("A", "A", "A", "B"), local) },
  { weight: 3, arbitrary: step("setsockname", local, port) },
  { weight: 2, arbitrary: step("setpeername", one, port) },
  step("setpeername", fc.constant("*")),
  { weight: 3, arbitrary: step("sendto", size, one, port) },
  { weight: 8, arbitrary: step("send to many", size, many, port) },
  step("send", size),
  { weight: 4, arbitrary: step("hear") },
  step("receive"),
  { weight: 3, arbitrary: step("ip-add-membership", group, at) },
  step("ip-drop-membership", group, at),
  { weight: 2, arbitrary: step("setoption", switches, fc.boolean()) },
  step("setoption", numbers, fc.constantFrom(0, 1, 255)),
  step("setoption", sizes, fc.constantFrom(1, 1000, 50_000)),
  step("setoption", fc.constant("ip-multicast-if"), at),
  step(
    "getoption",
    fc.oneof(switches, numbers, sizes, fc.constantFrom("ip-multicast-if", "error")),
  ),
  step("close"),
  step("getpeername"),
  step("select"),
);

class Stage {
  readonly objects: Udp[] = [];
  readonly ports = new Ports();
  private readonly fixed = freshPorts(2);
  private readonly others: Udp[] = [];

  constructor(private readonly tempo: Tempo) {
    for (const port of this.fixed) this.ports.told(port);
    for (let slot = 0; slot < SLOTS; slot++) this.make(slot, "udp4");
  }

  private port(place: unknown): number {
    if (place === "any") return 0;
    if (typeof place === "number") {
      const port = this.objects[place]!.getsockname()[1];
      if (typeof port === "number" && port > 0) return port;
    }
    return this.fixed[place === "B" ? 1 : 0]!;
  }

  *perform([slot, what, ...args]: Step): Operation<unknown> {
    const object = this.objects[slot]!;
    const [first, second, third] = args;
    switch (what) {
      case "make":
        return this.make(slot, first as string);
      case "share":
        this.make(slot, (second as string).includes(":") ? "udp6" : "udp4");
        this.objects[slot]!.setoption("reuseaddr", true);
        return yield* answer(this.objects[slot]!, "setsockname", [second, this.port(first)]);
      case "setsockname":
        return yield* answer(object, what, [first, this.port(second)]);
      case "setpeername":
        return yield* answer(object, what, first === "*" ? ["*"] : [first, this.port(second)]);
      case "sendto":
        return yield* answer(object, what, [
          Buffer.alloc(first as number),
          second,
          this.port(third),
        ]);
      case "send to many":
        return yield* this.sendToMany(object, first as number, second as string, this.port(third));
      case "send":
        return yield* answer(object, what, [Buffer.alloc(first as number)]);
      case "hear":
        return yield* this.hear();
      case "ip-add-membership":
      case "ip-drop-membership":
        return yield* answer(object, "setoption", [what, { multiaddr: first, interface: second }]);
      case "select":
        return yield* this.select();
      default:
        return yield* answer(object, what, args);
    }
  }

  private make(slot: number, kind: string): unknown {
    const object = kind === "udp" ? socket.udp() : kind === "udp4" ? socket.udp4() : socket.udp6();
    if (kind === "udp6 dual") object.setoption("ipv6-v6only", false);
    object.settimeout(this.tempo.patience);
    // Other interfaces differ from machine to machine.
    if (kind === "udp4") object.setoption("ip-multicast-if", "127.0.0.1");
    if (this.objects[slot] !== undefined) this.others.push(this.objects[slot]);
    this.objects[slot] = object;
    return kind;
  }

  /** From the loopback interface: others would tell the world. */
  private *sendToMany(object: Udp, size: number, to: string, port: number): Operation<unknown> {
    const [address] = object.getsockname();
    const stays =
      String(address).startsWith("127.0") ||
      (to.startsWith("239") && object.getoption("ip-multicast-if")[0] === "127.0.0.1");
    if (!stays) return "not from there";
    return yield* answer(object, "sendto", [Buffer.alloc(size), to, port]);
  }

  /** Everything that has arrived anywhere. */
  private *hear(): Operation<unknown> {
    const heard: unknown[] = [];
    for (const [slot, object] of this.objects.entries()) {
      object.settimeout(0);
      for (;;) {
        const result = yield* answer(object, "receivefrom", []);
        if (!Array.isArray(result) || result[0] === undefined) break;
        heard.push([slot, this.ports.told(result)]);
      }
      object.settimeout(this.tempo.patience);
    }
    return JSON.stringify(heard);
  }

  private *select(): Operation<unknown> {
    const [readable, writable, error] = yield* socket.select(this.objects, this.objects, 0);
    const slots = (objects: Udp[]): string =>
      objects.map((one) => this.objects.indexOf(one)).join();
    return [slots(readable), slots(writable), error];
  }

  end(): void {
    for (const object of [...this.objects, ...this.others]) object.close();
  }
}

function* play(script: Step[], tempo: Tempo): Operation<string[]> {
  const stage = new Stage(tempo);
  const answers: string[] = [];
  for (const step of [...script, [0, "hear"] as const]) {
    yield* sleep(tempo.pause);
    const result = yield* stage.perform(step);
    const object = String(stage.objects[step[0]]);
    answers.push(`${step.join(" ")}: ${stage.ports.told(result)} ${stage.ports.told(object)}`);
  }
  stage.end();
  return answers;
}

describe("the simulated network delivers datagrams as the kernel does", function () {
  before(function () {
    if (process.platform === "linux") return;
    console.log("skipped: what is simulated is Linux");
    this.skip();
  });

  it("to one, to groups and to all, on ports that are shared", () => compare(steps, play, 40));
});
