/** LuaSocket's socket.smtp is asked: the same mails, to a server that says the same: the same answers, and the same bytes on the wire. */
import { expect } from "chai";
import fc from "fast-check";
import { until } from "effection";
import { fork, serve, type Source } from "cosocket";
import { ltn12 } from "cosocket/ltn12";
import { type Message, smtp } from "cosocket/smtp";
import { firstSeed, runs } from "../../support/counts.js";
import { check } from "../../support/check.js";
import { Lua, LuaProcess, inLua } from "../../support/lua-process.js";
import { nothingHeard, type Heard, type Replies, smtpServer } from "../../support/mail-server.js";
import { comparable } from "../../support/messages.js";
import { listening, portOf, until as settled } from "../../support/pairs.js";
import { needs } from "../../support/peers.js";

const RUNS = runs(30);
const SEED = firstSeed(5);

/** What is said instead of the usual, sometimes. */
const ODD = [
  ...["250 ok\r\n", "250-a\r\n250 b\r\n", "250-a\r\n251 no\r\n250-\r\n\r\n250 c\r\n", "250xyz\r\n"],
  ...[
    "2500 x\r\n",
    "250 \r\r\n",
    "250\n",
    "235 in\r\n",
    "334 go\r\n",
    "354 go\r\n",
    "120 soon\r\n",
  ],
  ...[
    "550 no\r\n",
    "550-no\r\n550 never\r\n",
    "421 bye\r\n",
    "25\r\n",
    "hello\r\n",
    "\r\n",
    " 250 x\r\n",
  ],
  ...["250-cut", "250 cut", "250-a\r\n250-b", ""],
  ...[
    "250-x\r\n250 AUTH PLAIN\r\n",
    "250-AUTH=LOGIN\r\n250 x\r\n",
    "250-AUTHLOGIN\r\n250 auth login\r\n",
  ],
];

const pieces = fc.array(
  fc.constantFrom(
    "a",
    ".",
    "..",
    "\r\n",
    "\r\n.",
    "\n",
    "\r",
    "text\r\n",
    "\xe9",
    "x".repeat(300),
    "",
  ),
  { maxLength: 12 },
);
const address = fc.constantFrom("<fulano@example.com>", "<a@b>", "", "<x@y> SIZE=5");
const mails = fc.record({
  odd: fc.array(fc.tuple(fc.nat(9), fc.constantFrom(...ODD)), { maxLength: 2 }),
  from: address,
  rcpt: fc.oneof(address, fc.array(address, { minLength: 1, maxLength: 3 })),
  login: fc.option(
    fc.record({ user: fc.constantFrom("me", "you"), password: fc.constantFrom("s\xe9cret", "x") }),
    {
      nil: undefined,
    },
  ),
  domain: fc.constantFrom(undefined, "example.com"),
  pieces,
  error: fc.constantFrom(undefined, undefined, undefined, "broken"),
});

/** A source of these, and then the error. */
function sourceOf(given: readonly string[], error: string | undefined): Source<string> {
  const from = ltn12.source.table(given.map((piece) => Buffer.from(piece, "latin1")));
  return error === undefined ? from : ltn12.source.cat<string>(from, ltn12.source.error(error));
}

function luaSource(given: readonly string[], error: string | undefined): Lua {
  const from = `ltn12.source.table(${inLua(given)})`;
  return new Lua(
    error === undefined ? from : `ltn12.source.cat(${from}, ltn12.source.error(${inLua(error)}))`,
  );
}

const PRELUDE = `socket = require "socket"; smtp = require "socket.smtp"; ltn12 = require "ltn12"; socket.try = socket.try`;

