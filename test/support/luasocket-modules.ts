/** LuaSocket's url, mime and ltn12 on real Lua, and ours: the same cases, and what comes of them, in one notation. */
import { execFileSync } from "node:child_process";
import type { Operation } from "effection";
import {
  type FancySink,
  type FancySource,
  type Filter,
  ltn12,
  type Sink,
  type Source,
} from "cosocket/ltn12";
import { mime } from "cosocket/mime";
import { url } from "cosocket/url";
import { lua } from "./peers.js";

/** What a case is written in: for Lua as a table, here as an array. undefined is nil. */
export type Value =
  string | Buffer | number | undefined | readonly Value[] | { readonly [name: string]: Value };

/** [module, name, ...arguments], or ["pump", BLOCKSIZE, source, sink]. */
export type Case = readonly [kind: "url" | "mime" | "pump", ...rest: Value[]];

function literal(value: Value): string {
  if (value === undefined) return "nil";
  if (typeof value === "number") return String(value);
  if (typeof value === "string" || Buffer.isBuffer(value)) {
    const codes = [...Buffer.from(value as string)].map((byte) => `\\x${hex(byte)}`);
    return `"${codes.join("")}"`;
  }
  if (Array.isArray(value)) return `{${value.map(literal).join(",")}}`;
  const fields = Object.entries(value).map(([name, field]) => `${name}=${literal(field)}`);
  return `{${fields.join(",")}}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** What LuaSocket answers to each case. */
export function askModules(cases: readonly Case[]): string[] {
  const input = cases.map((one) => `{${one.map(literal).join(",")},n=${one.length}}\n`).join("");
  const told = execFileSync("lua5.4", [lua("modules.lua")], {
    input,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  return told.split("\n").slice(0, -1);
}

function show(value: unknown): string {
  if (value === undefined) return "nil";
  if (typeof value === "number") return `i${value}`;
  if (typeof value === "string" || value instanceof Uint8Array)
    return `s${Buffer.from(value as string).toString("hex")}`;
  const fields = Object.entries(value as object)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => {
      // Lua's tables count from 1.
      const key = /^\d+$/.test(name) ? String(Number(name) + 1).padStart(6, "0") : name;
      return `${key}=${show(field)}`;
    });
  return `{${fields.sort(byBytes).join(" ")}}`;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

type Listed = readonly [name: string, ...rest: never[]];

function filterOf([name, option]: readonly [string, ...Value[]]): Filter {
  const [, kind, of] = /^(\w+) ?(.*)$/.exec(name)!;
  const make = (mime as unknown as Record<string, (...args: Value[]) => Filter>)[kind!]!;
  return of === "" ? make(option) : make(of, option);
}

function filtersOf(list: readonly Listed[]): [Filter, ...Filter[]] {
  return list.map((one) => filterOf(one)) as [Filter, ...Filter[]];
}

const SOURCES = {
  table: (pieces: string[]): Source => ltn12.source.table(pieces),
  string: (text: string): Source => ltn12.source.string(text),
  empty: (): Source => ltn12.source.empty(),
  error: (word: "timeout"): Source => ltn12.source.error(word),
  cat: function* (list: readonly Listed[]): Operation<Source> {
    return ltn12.source.cat(...(yield* sourcesOf(list)));
  },
  chain: function* (of: Listed, filters: readonly Listed[]): Operation<Source> {
    return ltn12.source.chain(yield* sourceOf(of), ...filtersOf(filters));
  },
  rewind: function* (of: Listed, pieces: string[]): Operation<Source> {
    const source = ltn12.source.rewind(yield* sourceOf(of));
    for (const piece of pieces) yield* source(piece);
    return source;
  },
  simplify: function* (list: readonly Listed[]): Operation<Source> {
    const made = yield* sourcesOf(list);
    let turn = -1;
    const fancy: FancySource = function* () {
      turn = (turn + 1) % made.length;
      const got = yield* made[turn]!();
      return got[0] === undefined ? got : [got[0], fancy];
    };
    return ltn12.source.simplify(fancy);
  },
};

function* sourceOf([name, ...rest]: Listed): Operation<Source> {
  const made = (SOURCES as unknown as Record<string, (...args: never[]) => unknown>)[name]!(
    ...rest,
  );
  return typeof made === "function" ? (made as Source) : yield* made as Operation<Source>;
}

function* sourcesOf(list: readonly Listed[]): Operation<Source[]> {
  const made: Source[] = [];
  for (const one of list) made.push(yield* sourceOf(one));
  return made;
}

const SINKS = {
  log: (log: unknown[]): Sink =>
    function* (piece, error) {
      log.push([piece, error]);
      return [1];
    },
  table: (log: never[]): Sink => ltn12.sink.table(log),
  null: (): Sink => ltn12.sink.null(),
  error: (_: unknown, word: "timeout"): Sink => ltn12.sink.error(word),
  chain: (log: unknown[], filters: readonly Listed[], of: Listed): Sink =>
    ltn12.sink.chain(...filtersOf(filters), sinkOf(log, of)),
  simplify(log: unknown[], list: readonly Listed[]): Sink {
    const made = list.map((one) => sinkOf(log, one));
    let turn = -1;
    const fancy: FancySink = function* (piece, error) {
      turn = (turn + 1) % made.length;
      const taken = yield* made[turn]!(piece, error);
      return taken[0] === undefined ? taken : [1, fancy];
    };
    return ltn12.sink.simplify(fancy);
  },
};

function sinkOf(log: unknown[], [name, ...rest]: Listed): Sink {
  return (SINKS as unknown as Record<string, (log: unknown[], ...args: never[]) => Sink>)[name]!(
    log,
    ...rest,
  );
}

type Named = Record<string, (...args: never[]) => unknown>;

function* answer([kind, ...rest]: Case): Operation<unknown> {
  if (kind === "pump") {
    const [blocksize, from, to] = rest as unknown as [number, Listed, Listed];
    ltn12.BLOCKSIZE = blocksize;
    const log: unknown[] = [];
    const result = yield* ltn12.pump.all(yield* sourceOf(from), sinkOf(log, to));
    return [log, ...result];
  }
  const [name, ...args] = rest as [string, ...never[]];
  const module = (kind === "url" ? url : mime) as unknown as Named;
  return module[name]!(...args);
}

/** What is answered here, in the notation of {@link askModules}. */
export function* answerHere(one: Case): Operation<string> {
  const { BLOCKSIZE } = ltn12;
  try {
    const given = yield* answer(one);
    const tuple = one[0] !== "url" || one[1] === "parse" ? (given as unknown[]) : [given];
    const shown = tuple.map(show);
    while (shown.at(-1) === "nil") shown.pop();
    return shown.join(" ");
  } catch (error) {
    if (error instanceof TypeError) return "threw";
    throw error;
  } finally {
    ltn12.BLOCKSIZE = BLOCKSIZE;
  }
}
