/** All that a simulated program leaves to chance, written down in one run, to be drawn for many seeds by what draws in every run. */
import type { Operation } from "effection";
import { fork, serve, sleep, socket, type Tcp, type Udp } from "cosocket";
import { ALL_FAULTS, simulate, type World } from "cosocket/testing";
import { FaultPlan } from "../../src/testing/fault-plan.js";
import type { FaultKind } from "../../src/testing/faults.js";

const PORT = 7000;
const HOSTS = 3;
const SOCKETS = 3;
const TIMES = 4;
/** How often each fault strikes. */
export const RATE = 0.3;
/** How long a partition lasts. */
const PERIOD = 2;

export type Kind = FaultKind | "latency";
export const KINDS = Object.keys(ALL_FAULTS) as Kind[];

/** Where and when something may go wrong. */
export interface Place {
  host: number;
  socket: number;
  time: number;
}

/** Something that is left to chance. */
export interface Opportunity extends Place {
  kind: Kind;
  /** Of those of this kind at this place. */
  nth: number;
  /** What it is about, without the kind. */
  where: string;
  draw(plan: FaultPlan): Draw;
}

export interface Draw {
  /** A number of mean 0 and variance 1. */
  value: number;
  /** Evenly from 0 to 1: how it goes wrong, if it does. */
  how: number | undefined;
}

/** What is drawn from: of this seed, with all faults. */
export class Urn extends FaultPlan {
  /** Seconds of virtual time. */
  time = 0;

  constructor(seed: number) {
    const rates = Object.fromEntries(KINDS.map((kind) => [kind, RATE]));
    const faults = {
      ...rates,
      latency: [0, 1] as const,
      partition: { rate: RATE, seconds: PERIOD },
    };
    super({ seed, faults, only: undefined, now: () => this.time, onFault: () => {} });
  }
}

/** Other names of the host "server", one for each socket. */
export const names = Object.fromEntries(
  Array.from({ length: SOCKETS }, (_, i) => [`name${i}`, "server"]),
);

/** One host after the other, and on each one socket after the other, again and again: opportunities of each kind. */
export function busy(here: (place: Place) => void): (world: World) => Operation<void> {
  return function* (world) {
    yield* world.host("server", function* () {
      const server = socket.try(yield* socket.bind("*", PORT));
      const udp = socket.udp();
      socket.try(yield* udp.setsockname("*", PORT));
      yield* serve(server, function* (client) {
        while ((yield* client.receive())[0] !== undefined);
      });
    });
    yield* sleep(0.01);
    for (let host = 0; host < HOSTS; host++)
      yield* yield* world.host(`host${host}`, function* () {
        const sockets: [Tcp, Udp][] = [];
        for (let number = 0; number < SOCKETS; number++) {
          const tcp = socket.tcp();
          yield* tcp.connect("10.0.0.2", PORT);
          sockets.push([tcp, socket.udp()]);
        }
        for (let time = 0; time < TIMES; time++)
          for (const [number, [tcp, udp]] of sockets.entries()) {
            here({ host, socket: number, time });
            yield* tcp.send("line\n");
            yield* udp.sendto("datagram", "10.0.0.2", PORT);
            const fresh = socket.tcp();
            fresh.settimeout(1);
            if ((yield* fresh.connect(`name${number}`, PORT))[0]) yield* fresh.send("line\n");
            fresh.close();
            for (const name of [`one${number}`, `other${number}`])
              yield* fork(() => sleep(0), { name });
            yield* sleep(3);
          }
      });
  };
}

/** All of a run of {@link busy} in which nothing goes wrong, and partitions. */
export async function opportunities(): Promise<Opportunity[]> {
  const found: Opportunity[] = [];
  const seen = new Map<string, number>();
  let place: Place | undefined;
  const add = (kind: Kind, where: string, draw: Opportunity["draw"]): void => {
    // While hosts get ready.
    if (place === undefined) return;
    const key = `${kind} ${Object.values(place).join()}`;
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    found.push({ ...place, kind, nth, where, draw });
  };
  const { strikes, latency } = FaultPlan.prototype;
  FaultPlan.prototype.strikes = (kind, where, hosts) => {
    add(kind, where, (plan) => {
      const draw = plan.strikes(kind, where, hosts);
      return { value: hit(draw !== null), how: draw?.fraction() };
    });
    return null;
  };
  FaultPlan.prototype.latency = (where) => {
    add("latency", where, (plan) => {
      const how = plan.latency(where);
      return { value: (how - 0.5) * Math.sqrt(12), how };
    });
    return 0.001;
  };
  try {
    await simulate(
      { names },
      busy((now) => (place = now)),
    );
  } finally {
    Object.assign(FaultPlan.prototype, { strikes, latency });
  }
  return [...found, ...partitions()];
}

/** Of each pair of hosts, in each period. */
function partitions(): Opportunity[] {
  const found: Opportunity[] = [];
  const hosts = ["a", "b", "c", "d", "e", "f"];
  for (const [i, one] of hosts.entries())
    for (const [j, other] of hosts.entries())
      for (let time = 0; i < j && time < TIMES; time++)
        found.push({
          ...{ kind: "partition", host: i, socket: j, time, nth: 0 },
          where: `${one}<>${other}#${time}`,
          draw: (plan) => {
            (plan as Urn).time = (time + 0.5) * PERIOD;
            return { value: hit(plan.partitionedUntil([one, other]) !== null), how: undefined };
          },
        });
  return found;
}

function hit(strikes: boolean): number {
  return ((strikes ? 1 : 0) - RATE) / Math.sqrt(RATE * (1 - RATE));
}
