/** LuaSocket's url, mime and ltn12 are asked on real Lua: random cases, and the same answers. COSOCKET_RUNS has more, COSOCKET_SEED others. */
import { expect } from "chai";
import { url } from "cosocket/url";
import { check } from "./support/check.js";
import { answerHere, askModules, type Case, type Value } from "./support/luasocket-modules.js";
import { needs } from "./support/peers.js";
import { dice } from "./support/programs.js";
import { firstSeed, runs, runsAreAsked } from "./support/counts.js";

const SEED = firstSeed();

class Random {
  private readonly random: () => number;
  constructor(seed: number) {
    this.random = dice(seed);
  }
  below(n: number): number {
    return Math.floor(this.random() * n);
  }
  any<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  list<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }
  text(most: number, of: readonly string[]): string {
    return this.list(most, () => this.any(of)).join("");
  }
}

/** Escapes that stand for text; those that do not stay as they are here. */
const ESCAPES = ["%41", "%c3%A4", "%E2%82%AC", "%2f", "%zz", "%2e", "%25"];
const OF_URLS = [
  ...["http", "a", "b", "ftp+x.y-z", "user", "8080", "::1", "Z_", "ä", "€", "\u{1f600}"],
  ...[":", ":", "/", "/", "/", "//", "///", "?", "#", ";", "@", "[", "]", "&", "=", "+", "-"],
  ...[".", "..", "/./", "/../", "/..", "/.", "../", "./", " ", "\n", "\0", "\x01", "$1", "$&", "~"],
  ...ESCAPES,
];
const SCHEMES = [
  "",
  "",
  "http:",
  "http://",
  "http://a/",
  "http://u:p@h:1/",
  "//h",
  "a:",
  "/",
  "mailto:",
];
const FIELDS = [
  ...["scheme", "authority", "userinfo", "user", "password", "host", "port", "path", "params"],
  ...["query", "fragment", "other"],
];

function aUrl(random: Random): string {
  return random.any(SCHEMES) + random.text(8, OF_URLS);
}

function parts(random: Random): { [name: string]: Value } {
  const list = random.list(7, () => random.any(FIELDS));
  return Object.fromEntries(list.map((name) => [name, random.text(2, OF_URLS)]));
}

function urlCases(random: Random, count: number): Case[] {
  return Array.from({ length: count }, (_, i): Case[] => {
    const text = aUrl(random);
    const parsed = url.parse(text)[0] as { [name: string]: Value } | undefined;
    const three: Case[] = [
      ["url", "parse", text, random.any([undefined, parts(random)])],
      ["url", "absolute", aUrl(random), text],
      ["url", "build", random.any([{ ...parsed }, parts(random)])],
    ];
    return i % 5 === 0 ? [...three, ...pathCases(random, text)] : three;
  }).flat();
}

function pathCases(random: Random, text: string): Case[] {
  const path = text.replace(/^[^/]*/, "");
  const segments = Object.assign(url.parse_path(path), random.any([{}, { is_absolute: 1 }]));
  return [
    ["url", "absolute", parts(random), text],
    ["url", "absolute", text, undefined],
    ["url", "escape", text],
    ["url", "unescape", text],
    ["url", "parse_path", path],
    ["url", "build_path", [...segments], random.any([undefined, 1])],
  ];
}

/** Where the encodings look at more than one byte. */
const OF_BYTES = [
  ...["a", "Zz", "0", "hello world", ".", "..", "\n", "\n", "\r", "\r\n", "\r\n.", "=", "=\r\n"],
  ...["=3D", "=e4", "=Zz", "=\r", "==", " ", " \r\n", "\t", "\t\r\n", "aGVsbG8=", "QQ==", "Q=Q="],
  ...["\x00", "\x7f", "\x80", "\xff", "ä", "-", "_", "+", "/", "x".repeat(80)],
];

function bytes(random: Random, most = 12): Buffer {
  if (random.below(4) > 0) return Buffer.from(random.text(most, OF_BYTES), "latin1");
  return Buffer.from(random.list(most, () => random.below(256)));
}

const CODINGS = ["b64", "unb64", "qp", "unqp"];

function lowLevelCases(random: Random, count: number): Case[] {
  return Array.from({ length: count }, (): Case => {
    const piece = random.any([undefined, bytes(random), bytes(random), bytes(random)]);
    const length = random.any([undefined, 76, random.below(100), random.below(5)]);
    const name = random.any([...CODINGS, ...CODINGS, "wrp", "qpwrp", "eol", "dot"]);
    if (CODINGS.includes(name)) {
      const first = random.any([undefined, "", bytes(random, 3), bytes(random, 3)]);
      return [
        "mime",
        name,
        first,
        piece,
        ...(name === "qp" ? [random.any([undefined, "\n"])] : []),
      ];
    }
    if (name === "wrp" || name === "qpwrp")
      return ["mime", name, random.below(90) - 5, piece, length];
    if (name === "eol")
      return [
        "mime",
        name,
        random.any([0, 10, 13]),
        piece,
        random.any([undefined, "\n", "<>", ""]),
      ];
    return ["mime", name, random.below(3), piece];
  });
}

