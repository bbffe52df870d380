/** A script of test/peers/answers.lua (there is what one looks like), played here. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Operation } from "effection";
import { sleep, socket, type Tcp, type Udp } from "cosocket";
import { lua } from "./peers.js";
import { called, PATIENCE, PAUSE } from "./scripts.js";

type Player = Tcp | Udp;

const NOBODY = 9;

function decoded(word: string, ports: unknown[]): unknown {
  const rest = word.slice(1);
  switch (word[0]) {
    case "n":
      return Number(rest);
    case "p":
      return ports[Number(word.slice(4)) - 1] ?? NOBODY;
    case "T":
    case "F":
      return word === "T";
    case "-":
      return undefined;
    case "L":
      return { on: rest.startsWith("1"), timeout: Number(rest.slice(2)) };
    default:
      return Buffer.from(rest, "hex").toString("latin1");
  }
}

export const hex = (text: string): string => `s${Buffer.from(text, "latin1").toString("hex")}`;

function encoded(value: unknown, ports: unknown[]): string {
  const port = ports.indexOf(value);
  if (value !== undefined && port >= 0) return `port${port + 1}`;
  if (value === undefined) return "nil";
  if (typeof value === "number") return `n${Number.isInteger(value) ? value : value.toFixed(3)}`;
  if (Buffer.isBuffer(value)) return hex(value.toString("latin1").toLowerCase());
  if (typeof value === "string") return hex(value.toLowerCase());
  if (typeof value !== "object" || value === null) return String(value);
  const { on, timeout } = value as { on?: boolean; timeout?: number };
  return on === undefined ? "object" : `L${on ? 1 : 0}:${timeout}`;
}

function* streams(address: string): Operation<Player[]> {
  const server = socket.try(yield* socket.bind(address, 0));
  const client = socket.try(yield* socket.connect(address, server.getsockname()[1] as number));
  const ends = [client, socket.try(yield* server.accept())];
  server.close();
  for (const end of ends) end.setoption("tcp-nodelay", true);
  return ends;
}

function* datagrams(address: string): Operation<Player[]> {
  const ends: Player[] = [];
  for (let i = 0; i < 3; i++) {
    // A port that the kernel has chosen is taken away again by setpeername("*").
    let port = 0;
    for (const round of [1, 2]) {
      const end = address.includes(":") ? socket.udp6() : socket.udp4();
      socket.try(yield* end.setsockname(address, port));
      port = end.getsockname()[1] as number;
      if (round === 1) end.close();
      else ends.push(end);
    }
  }
  return ends;
}

function* world(words: string[]): Operation<Player[]> {
  if (words[0] === "stream") return yield* streams(words[1]!);
  if (words[0] === "datagram") return yield* datagrams(words[1]!);
  return words.map((kind) => socket[kind as "tcp" | "udp"]());
}

/** As the objects of the other side: patient for a while, and every character a byte. */
function prepare(object: Player): void {
  object.settimeout(PATIENCE);
  object.setencoding("latin1");
}

function indexes(chosen: readonly Player[], objects: Player[]): string {
  return [...objects.entries()]
    .filter(([, object]) => chosen.includes(object))
    .map(([i]) => i + 1)
    .join(",");
}

function* answer(
  objects: Player[],
  object: Player,
  method: string,
  args: unknown[],
): Operation<unknown[]> {
  if (method === "select") {
    const [readable, writable, err] = yield* socket.select(objects, objects, 0);
    return [`r${indexes(readable, objects)}`, `w${indexes(writable, objects)}`, err];
  }
  if (method === "toip") {
    const [address, err] = yield* socket.dns.toip(args[0] as string);
    return [address, typeof err === "string" ? err : undefined];
  }
  // What is sent as text would be UTF-8 for a moment.
  if (method.startsWith("send") && typeof args[0] === "string")
    args[0] = Buffer.from(args[0], "latin1");
  const result = yield* called(object, method, args);
  const values: unknown[] = Array.isArray(result) ? result : [result];
  if (method === "settimeout") {
    const [block, total] = object.gettimeout();
    // Nobody is to wait for ever.
    if (block < 0 && total < 0) object.settimeout(PATIENCE);
    values.push(block, total);
  }
  // What has come is known to LuaSocket once it has looked.
  if (method === "getstats") [values[0], values[2]] = ["received", "age"];
  if (method === "dirty") values[0] = typeof values[0];
  if (method === "getfd") values[0] = (values[0] as number) >= 0 ? "fd" : "none";
  if (method === "accept" && values[0] !== undefined) {
    objects.push(values[0] as Tcp);
    prepare(values[0] as Tcp);
  }
  return values;
}

/** What is thrown beside TypeError fails the test. */
function* attempted(operation: () => Operation<unknown[]>): Operation<unknown[] | null> {
  try {
    return yield* operation();
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** The answers, one for each step. */
export function* play(script: string): Operation<string[]> {
  const [kind, ...steps] = script.split(";");
  const objects = yield* world(kind!.split(" "));
  const ports: unknown[] = [];
  const learn = (): void => {
    for (const [i, object] of objects.entries()) {
      const [, port] = object.getsockname();
      if (typeof port === "number" && port > 0) ports[i] = port;
    }
  };
  learn();
  objects.forEach(prepare);
  const answers: string[] = [];
  for (const step of steps) {
    yield* sleep(PAUSE);
    const [who, method, ...words] = step.split(" ");
    const object = objects[Number(who) - 1];
    let told = "nobody";
    if (object !== undefined) {
      const args = words.map((word) => decoded(word, ports));
      const values = yield* attempted(() => answer(objects, object, method!, args));
      learn();
      const texts = values?.map((value) => encoded(value, ports)).join(" ");
      told = texts?.replace(/(?<=.)( nil)+$/, "") ?? "threw";
    }
    answers.push(`${step} = ${told}`);
  }
  for (const object of objects) object.close();
  return answers;
}

/** What LuaSocket itself answers, to each step. */
export async function askLuaSocket(script: string): Promise<string[]> {
  const asked = promisify(execFile)("lua5.4", [lua("answers.lua")], { maxBuffer: 1 << 28 });
  asked.child.stdin!.end(`${script}\n`);
  const { stdout, stderr } = await asked;
  if (stderr !== "") throw new Error(stderr);
  return stdout.trimEnd().split(";");
}
