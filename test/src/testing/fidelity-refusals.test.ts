/** What cannot be, simulated and the kernel's: hosts, ports, options and datagrams that make no sense; and names. */
import process from "node:process";
import fc from "fast-check";
import type { Operation } from "effection";
import { sleep, socket, type Tcp, type Udp } from "cosocket";
import { answer, compare, freshPorts, Ports, type Tempo } from "../../support/fidelity.js";

type Kind = "tcp" | "tcp4" | "tcp6" | "udp" | "udp4" | "udp6";

/** What kind of object does something, what, and with what. */
type Step = readonly [kind: Kind, what: string, ...args: unknown[]];

const tcp = fc.constantFrom<Kind>("tcp", "tcp4", "tcp6");
const udp = fc.constantFrom<Kind>("udp", "udp4", "udp6");
const step = (
  kind: fc.Arbitrary<Kind>,
  what: string,
  ...args: fc.Arbitrary<unknown>[]
): fc.Arbitrary<Step> =>
  fc.tuple(kind, fc.constant(what), ...args) as unknown as fc.Arbitrary<Step>;

/** All of this machine, or nonsense; no name that some machine might know. */
const host = fc.constantFrom(
  ...[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0177.1",
    "2130706433",
    "0x7f000001",
    "017700000001",
  ],
  ...["0.0.0.0", "0", "*", "", "::", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1"],
  ...["[::1]", "[127.0.0.1]", "::1%lo", "::1%nothing", "127.0.0.1 ", " 127.0.0.1", "127.0.0.1%lo"],
  ...[
    "256.1.1.1",
    "1.2.3.256",
    "127.0.0.1.1",
    "127..1",
    "127.0.0.",
    "1::2::3",
    ":",
    ":::",
    "12345::",
    "::1::",
  ],
  ...[
    "constructor.invalid",
    "a b",
    "a\0b",
    "ä.invalid",
    "x".repeat(300),
    "-",
    ".",
    "..",
    "localhost:80",
  ],
);
const numeric = fc.constantFrom("127.0.0.1", "::1", "0.0.0.0", "::", "*");
const port = fc.constantFrom<unknown>(
  "nobody",
  "nobody",
  0,
  "0",
  -1,
  65536,
  1.5,
  NaN,
  "x",
  "",
  "080",
  null,
  {},
);
const value = fc.constantFrom<unknown>(
  true,
  false,
  0,
  1,
  -1,
  256,
  1.5,
  "x",
  "*",
  "127.0.0.1",
  "192.0.2.1",
  null,
  undefined,
  {},
  { on: true },
  { on: true, timeout: -1 },
);
const name = fc.constantFrom(
  ...[
    "keepalive",
    "tcp-keepidle",
    "tcp-nodelay",
    "linger",
    "reuseaddr",
    "ipv6-v6only",
    "error",
    "broadcast",
  ],
  ...[
    "ip-multicast-ttl",
    "ip-multicast-if",
    "ip-multicast-loop",
    "ipv6-unicast-hops",
    "ipv6-multicast-hops",
  ],
  ...["dontroute", "tcp-fastopen", "line-limit", "queue-limit", "send-buffer-size", "nonsense"],
);
const group = fc.constantFrom<unknown>(
  ...["239.1.1.1", "10.0.0.1", "ff02::1:1", "x", "", undefined].flatMap((multiaddr) =>
    ["127.0.0.1", "192.0.2.1", 1, 99, -1, "lo"].map((at) => ({ multiaddr, interface: at })),
  ),
);

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: step(tcp, "bind", host, port) },
  { weight: 2, arbitrary: step(tcp, "connect", host, port) },
  step(tcp, "listen", fc.constantFrom<unknown>(-1, 1.5, "x", null, 1)),
  step(tcp, "accept"),
  step(tcp, "send", fc.constantFrom<unknown>("x", 1, null)),
  { weight: 2, arbitrary: step(udp, "setsockname", host, port) },
  { weight: 2, arbitrary: step(udp, "setpeername", host, port) },
  {
    weight: 2,
    arbitrary: step(
      udp,
      "sendto",
      fc.constantFrom(
        Buffer.alloc(1),
        Buffer.alloc(65_507),
        Buffer.alloc(65_508),
        Buffer.alloc(70_000),
      ),
      host,
      port,
    ),
  },
  step(udp, "associate", numeric, fc.constantFrom(0, 1, 65_507, 65_508, 65_527, 65_528)),
  { weight: 2, arbitrary: step(fc.oneof(tcp, udp), "option", name, value) },
  step(udp, "group", group),
  step(fc.oneof(tcp, udp), "twice", numeric),
);

