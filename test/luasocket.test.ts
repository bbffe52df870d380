/** LuaSocket itself is asked: the same random scripts, and the same answers. */
import { expect } from "chai";
import type { Operation } from "effection";
import fc from "fast-check";
import { run } from "cosocket";
import { firstSeed, runs } from "./support/counts.js";
import { askLuaSocket, hex, play } from "./support/luasocket.js";
import { Translation } from "./support/luasocket-differences.js";
import {
  datagramScripts,
  masterScripts,
  streamScripts,
  unboundScripts,
} from "./support/luasocket-steps.js";
import { needs } from "./support/peers.js";
import { answersOf } from "./support/scripts.js";

/** For more by hand. */
const RUNS = runs(4);
const SEED = firstSeed(3);

/** Scripts that are played at the same time. */
const AT_ONCE = 4;

/** What LuaSocket answers to one script, and what is answered here. */
async function both(
  script: string,
  datagrams: boolean,
): Promise<[theirs: string[], ours: string[]]> {
  const [told, ours] = await Promise.all([askLuaSocket(script), run(() => play(script))]);
  const translation = new Translation(datagrams);
  const theirs = told.map((answer) => translation.next(answer));
  const compared = theirs.includes(undefined) ? theirs.indexOf(undefined) : theirs.length;
  const first = (answers: unknown[]): string[] => answers.slice(0, compared) as string[];
  const again = function* (): Operation<string[]> {
    return first(yield* play(script));
  };
  return [first(theirs), await answersOf(again, first(theirs), first(ours))];
}

/** The steps up to the first that is answered differently. */
function difference(theirs: string[], ours: string[]): string {
  const first = theirs.findIndex((answer, i) => answer !== ours[i]);
  const told = [...theirs.slice(0, first + 1), `here: ${ours[first]}`].join("\n");
  return told.replace(/\bs((?:[0-9a-f]{2})+)\b/g, (_, digits: string) =>
    JSON.stringify(Buffer.from(digits.slice(0, 60), "hex").toString("latin1")),
  );
}

async function compare(samples: fc.Arbitrary<string[]>, ...beginning: string[]): Promise<void> {
  const scripts = fc
    .sample(samples, { seed: SEED, numRuns: RUNS })
    .map((steps) => [...beginning, ...steps].join(";"));
  const datagrams = /^(datagram|udp)/.test(beginning[0]!);
  const different: string[] = [];
  for (let begun = 0; begun < scripts.length; begun += AT_ONCE) {
    const some = scripts.slice(begun, begun + AT_ONCE);
    for (const [theirs, ours] of await Promise.all(some.map((script) => both(script, datagrams))))
      if (String(ours) !== String(theirs)) different.push(difference(theirs, ours));
  }
  // Mocha cuts a long difference off, and may show none.
  expect(different, different.join("\n\n")).to.have.length(0);
}

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket'",
)("LuaSocket itself", function () {
  this.timeout(10_000 + RUNS * 1000);

  for (const home of ["127.0.0.1", "::1"]) {
    const to = (port: number): string => `setpeername ${hex(home)} port${port}`;

    it(`answers the same over TCP: ${home}`, () => compare(streamScripts(home), `stream ${home}`));

    it(`answers the same over UDP: ${home}`, () =>
      compare(datagramScripts(home), `datagram ${home}`, "3 close"));

    it(`answers the same over UDP, connected: ${home}`, () =>
      compare(datagramScripts(home), `datagram ${home}`, "3 close", `1 ${to(2)}`, `2 ${to(1)}`));
  }

  for (const kinds of ["tcp tcp tcp", "tcp4 tcp4 tcp4", "tcp4 tcp6 tcp"]) {
    it(`answers the same where ${kinds} find one another`, () =>
      compare(masterScripts(kinds.split(" ")), kinds));
  }

  for (const kinds of ["udp udp udp", "udp4 udp6 udp"]) {
    it(`answers the same where ${kinds} find one another`, () =>
      compare(unboundScripts(kinds.split(" ")), kinds));
  }
});