const known = (result: readonly unknown[]): unknown[] => [result[0], result[1]];

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket'",
)("LuaSocket's smtp", function () {
  this.timeout(10_000 + RUNS * 500);
  let lua: LuaProcess;
  before(() => {
    lua = new LuaProcess();
  });
  after(() => lua.end());

  it(`sends ${RUNS} mails as they are sent here, to servers that say anything`, () =>
    check(function* () {
      let [heard, replies]: [Heard, Replies] = [nothingHeard(), () => undefined];
      const server = yield* listening();
      let busy = 0;
      const serving = yield* fork(() =>
        serve(server, function* (client) {
          busy++;
          yield* smtpServer(client, heard, replies);
          busy--;
        }),
      );
      yield* until(lua.ask(PRELUDE));
      const port = portOf(server);
      const outcomes = new Set<string>();
      for (const { odd, login, pieces, error, ...mail } of fc.sample(mails, {
        seed: SEED,
        numRuns: RUNS,
      })) {
        replies = (_, place) => new Map(odd).get(place);
        const common = { ...mail, ...login, server: "127.0.0.1", port };
        const secret = Buffer.from(login?.password ?? "").toString();
        heard = nothingHeard();
        const ours = known(yield* smtp.send({ ...common, source: sourceOf(pieces, error) }));
        yield* settled(() => busy === 0);
        const oursHeard = heard;
        // LuaSocket says it to whoever listens.
        if (ours[1] === "bare line end before a dot in the message") continue;
        heard = nothingHeard();
        const utf8 = login && { ...login, password: Buffer.from(secret).toString("latin1") };
        const told = yield* until(
          lua.ask(
            `return smtp.send(${inLua({ ...common, ...utf8, source: luaSource(pieces, error) })})`,
          ),
        );
        yield* settled(() => busy === 0);
        expect({ answer: ours, heard: oursHeard }, JSON.stringify(odd)).to.deep.equal({
          answer: known(told),
          heard,
        });
        outcomes.add(String(ours[1] ?? "sent").slice(0, 3));
      }
      expect([...outcomes]).to.include.members(["sen", "inv", "bro"]);
      yield* serving.halt();
    }));

  const name = fc.constantFrom(
    "subject",
    "To",
    "X-Other",
    "content-description",
    "Content-Disposition",
  );
  const header = fc.dictionary(name, fc.constantFrom("one", 'two; x="y"', "a\r\n folded", ""));
  const body = pieces.map((some) => some.join(""));
  const { message } = fc.letrec<{ message: Tree }>((tie) => ({
    message: fc.record({
      headers: fc.option(
        fc.oneof(
          header,
          header.map((each) => ({ ...each, "Content-Type": "text/x" })),
        ),
        {
          nil: undefined,
        },
      ),
      body: fc.oneof(
        { maxDepth: 3 },
        body,
        pieces.map((some) => ({ source: some })),
        fc.record({
          preamble: fc.constantFrom(undefined, "before"),
          epilogue: fc.constantFrom(undefined, "after\r\n"),
          parts: fc.array(tie("message"), { maxLength: 3 }),
        }),
      ),
    }),
  }));
  type Tree = {
    headers: Record<string, string> | undefined;
    body:
      | string
      | { source: string[] }
      | { preamble?: string | undefined; epilogue?: string | undefined; parts: Tree[] };
  };

  /** As one writes it here, and as one writes it in Lua. */
  function both({ headers, body }: Tree): [Message<string>, object] {
    if (typeof body === "string")
      return [
        { headers, body: Buffer.from(body, "latin1") },
        { headers, body },
      ];
    if ("source" in body) {
      const { source } = body;
      return [
        { headers, body: sourceOf(source, undefined) },
        { headers, body: luaSource(source, undefined) },
      ];
    }
    const { parts, ...around } = body;
    const each = parts.map(both);
    const numbered = (some: unknown[]): object =>
      Object.fromEntries(some.map((part, i) => [i + 1, part]));
    return [
      { headers, body: { ...around, ...numbered(each.map(([ours]) => ours)) } },
      { headers, body: { ...around, ...numbered(each.map(([, theirs]) => theirs)) } },
    ];
  }

  it(`makes ${RUNS} messages as they are made here, but for boundaries and the order of fields`, () =>
    check(function* () {
      yield* until(lua.ask(PRELUDE));
      const all = `local t = {}; ltn12.pump.all(smtp.message(m), (ltn12.sink.table(t))); return table.concat(t)`;
      for (const tree of fc.sample(message, { seed: SEED, numRuns: RUNS })) {
        const [ours, theirs] = both({
          ...tree,
          headers: { ...tree.headers, date: "today", "x-mailer": "me" },
        });
        const [told] = yield* until(lua.ask(`local m = ${inLua(theirs)}; ${all}`));
        const [sink, pieces] = ltn12.sink.table();
        expect(yield* ltn12.pump.all(smtp.message(ours), sink)).to.deep.equal([1]);
        const text = Buffer.concat(pieces as Buffer[]).toString("latin1");
        expect(comparable(text)).to.equal(comparable(told as string));
      }
    }));
});
