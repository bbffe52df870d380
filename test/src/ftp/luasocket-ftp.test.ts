/** LuaSocket's socket.ftp is asked: the same transfers, with a server that says the same: the same answers, and the same bytes on the wire. */
import { expect } from "chai";
import fc from "fast-check";
import { until } from "effection";
import { fork, serve } from "cosocket";
import { ltn12 } from "cosocket/ltn12";
import { ftp } from "cosocket/ftp";
import { firstSeed, runs } from "../../support/counts.js";
import { check } from "../../support/check.js";
import { FtpServer, ftpWorld } from "../../support/ftp-server.js";
import { inLua, Lua, LuaProcess } from "../../support/lua-process.js";
import type { Replies } from "../../support/mail-server.js";
import { listening, portOf, until as settled } from "../../support/pairs.js";
import { needs } from "../../support/peers.js";

const RUNS = runs(20, 40);
const SEED = firstSeed(5);

/** What is said instead of the usual, sometimes. */
const ODD = [
  ...[
    "200 ok\r\n",
    "226-a\r\n226 b\r\n",
    "250 fine\r\n",
    "2500 x\r\n",
    "120 soon\r\n220 here\r\n",
    "331 who\r\n",
    "332 account\r\n",
  ],
  ...[
    "229 here (|||{port}|)\r\n",
    "229 here (!!!{port}!)\r\n",
    "229 here (|||0|)\r\n",
    "229 (|||x|)\r\n",
  ],
  ...[
    "229 nothing\r\n",
    "150 here\r\n",
    "550 no\r\n",
    "550-no\r\n 550 never\r\n550 so\r\n",
    "421 bye\r\n",
  ],
  ...["25\r\n", "hello\r\n", "\r\n", "250-cut", "226 cut", ""],
];
const FILES = { notes: "some notes\r\n", "a b": "in a\nfile", "/etc/motd": "absolute", empty: "" };

const path = fc.constantFrom(
  ...Object.keys(FILES).map((name) => `/${name}`),
  "/none",
  "",
  "/a%20b",
  "notes",
  "\\notes",
);
const given = fc.record({
  odd: fc.array(fc.tuple(fc.nat(9), fc.constantFrom(...ODD)), { maxLength: 2 }),
  login: fc.option(fc.record({ user: fc.constant("me"), password: fc.constant("secret") }), {
    nil: undefined,
  }),
  form: fc.oneof(
    fc.record({
      get: path,
      type: fc.constantFrom("", ";type=i", ";type=a", ";type=x"),
      url: fc.constant(true),
    }),
    fc.record({
      get: path,
      type: fc.constantFrom(undefined, "i"),
      command: fc.constantFrom(undefined, "nlst", "stat", "list"),
      argument: fc.constantFrom(undefined, "notes"),
    }),
    fc.record({
      put: path,
      content: fc.constantFrom("", "new\r\n", "x".repeat(100_000)),
      url: fc.constant(true),
    }),
    fc.record({
      put: path,
      content: fc.constantFrom("", "new\r\n"),
      command: fc.constantFrom(undefined, "appe"),
      error: fc.constantFrom(undefined, "broken"),
    }),
    fc.record({
      command: fc.constantFrom("noop", "DELE"),
      argument: fc.constantFrom(undefined, "notes"),
      check: fc.constantFrom(undefined, "2.."),
    }),
    fc.constant({ command: ["rnfr", "rnto"], argument: ["a", "b"], check: ["350", 250] }),
  ),
});
interface Form {
  get?: string;
  put?: string;
  type?: string | undefined;
  url?: boolean;
  content?: string;
  error?: string | undefined;
  command?: string | readonly string[] | undefined;
  argument?: string | readonly string[] | undefined;
  check?: unknown;
}