/** A resolver without a network says that it cannot know; who has one, that there is no such name. */
const UNKNOWN =
  /temporary failure in name resolution|non-recoverable failure in name resolution|host or service not provided, or not known/g;

function* play(script: Step[], tempo: Tempo): Operation<string[]> {
  const answers: string[] = [];
  const [nobody] = freshPorts(1);
  for (const [kind, what, ...args] of script) {
    yield* sleep(tempo.pause / 4);
    // TCP's and UDP's ports may be the same numbers, or not.
    const ports = new Ports();
    ports.told(nobody);
    const object = socket[kind]();
    // Long enough for a resolver.
    object.settimeout(1);
    const results = yield* perform(
      object,
      what,
      args.map((arg) => (arg === "nobody" ? nobody : arg)),
    );
    results.push(String(object), object.getsockname(), object.getpeername());
    object.close();
    results.push(object.getsockname(), yield* answer(object, "send", ["x"]));
    const words = results.map((result) => ports.told(result)).join(" ");
    const shown = args.map((arg) => (Buffer.isBuffer(arg) ? arg.length : JSON.stringify(arg)));
    answers.push(`${kind} ${what} ${shown.join(" ")}: ${words.replaceAll(UNKNOWN, "unknown")}`);
  }
  return answers;
}

function* perform(object: Tcp | Udp, what: string, args: unknown[]): Operation<unknown[]> {
  const [first, second] = args;
  const bind = object instanceof socket.tcp().constructor ? "bind" : "setsockname";
  switch (what) {
    case "associate":
      return [
        yield* answer(object, "setpeername", [first, freshPorts(1)[0]]),
        yield* answer(object, "send", [Buffer.alloc(second as number)]),
        yield* answer(object, "sendto", ["x", first, 9]),
        yield* answer(object, bind, [first, 0]),
      ];
    case "option": {
      const results: unknown[] = [];
      for (const state of ["new", "bound"]) {
        if (state === "bound") yield* answer(object, bind, ["*", 0]);
        results.push(yield* answer(object, "setoption", [first, second]));
        // Without a socket nobody knows; how large buffers are is the machine's.
        if (first !== "send-buffer-size") results.push(yield* answer(object, "getoption", [first]));
      }
      return results;
    }
    case "group": {
      yield* answer(object, bind, ["*", 0]);
      const results: unknown[] = [];
      for (const family of ["ip", "ipv6"])
        for (const how of ["add", "add", "drop", "drop"])
          results.push(yield* answer(object, "setoption", [`${family}-${how}-membership`, first]));
      return results;
    }
    case "twice":
      return [
        yield* answer(object, bind, [first, 0]),
        yield* answer(object, bind, [first, 0]),
        yield* answer(object, "setpeername", [first, 0]),
      ];
    default:
      return [yield* answer(object, what, args)];
  }
}

describe("the simulated network refuses what Node and the kernel refuse", function () {
  before(function () {
    if (process.platform === "linux") return;
    console.log("skipped: what is simulated is Linux");
    this.skip();
  });

  it("hosts, ports, options, groups and datagrams that make no sense", () => compare(steps, play));
});
