/** One process of Lua for many questions. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { lua } from "./peers.js";

export class LuaProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly answers: AsyncIterator<string>;

  constructor() {
    this.child = spawn("lua5.4", [lua("evaluate.lua")]);
    this.child.stderr.pipe(process.stderr);
    this.answers = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  }

  /** What a piece of Lua returns: strings by their bytes, as Latin-1. */
  async ask(code: string): Promise<unknown[]> {
    this.child.stdin.write(`${Buffer.from(code, "latin1").toString("hex")}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error("Lua has ended");
    const values = value === "" ? [] : value.split(" ").map(decoded);
    if (values[0] === "threw") throw new Error(`Lua: ${values.slice(1).join(" ")}: ${code}`);
    return values;
  }

  end(): void {
    this.child.kill();
  }
}

function decoded(word: string): unknown {
  if (word === "nil") return undefined;
  if (word.startsWith("s")) return Buffer.from(word.slice(1), "hex").toString("latin1");
  if (word.startsWith("n")) return Number(word.slice(1));
  return word;
}

/** A value as Lua has it. A function is taken for its text. */
export function inLua(value: unknown): string {
  if (value === undefined) return "nil";
  if (typeof value === "string") return `"${[...value].map(escaped).join("")}"`;
  if (value instanceof Lua) return value.code;
  if (Array.isArray(value)) return `{${value.map(inLua).join(", ")}}`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([name, each]) => `[${/^\d+$/.test(name) ? name : `"${name}"`}] = ${inLua(each)}`)
      .join(", ")}}`;
  return String(value);
}

function escaped(character: string): string {
  return /[\w .,:;<>@/=+-]/.test(character)
    ? character
    : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** What has to be written in Lua. */
export class Lua {
  constructor(readonly code: string) {}
}