function filterList(random: Random): Value[] {
  const make = (): Value[] =>
    random.any<() => Value[]>([
      () => ["encode base64"],
      () => ["decode base64"],
      () => ["encode quoted-printable", random.any([undefined, "binary", "text"])],
      () => ["decode quoted-printable"],
      () => ["wrap", random.any([undefined, 1 + random.below(80)])],
      () => ["wrap text", 1 + random.below(80)],
      () => ["wrap base64"],
      () => ["wrap quoted-printable"],
      () => ["normalize", random.any([undefined, "\n", "\r"])],
      () => ["stuff"],
    ])();
  return [make(), ...random.list(3, make)];
}

function aSource(random: Random, depth: number): Value[] {
  const of = (): Value[] => aSource(random, depth - 1);
  const leaves = [
    () => ["table", random.list(6, () => bytes(random))],
    () => ["table", random.list(6, () => bytes(random))],
    () => ["string", random.any([undefined, bytes(random), bytes(random, 40)])],
    () => ["empty"],
    () => ["error", "timeout"],
  ];
  const nodes = [
    () => ["cat", random.list(3, of)],
    () => ["chain", of(), filterList(random)],
    () => ["chain", of(), filterList(random)],
    () => ["rewind", of(), random.list(3, () => bytes(random))],
    () => ["simplify", [of(), ...random.list(2, of)]],
  ];
  return random.any<() => Value[]>(depth > 0 ? [...leaves, ...nodes, ...nodes] : leaves)();
}

function aSink(random: Random, depth: number): Value[] {
  const of = (): Value[] => aSink(random, depth - 1);
  const leaves = [() => ["log"], () => ["log"], () => ["table"], () => ["table"], () => ["null"]];
  const nodes = [
    () => ["chain", filterList(random), of()],
    () => ["chain", filterList(random), of()],
    () => ["simplify", [of(), ...random.list(2, of)]],
    () => ["error", "timeout"],
  ];
  return random.any<() => Value[]>(depth > 0 ? [...leaves, ...nodes, ...nodes] : leaves)();
}

function pumpCases(random: Random, count: number): Case[] {
  return Array.from({ length: count }, (): Case => {
    const blocksize = random.any([1, 2, 7, 64, 2048]);
    return ["pump", blocksize, aSource(random, 3), aSink(random, 2)];
  });
}

/** RFC 3986, 5.4: what LuaSocket, which is of RFC 2396, makes of its examples is asked, not known. */
const RELATIVE = [
  ...[
    "g:h",
    "g",
    "./g",
    "g/",
    "/g",
    "//g",
    "?y",
    "g?y",
    "#s",
    "g#s",
    "g?y#s",
    ";x",
    "g;x",
    "g;x?y#s",
  ],
  ...[
    "",
    ".",
    "./",
    "..",
    "../",
    "../g",
    "../..",
    "../../",
    "../../g",
    "../../../g",
    "../../../../g",
  ],
  ...["/./g", "/../g", "g.", ".g", "g..", "..g", "./../g", "./g/.", "g/./h", "g/../h", "g;x=1/./y"],
  ...["g;x=1/../y", "g?y/./x", "g?y/../x", "g#s/./x", "g#s/../x", "http:g"],
].map((text): Case => ["url", "absolute", "http://a/b/c/d;p?q", text]);

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket'",
)("LuaSocket answers as is answered here", function () {
  if (runsAreAsked) this.timeout(0);
  const random = new Random(SEED);
  const kinds: Record<string, Case[]> = {
    "of URLs": [...RELATIVE, ...urlCases(random, runs(500, 2000))],
    "of pieces that are coded one by one": lowLevelCases(random, runs(250, 1000)),
    "of chains of sources, filters and sinks": pumpCases(random, runs(60, 200)),
  };
  let theirs: string[];
  before(() => {
    theirs = askModules(Object.values(kinds).flat());
  });

  for (const [kind, cases] of Object.entries(kinds))
    it(`${kind} (seed ${SEED})`, () =>
      check(function* () {
        const mine = theirs.splice(0, cases.length);
        expect(mine.length).to.equal(cases.length);
        const different: unknown[] = [];
        for (const [i, one] of cases.entries()) {
          const here = yield* answerHere(one);
          if (here !== mine[i]) different.push({ one: JSON.stringify(one), lua: mine[i], here });
        }
        expect(different.slice(0, 5), `${different.length} of ${cases.length}`).to.deep.equal([]);
      }));
});