const PRELUDE = `socket = require "socket"; ftp = require "socket.ftp"; ltn12 = require "ltn12"`;

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket'",
)("LuaSocket's ftp", function () {
  this.timeout(10_000 + RUNS * 500);
  let lua: LuaProcess;
  before(() => {
    lua = new LuaProcess();
  });
  after(() => lua.end());

  it(`makes ${RUNS} transfers as they are made here, with servers that say anything`, () =>
    check(function* () {
      let [world, replies] = [ftpWorld(), (() => undefined) as Replies];
      let busy = 0;
      const server = yield* listening();
      const serving = yield* fork(() =>
        serve(server, function* (client) {
          busy++;
          yield* new FtpServer(client, world, replies).serve();
          busy--;
        }),
      );
      yield* until(lua.ask(PRELUDE));
      const outcomes = new Set<string>();
      for (const { odd, login, form } of fc.sample(given, { seed: SEED, numRuns: RUNS })) {
        // Whoever is told that data comes waits for it.
        const said = odd.filter(
          ([, reply]) => !("command" in form && form.command === "stat") || !reply.startsWith("1"),
        );
        replies = (_, place) => new Map(said).get(place);
        const { get, put, url, content, error, ...rest }: Form = form;
        const at = { host: "127.0.0.1", port: portOf(server), ...login, path: get ?? put, ...rest };
        const user = login ? "me:secret@" : "";
        const where = `ftp://${user}127.0.0.1:${at.port}${String(at.path).replace(/^(?=[^/])/, "/")}${get === undefined ? "" : (rest.type ?? "")}`;

        world = ftpWorld(FILES);
        const ours = yield* performed();
        yield* settled(() => busy === 0);
        const oursWorld = world;
        world = ftpWorld(FILES);
        const theirs = yield* until(lua.ask(inWords()));
        yield* settled(() => busy === 0);
        const what = JSON.stringify({ odd, login, form });
        expect(ours, what).to.deep.equal(
          theirs.slice(0, 2).concat([undefined, undefined]).slice(0, 2),
        );
        // What was not sent to its end does not end in order here.
        if (error !== undefined) world.ends = world.ends.map(() => "closed");
        if (error !== undefined) for (const { files } of [world, oursWorld]) files.clear();
        expect(oursWorld, what).to.deep.equal(world);
        outcomes.add(String(ours[1] ?? "done").slice(0, 3));

        function* performed() {
          const pieces: Buffer[] = [];
          const from = ltn12.source.string(content);
          const source =
            error === undefined ? from : ltn12.source.cat<string>(from, ltn12.source.error(error));
          const result: readonly unknown[] =
            get !== undefined
              ? url
                ? yield* ftp.get(where)
                : yield* ftp.get({
                    ...at,
                    command: at.command as string,
                    argument: at.argument as string,
                    sink: ltn12.sink.table(pieces),
                  })
              : put !== undefined
                ? url
                  ? yield* ftp.put(where, content!)
                  : yield* ftp.put({
                      ...at,
                      command: at.command as string,
                      argument: at.argument as string,
                      source,
                    })
                : yield* ftp.command(at as never);
          const value =
            Buffer.concat(pieces).length > 0 && result[0] === 1
              ? Buffer.concat(pieces).toString("latin1")
              : result[0];
          return [value, result[1]];
        }

        function inWords(): string {
          if (get !== undefined && url) return `return ftp.get(${inLua(where)})`;
          if (get !== undefined)
            return `local t = {}; local r, e = ftp.get(${inLua({ ...at, sink: new Lua("(ltn12.sink.table(t))") })}); local all = table.concat(t); return r and #all > 0 and all or r, e`;
          if (put !== undefined && url) return `return ftp.put(${inLua(where)}, ${inLua(content)})`;
          if (put === undefined) return `return ftp.command(${inLua(at)})`;
          const from = `ltn12.source.string(${inLua(content)})`;
          const source =
            error === undefined
              ? from
              : `ltn12.source.cat(${from}, ltn12.source.error(${inLua(error)}))`;
          return `return ftp.put(${inLua({ ...at, source: new Lua(source) })})`;
        }
      }
      expect([...outcomes]).to.include.members(["don", "inv", "bro"]);
      yield* serving.halt();
    }));
});
