/** LuaSocket's http and ours ask the same servers the same: what they say, and what they make of the answers. */
import { execFile } from "node:child_process";
import { expect } from "chai";
import { type Result, run } from "cosocket";
import { http, type HttpRequest } from "cosocket/http";
import { ltn12 } from "cosocket/ltn12";
import { lua, needs } from "../../support/peers.js";
import { type Case, CASES, type Told } from "./cases.js";
import { Scripted } from "./scripted.js";

/** As Lua writes it. */
function literal(value: unknown): string {
  if (typeof value === "string")
    return `"${Buffer.from(value, "latin1").reduce((text, byte) => `${text}\\x${byte.toString(16).padStart(2, "0")}`, "")}"`;
  if (Array.isArray(value)) return `{${value.map(literal).join(",")}}`;
  if (typeof value !== "object" || value === null)
    return value === undefined ? "nil" : String(value);
  const fields = Object.entries(value).map(([name, of]) => `[${literal(name)}]=${literal(of)}`);
  return `{${fields.join(",")}}`;
}

/** The request of a case, at the server of one side. */
function asked({ request, simple, userinfo, pieces, body }: Case, port: number) {
  const who = userinfo === undefined ? "" : `${userinfo}@`;
  const base = `http://${who}127.0.0.1:${port}`;
  if (request === undefined) return { simple: base + simple!, body };
  const { path = "/", proxied, ...rest } = request;
  const given = proxied
    ? { url: `http://example.invalid${path}`, proxy: base }
    : { url: base + path };
  return { request: { ...rest, ...given }, pieces };
}

/** Of all cases, by LuaSocket. */
function theirs(cases: object[]): Promise<Partial<Told>[]> {
  return new Promise((resolve, reject) => {
    const child = execFile("lua5.4", [lua("http.lua")], { maxBuffer: 1e8 }, (error, stdout) =>
      error
        ? reject(error)
        : resolve(
            stdout
              .trim()
              .split("\n")
              .map((line) => told(JSON.parse(line))),
          ),
    );
    child.stdin!.end(`return ${literal(cases)}`);
  });
}

const unhexed = (text: string): string => Buffer.from(text, "hex").toString("latin1");

function told(line: Record<string, string | Record<string, string> | null>): Partial<Told> {
  const values = Object.entries(line).map(([name, value]) => {
    if (value === null) return [name, null];
    if (typeof value === "string") return [name, unhexed(value)];
    return [name, Object.fromEntries(Object.entries(value).map((pair) => pair.map(unhexed)))];
  });
  return Object.fromEntries(values) as Partial<Told>;
}

const text = (bytes: string): string => Buffer.from(bytes, "latin1").toString();
const bytes = (text: string): string => Buffer.from(text).toString("latin1");
const shown = (value: unknown): string =>
  value === undefined ? "nil" : bytes(String(value as string));

/** Of one case, by us. */
async function ours(given: Case, port: number): Promise<Partial<Told>> {
  const { simple, body, request, pieces } = asked(given, port);
  let taken = "";
  const ends: string[] = [];
  const full: HttpRequest = {
    ...request,
    *sink(piece, error): Generator<never, Result<1, undefined, never>> {
      if (piece === undefined) ends.push(error === undefined ? "end" : `error ${error}`);
      else taken += Buffer.from(piece as Uint8Array).toString("latin1");
      return [1];
    },
  };
  if (pieces) full.source = ltn12.source.table(pieces);
  const result =
    simple === undefined
      ? await run(() => http.request(full))
      : await run(() =>
          http.request(text(simple), body === undefined ? body : Buffer.from(body, "latin1")),
        );
  const [ok, code, headers, status] = result;
  const fields =
    headers && Object.fromEntries(Object.entries(headers).map((pair) => pair.map(bytes)));
  return {
    ok: shown(ok),
    code: shown(code),
    headers: (fields as Told["headers"] | undefined) ?? null,
    status: shown(status),
    ...(simple === undefined ? { taken, ends: ends.join(",") } : { taken: "nil", ends: "nil" }),
  };
}

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket.http'",
)("http.request", () => {
  let answers: { lua: Partial<Told>; here: Partial<Told>; asked: [string[], string[]] }[];

  before(async () => {
    const sides = await Promise.all(
      CASES.map(({ answers }) =>
        Promise.all([new Scripted(answers).listen(), new Scripted(answers).listen()]),
      ),
    );
    try {
      const them = await theirs(CASES.map((each, i) => asked(each, sides[i]![0].port)));
      const us = await Promise.all(CASES.map((each, i) => ours(each, sides[i]![1].port)));
      answers = sides.map(([one, other], i) => ({
        lua: them[i]!,
        here: us[i]!,
        asked: [one.requests, other.requests],
      }));
    } finally {
      await Promise.all(sides.flat().map((side) => side.close()));
    }
  });

  for (const [i, { name, here, asked, unasked, answers: scripts }] of CASES.entries())
    it(`says of ${name} what LuaSocket says`, () => {
      const {
        lua,
        here: told,
        asked: [theirs, ours],
      } = answers[i]!;
      const port = /127\.0\.0\.1:\d+/g;
      const expected = JSON.parse(
        JSON.stringify({ ...lua, ...here }).replace(port, "ADDRESS"),
      ) as Told;
      const got = JSON.parse(JSON.stringify(told).replace(port, "ADDRESS")) as Told;
      // What has come before a reset may have been lost with it.
      if (scripts.some((script) => script.includes("reset"))) expected.taken = got.taken;
      expect(got).to.deep.equal(expected);
      const same = [[/LuaSocket [\d.\w-]+/, "cosocket 0.1.0"] as const, ...(asked ?? [])];
      expect(ours).to.deep.equal(
        (unasked ? [] : theirs).map((request) =>
          same.reduce((text, [from, to]) => text.replace(from, to), request),
        ),
      );
    });
});
