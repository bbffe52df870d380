/** LuaSocket itself is asked: the same random scripts, and the same answers. */
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import fc from "fast-check";
import type { Operation } from "effection";
import { sleep, socket, type Tcp, type Udp } from "cosocket";
import { pair } from "./support/pairs.js";
import { lua, needs } from "./support/peers.js";
import { answersOf, called, datagramPair, PATIENCE, PAUSE, scriptsOf } from "./support/scripts.js";

const hex = (text: string): string => `s${Buffer.from(text, "latin1").toString("hex")}`;
const step = (method: string, ...args: string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom("1", "2"), fc.constantFrom(...(args.length > 0 ? args : [""])))
    .map(([who, rest]) => `${who} ${method} ${rest}`.trim());

const texts = ["abc\n", "hello", "x\ny\nz", "one\r\ntwo\n", "a\rb\n", "\n", "\0\xff", ""];
const indexes = [-12, -3, -1, 0, 1, 2, 5, 9, 12];
const ranges = indexes.flatMap((i) => indexes.map((j) => `${hex("abcdefgh")} n${i} n${j}`));
const prefixed = ["*l", "*a"].map((pattern) => `${hex(pattern)} ${hex("pre")}`);

/** What reads the state of the kernel is told by other tests, and what comes after a reset is Node's. */
const streamSteps: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: step("send", ...texts.map(hex), hex("q".repeat(9000) + "\n")) },
  { weight: 2, arbitrary: step("send", ...ranges) },
  { weight: 3, arbitrary: step("receive", "", hex("*l"), hex("*a")) },
  { weight: 3, arbitrary: step("receive", "n0", "n1", "n3", "n6") },
  { weight: 1, arbitrary: step("receive", ...prefixed, `n5 ${hex("pre")}`, `n2 ${hex("pre")}`) },
  step("shutdown", hex("send")),
  step("settimeout", "n0", "n0.005"),
  step("getsockname"),
  step("getpeername"),
  step("select"),
);

const home = hex("127.0.0.1");
const datagrams = texts.map(hex);
const unconnectedSteps: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: step(
      "sendto",
      ...datagrams.flatMap((data) => [1, 2, 3].map((port) => `${data} ${home} port${port}`)),
    ),
  },
  { weight: 3, arbitrary: step("receivefrom", "", "n3") },
  { weight: 2, arbitrary: step("receive", "", "n3") },
  step("send", ...datagrams),
  step("getsockname"),
);

const connectedSteps: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: step("send", ...datagrams) },
  { weight: 4, arbitrary: step("receive", "", "n3") },
  step("receivefrom", "", "n3"),
  step("sendto", `${hex("x")} ${home} port1`),
  step("getsockname"),
  step("getpeername"),
);

function* streamPair(): Operation<[ends: Tcp[], ports: unknown[]]> {
  const [client, served] = yield* pair();
  const ends = [client, served];
  for (const end of ends) {
    end.setoption("tcp-nodelay", true);
    end.setencoding("latin1");
  }
  return [ends, [served.getsockname()[1], client.getsockname()[1]]];
}

function decoded(word: string, ports: unknown[]): unknown {
  if (word.startsWith("port")) return ports[Number(word.slice(4)) - 1];
  const rest = word.slice(1);
  return word.startsWith("n") ? Number(rest) : Buffer.from(rest, "hex").toString("latin1");
}

function encoded(value: unknown, ports: unknown[]): string {
  const port = ports.indexOf(value);
  if (port >= 0) return `port${port + 1}`;
  if (value === undefined) return "nil";
  if (typeof value === "number") return `n${value}`;
  if (Buffer.isBuffer(value)) return hex(value.toString("latin1").toLowerCase());
  return typeof value === "string" ? hex(value.toLowerCase()) : String(value);
}

function* answer(object: Tcp | Udp, method: string, args: unknown[]): Operation<unknown[]> {
  if (method === "select") {
    const [readable, writable, err] = yield* socket.select([object], [object], 0);
    return [readable.length, writable.length, err];
  }
  const result = yield* called(object, method, args);
  return Array.isArray(result) ? result : [result];
}

function* play(script: string): Operation<string[]> {
  const [kind, ...steps] = script.split(";");
  const [ends, ports] = yield* kind === "stream" ? streamPair() : datagramPair();
  const answers: string[] = [];
  for (const end of ends) end.settimeout(PATIENCE);
  for (const step of steps) {
    yield* sleep(PAUSE);
    const [who, method, ...words] = step.split(" ");
    let told = "threw";
    try {
      const args = words.map((word) => decoded(word, ports));
      // What is sent as text would be UTF-8.
      if (method!.startsWith("send")) args[0] = Buffer.from(args[0] as string, "latin1");
      const values = yield* answer(ends[Number(who) - 1]!, method!, args);
      told = values
        .map((value) => encoded(value, ports))
        .join(" ")
        .replace(/(?<=.)( nil)+$/, "");
    } catch (error) {
      expect(error).to.be.instanceOf(TypeError);
    }
    answers.push(`${step} = ${told}`);
  }
  for (const end of ends) end.close();
  return answers;
}

function askLuaSocket(scripts: string[]): string[][] {
  const { stdout } = spawnSync("lua5.4", [lua("answers.lua")], {
    input: scripts.join("\n") + "\n",
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(";"));
}

async function compare(steps: fc.Arbitrary<string>, ...beginning: string[]): Promise<void> {
  const samples = scriptsOf(steps, { seed: 3, numRuns: 10 });
  const scripts = samples.map((script) => [...beginning, ...script].join(";"));
  const theirs = askLuaSocket(scripts);
  expect(theirs.length).to.equal(scripts.length);
  for (const [i, script] of scripts.entries())
    expect(await answersOf(() => play(script), theirs[i]!)).to.deep.equal(theirs[i]);
}

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket'",
)("LuaSocket itself", () => {
  it("answers the same over TCP", () => compare(streamSteps, "stream"));

  it("answers the same over UDP", () => compare(unconnectedSteps, "datagram"));

  it("answers the same over UDP, connected", () =>
    compare(
      connectedSteps,
      "datagram",
      `1 setpeername ${home} port2`,
      `2 setpeername ${home} port1`,
    ));
});
