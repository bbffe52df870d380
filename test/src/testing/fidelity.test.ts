/** The simulated network is compared with the kernel's: the same random scripts, and every answer the same. */
import fc from "fast-check";
import type { Operation } from "effection";
import { sleep, socket, type Udp } from "cosocket";
import { answer, compare, type Tempo } from "../../support/fidelity.js";
import { pair } from "../../support/pairs.js";
import { datagramPair } from "../../support/scripts.js";
import { type AnyStream, unixPair } from "../../support/transports.js";

/** Who does something, what, and with what. */
type Step = readonly [who: 0 | 1, what: string, argument?: unknown];

const who = fc.constantFrom<0 | 1>(0, 1);
const step = (what: string, ...args: unknown[]): fc.Arbitrary<Step> =>
  fc.tuple(who, fc.constant(what), fc.constantFrom(...(args.length > 0 ? args : [undefined])));

const streamSteps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: step("send", "abc\n", "x\ny\nz", "one\r\ntwo\n", "", "q".repeat(5000) + "\n"),
  },
  { weight: 5, arbitrary: step("receive", undefined, "*l", "*L", 1, 4, "*a") },
  step("receiveany", 10),
  step("receivepartial", "*l"),
  step("peek", 3),
  step("shutdown", "send", "receive", "both"),
  step("close"),
  step("reset"),
  step("getpeername"),
  step("getsockname"),
  step("dirty"),
  step("getstats"),
  step("select"),
);

const sizes = [0, 5, 3000, 65_507, 65_508];
const datagramSteps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: step("sendto", ...sizes.flatMap((size) => [[size, 0] as const, [size, 1] as const])),
  },
  { weight: 2, arbitrary: step("send", ...sizes) },
  { weight: 3, arbitrary: step("receivefrom", undefined, 3) },
  step("receive", undefined, 3),
  { weight: 2, arbitrary: step("setpeername", 0, 1, "nobody", "*") },
  step("sendtonobody"),
  step("broadcast"),
  step("setsockname"),
  step("close"),
  step("getpeername"),
  step("getsockname"),
  step("select"),
);

/** In words that are the same in every world. */
function told(result: unknown, ports: Map<unknown, string>): string {
  const word = (value: unknown): unknown => {
    if (Buffer.isBuffer(value)) return `${value.length} bytes`;
    if (ports.has(value)) return ports.get(value);
    if (typeof value === "string" && value.endsWith(".sock")) return "the path";
    if (typeof value !== "number" || sizes.includes(value)) return value;
    if (!Number.isInteger(value)) return "seconds";
    return value > 30_000 ? "another port" : value;
  };
  if (typeof result === "string") return result.replaceAll(/:\d+/g, "");
  return JSON.stringify(Array.isArray(result) ? result.map(word) : result);
}

function* streams(steps: Step[], tempo: Tempo, unix: boolean): Operation<string[]> {
  const [client, served] = yield* unix ? unixPair() : pair();
  const ends = [client, served];
  // Nagle's 40 ms are not simulated.
  if (!unix) for (const end of ends) end.setoption("tcp-nodelay" as string, true);
  const ports = new Map<unknown, string>([
    [served.getsockname()[1], "server's port"],
    [client.getsockname()[1], "client's port"],
  ]);
  ports.delete(undefined);
  return yield* play(steps, ends, ports, tempo, (end, what, argument) => {
    if (what !== "reset") return answer(end, what, [argument]);
    (end as AnyStream).setoption("linger", { on: true, timeout: 0 });
    return answer(end, "close", []);
  });
}

function* datagrams(steps: Step[], tempo: Tempo): Operation<string[]> {
  const [ends, ports] = yield* datagramPair();
  const names = new Map<unknown, string>(ports.map((port, i) => [port, `port ${i}`]));
  const nobody = ports[2];
  const to = (place: unknown): unknown => ports[place as number] ?? nobody;
  return yield* play(steps, ends, names, tempo, (end, what, argument) => {
    if (what === "send") return answer(end, what, [Buffer.alloc(argument as number)]);
    if (what === "sendto") {
      const [size, place] = argument as [number, number];
      return answer(end, what, [Buffer.alloc(size), "127.0.0.1", to(place)]);
    }
    if (what === "sendtonobody") return answer(end, "sendto", ["x", "127.0.0.1", nobody]);
    if (what === "broadcast") return answer(end, "sendto", ["x", "255.255.255.255", 9]);
    if (what === "setsockname") return answer(end, what, ["127.0.0.1", 0]);
    if (what !== "setpeername") return answer(end, what, [argument]);
    return answer(end, what, argument === "*" ? ["*"] : ["127.0.0.1", to(argument)]);
  });
}

function* play<End extends AnyStream | Udp>(
  steps: Step[],
  ends: End[],
  ports: Map<unknown, string>,
  tempo: Tempo,
  perform: (end: End, what: string, argument: unknown) => Operation<unknown>,
): Operation<string[]> {
  const answers: string[] = [];
  for (const [i, what, argument] of steps) {
    const end = ends[i]!;
    const step = `${i} ${what} ${String(argument).slice(0, 10)}`;
    yield* sleep(tempo.pause);
    end.settimeout(tempo.patience);
    if (what === "select") answers.push(`${step}: ${yield* ready(ends)}`);
    else answers.push(`${step}: ${told(yield* perform(end, what, argument), ports)}`);
  }
  for (const end of ends) end.close();
  return answers;
}

/** Which can be read, and written. */
function* ready(ends: (AnyStream | Udp)[]): Operation<string> {
  const [readable, writable, error] = yield* socket.select(ends, ends, 0);
  const of = (some: unknown[]): string => some.map((one) => ends.indexOf(one as Udp)).join();
  return `${of(readable)}; ${of(writable)}; ${error}`;
}

describe("the simulated network answers as the kernel does", function () {
  before(function () {
    if (process.platform === "linux") return;
    console.log("skipped: what is simulated is Linux");
    this.skip();
  });

  it("over TCP", () => compare(streamSteps, (steps, tempo) => streams(steps, tempo, false)));

  it("over Unix sockets", () =>
    compare(streamSteps, (steps, tempo) => streams(steps, tempo, true)));

  it("over UDP", () => compare(datagramSteps, datagrams));
});
