/** A simulated world: what a program sees of it, and what drives it. */
import type { Operation } from "effection";
import {
  Fiber,
  fork,
  notAsync,
  operation,
  reactor,
  useFiber,
  type Yieldable,
  shown,
  unknownName,
  oneLine,
} from "../../reactor/index.js";
import { Agenda } from "./agenda.js";
import { Air } from "./network/air.js";
import { Fate } from "./fate.js";
import { checkFaults, type Faults } from "./faults.js";
import type { Host } from "./network/host.js";
import { Hosts } from "./network/hosts.js";
import { Log } from "./log.js";
import { Numbering, word } from "./names.js";
import { SimNetwork } from "./network/network.js";
import { VirtualClock } from "./virtual/clock.js";

/** What is given to the program that is simulated. It need not use it. */
export interface World {
  readonly seed: number;
  /** Seconds of virtual time since the beginning. */
  now(): number;
  /**
   * Run `body` concurrently (as `fork`) on a host of this name, which others reach by it: `socket.connect("server", 7777)`. What is
   * not started so runs on the host "home"; so does what Effection's `spawn` starts.
   *
   * @param name other than "home", "localhost" and an address; names differ neither by case nor by a final dot. Several bodies may run
   * on one host
   * @returns the fiber
   */
  host<T>(name: string, body: () => Operation<T>): Yieldable<Fiber<T>>;
  /**
   * From now on nothing passes between two hosts, which must be there; streams go on when they are healed, or break after 15
   * minutes.
   */
  partition(a: string, b: string): void;
  heal(a: string, b: string): void;
  /** What may go wrong from now on, instead of what could until now. TypeError for what there is not. */
  faults: Faults;
  /** Write a line of one's own into the log. */
  log(text: string): void;
}

export interface WorldOptions {
  seed: number;
  faults: Faults;
  /** If given, of all that the seed has in store only this goes wrong. */
  only: readonly string[] | undefined;
  /** Other names of hosts. */
  names: Readonly<Record<string, string>>;
  /** How many entries of the log are kept. */
  entries: number;
}

/** Before the name of a host that a schedule names and there never was. */
export const ABSENT = "between: there was no host ";

export class SimWorld implements World {
  readonly seed: number;
  readonly agenda = new Agenda();
  readonly clock = new VirtualClock(this.agenda);
  readonly history: Log;
  readonly fate: Fate;
  readonly network: SimNetwork;
  private readonly air: Air;
  private readonly hosts: Hosts;
  private readonly turns = new Numbering();

  constructor({ seed, faults, only, names, entries }: WorldOptions) {
    checkFaults(faults);
    this.seed = seed;
    this.history = new Log(() => this.clock.elapsed, entries);
    const now = (): number => this.now();
    const tell = (fault: string): void => this.history.add("fault", fault);
    this.fate = new Fate({ seed, faults, only, now, tell });
    this.hosts = new Hosts(names);
    const { agenda, clock } = this;
    const post = {
      now: () => clock.elapsed,
      at: (time: number, happen: () => void) => void agenda.at(time, happen),
      soon: clock.later,
    };
    this.air = new Air(post, this.fate, this.history);
    this.network = new SimNetwork(this.air, this.hosts);
  }

  now(): number {
    return this.clock.elapsed;
  }

  toString(): string {
    return `simulated world (seed ${this.seed}, ${this.now()} s)`;
  }

  static {
    oneLine(this.prototype);
  }

  host<T>(name: string, body: () => Operation<T>): Yieldable<Fiber<T>> {
    const wrong = this.hosts.whyNot(name);
    if (wrong !== undefined)
      throw new TypeError(`world.host cannot be called ${shown(name)}: ${wrong}`);
    if (typeof body !== "function")
      throw new TypeError(
        `world.host takes a function, world.host("server", function* () { ... }), not ${shown(body)}`,
      );
    notAsync(body, "world.host");
    const { hosts } = this;
    return operation(`world.host(${name})`, function* () {
      const host = hosts.named(name);
      return yield* fork(
        function* () {
          // Before anything of it runs.
          hosts.settle((yield* useFiber())!, host);
          return yield* body();
        },
        { name },
      );
    });
  }

  partition(a: string, b: string): void {
    this.air.partition(...this.pair("partition", a, b));
  }
  heal(a: string, b: string): void {
    this.air.heal(...this.pair("heal", a, b));
  }

  private pair(what: string, ...names: [string, string]): [string, string] {
    const [a, b] = names.map((name) => {
      const host = typeof name === "string" ? this.hosts.known(name) : undefined;
      if (host !== undefined) return host;
      throw new TypeError(
        `world.${what}: world.host(...) has not made a host ${unknownName(name, this.hostNames)}`,
      );
    }) as [Host, Host];
    if (a === b) throw new TypeError(`world.${what} takes two hosts, and ${a.name} is one`);
    return [a.name, b.name];
  }

  get faults(): Faults {
    return this.fate.faults;
  }
  set faults(faults: Faults) {
    checkFaults(faults);
    this.fate.faults = faults;
    this.air.changed();
  }

  log(text: string): void {
    this.history.add(reactor.current?.name ?? "program", text);
  }

  /** Stands for the host on which the caller runs. */
  readonly here = (): object => this.hosts.here();

  get hostNames(): readonly string[] {
    return this.hosts.all.map(({ name }) => name);
  }

  /** What was to go wrong and never did, in words. */
  get missed(): readonly string[] {
    const absent = this.fate.namedHosts.filter((name) => this.hosts.known(name) === undefined);
    return [...this.fate.missed, ...absent.map((name) => `${ABSENT}${name}`)];
  }

  /** Which of those that are ready runs next. */
  readonly order = (count: number, first?: unknown): number => {
    const name = first instanceof Fiber ? word(first.name) : "task";
    const roll = this.fate.strikes("order", `${name}#${this.turns.next(name)}`);
    return roll === null ? 0 : 1 + roll.below(count - 1);
  };
}
