/** The statistics of every fault are those of independent draws: over hosts, over the sockets of one, over time, over seeds. */
import { expect } from "chai";
import { fork, serve, sleep, socket } from "cosocket";
import { type Faults, simulate } from "cosocket/testing";
import type { FaultKind } from "../../../src/testing/faults.js";
import { runs } from "../../support/counts.js";
import { ChiSquared } from "../../support/chi-squared.js";
import {
  busy,
  KINDS,
  names,
  type Opportunity,
  opportunities,
  type Place,
  RATE,
  Urn,
} from "../../support/opportunities.js";

const SEEDS = runs(100, 250);
/** In which nothing is noted. */
const program = busy(() => {});
const DIMENSIONS: readonly (keyof Place)[] = ["host", "socket", "time"];

/** An opportunity, with what was drawn for it: of each seed a number of mean 0 and variance 1. */
interface Drawn extends Opportunity {
  values: Float64Array;
}

function grouped<T>(all: readonly T[], key: (one: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const one of all) {
    const group = groups.get(key(one));
    if (group === undefined) groups.set(key(one), [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** Of any two in a group: as often hit together as two independent ones. Their product has the mean 0 then, and the variance 1. */
function pairs(groups: readonly Drawn[][]): ChiSquared {
  const chi = new ChiSquared();
  for (const group of groups)
    for (const [i, { values }] of group.entries())
      for (const other of group.slice(i + 1)) chi.add(products(values, other.values));
  return chi;
}

function* products(one: Float64Array, other: Float64Array): Iterable<number> {
  for (let seed = 0; seed < other.length; seed++) yield one[seed]! * other[seed]!;
}

let all: Opportunity[];
before(async () => (all = await opportunities()));

describe("faults are drawn independently", () => {
  let drawn: Drawn[];
  /** Of each kind, how often it went wrong in each of ten ways. */
  const ways = new Map(KINDS.map((kind) => [kind, Array<number>(10).fill(0)]));

  before(() => {
    drawn = all.map((one) => ({ ...one, values: new Float64Array(SEEDS) }));
    for (let seed = 0; seed < SEEDS; seed++) {
      const urn = new Urn(seed);
      for (const one of drawn) {
        const { value, how } = one.draw(urn);
        one.values[seed] = value;
        if (how !== undefined) ways.get(one.kind)![Math.floor(how * 10)]!++;
      }
    }
  });

  for (const kind of KINDS)
    it(`${kind}: over hosts, sockets, time and seeds`, () => {
      const own = drawn.filter((one) => one.kind === kind);
      for (const dimension of DIMENSIONS) {
        const often = new ChiSquared();
        for (const group of grouped(own, (one) => one[dimension]))
          often.add(group.flatMap(({ values }) => [...values]));
        often.expect(`how often, by ${dimension}`, 3);
        const others = DIMENSIONS.filter((other) => other !== dimension);
        const place = (one: Drawn): string =>
          [one.nth, ...others.map((other) => one[other])].join();
        pairs(grouped(own, place)).expect(`together, by ${dimension}`, 30);
      }
      const next = new ChiSquared();
      for (const { values } of own) next.add(products(values, values.subarray(1)));
      next.expect("together, by seed", 30);
      if (kind !== "partition") ChiSquared.even(ways.get(kind)!).expect("how it goes wrong");
    });

  it("kinds that may strike the same thing", () => {
    pairs(grouped(drawn, ({ where }) => where)).expect("together", 500);
  });

  it("a fault that is left out moves no other one", async () => {
    const faults: Faults = {
      latency: [0.001, 0.02],
      split: 0.3,
      join: 0.2,
      stall: { rate: 0.1, seconds: 1 },
      loss: 0.2,
      duplicate: 0.2,
      reorder: 0.2,
    };
    for (let seed = 0; seed < 2; seed++) {
      const run = await simulate({ seed, faults, names }, program);
      const only = run.faults.filter((name) => /^(stall|loss|join)/.test(name));
      const some = await simulate({ seed, faults, names, only }, program);
      expect([...some.faults].sort()).to.deep.equal([...only].sort());
    }
  });
});

describe("what was drawn is what happens", () => {
  /** Kinds that do not keep each other from happening. */
  const together: FaultKind[][] = [
    ["split", "join", "stall", "duplicate", "reorder"],
    ["loss", "refuse"],
    ["lookupfail", "lookuphang"],
    ["reset"],
    ["halfclose"],
    ["order"],
  ];
  /** What comes behind it on the same way has no chance. */
  const ends = (kind: FaultKind): boolean => kind === "reset" || kind === "halfclose";

  for (const kinds of together)
    it(`${kinds.join(", ")}: strikes where it was drawn, and nowhere else`, async () => {
      const recorded = all.filter(({ kind }) => kinds.includes(kind as never));
      for (let seed = 0; seed < 2; seed++) {
        const faults = Object.fromEntries(kinds.map((kind) => [kind, RATE]));
        const run = await simulate({ seed, faults, names }, program);
        const urn = new Urn(seed);
        const undrawn = run.faults.filter((name) => {
          const [, kind, where] = /^(\w+):(.*)$/.exec(name)!;
          return urn.strikes(kind as FaultKind, where!) === null;
        });
        expect(undrawn).to.deep.equal([]);
        for (const kind of kinds) {
          const drawn = recorded.filter((one) => one.kind === kind && one.draw(urn).value > 0);
          const ways = new Set<string>();
          const unstruck = drawn.filter(({ where }) => {
            const [way] = where.split("@", 1);
            const first = !ways.has(way!);
            ways.add(way!);
            return (first || !ends(kind)) && !run.faults.includes(`${kind}:${where}`);
          });
          expect(drawn.length, kind).to.be.greaterThan(3);
          // Who has a turn depends on who had the one before.
          if (kind !== "order") expect(unstruck.map(({ where }) => where)).to.deep.equal([]);
        }
      }
    });

  it("latency: a datagram, and a line, take what was drawn for them", async () => {
    const seed = 3;
    const took = { udp: [] as number[], tcp: [] as number[] };
    await simulate({ seed, faults: { latency: [0, 1] } }, function* (world) {
      yield* world.host("server", function* () {
        const udp = socket.udp();
        socket.try(yield* udp.setsockname("*", 7000));
        const listener = socket.try(yield* socket.bind("*", 7000));
        yield* fork(function* () {
          for (;;) {
            yield* udp.receive();
            took.udp.push(world.now() % 10);
          }
        });
        yield* serve(listener, function* (client) {
          while ((yield* client.receive())[0] !== undefined) took.tcp.push(world.now() % 10);
        });
      });
      yield* sleep(1);
      const tcp = socket.try(yield* socket.connect("10.0.0.2", 7000));
      const udp = socket.udp();
      for (let i = 0; i < 20; i++) {
        yield* sleep(10 - (world.now() % 10));
        yield* udp.sendto("datagram", "10.0.0.2", 7000);
        yield* tcp.send("line\n");
      }
      yield* sleep(5);
    });
    const urn = new Urn(seed);
    for (let i = 0; i < 20; i++) {
      expect(took.udp[i]).to.be.closeTo(urn.latency(`home/udp1>server@${i + 1}`), 1e-4);
      expect(took.tcp[i]).to.be.closeTo(urn.latency(`home>server:7000#1@${i * 5}`), 1e-4);
    }
  });

  it("order: each of the others that are ready is as likely to run first", async () => {
    const first = [0, 0, 0, 0];
    await simulate({ faults: { order: 1 } }, function* () {
      for (let round = 0; round < 300; round++) {
        let none = true;
        for (const i of first.keys())
          yield* fork(function* () {
            if (none) first[i]!++;
            none = false;
          });
        yield* sleep(1);
      }
    });
    expect(first[0]).to.equal(0);
    ChiSquared.even(first.slice(1)).expect("who runs first");
  });
});
