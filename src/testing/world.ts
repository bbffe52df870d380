/** A simulated world: what a program sees of it, and what drives it. */
import type { Operation } from "effection";
import { type Fiber, fork, reactor, useFiber } from "../../reactor/index.js";
import { Agenda } from "./agenda.js";
import { Air } from "./network/air.js";
import { checkFaults, Fate, type Faults } from "./faults.js";
import { HOME, Hosts } from "./network/hosts.js";
import { Log } from "./log.js";
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
   * @returns the fiber
   */
  host<T>(name: string, body: () => Operation<T>): Operation<Fiber<T>>;
  /** From now on nothing passes between two hosts; streams go on when they are healed, or break after 15 minutes. */
  partition(a: string, b: string): void;
  heal(a: string, b: string): void;
  /** What may go wrong from now on. TypeError for what there is not. */
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
}

export class SimWorld implements World {
  readonly seed: number;
  readonly agenda = new Agenda();
  readonly clock = new VirtualClock(this.agenda);
  readonly history: Log;
  readonly fate: Fate;
  readonly network: SimNetwork;
  private readonly air: Air;
  private readonly hosts: Hosts;
  private choices = 0;

  constructor({ seed, faults, only, names }: WorldOptions) {
    checkFaults(faults);
    this.seed = seed;
    this.history = new Log(() => this.clock.elapsed);
    this.fate = new Fate(
      seed,
      faults,
      only,
      () => this.now(),
      (fault) => this.history.add("fault", fault),
    );
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

  *host<T>(name: string, body: () => Operation<T>): Operation<Fiber<T>> {
    if (typeof name !== "string" || name === "" || name === HOME)
      throw new TypeError(`world.host takes a name other than "${HOME}", not ${String(name)}`);
    const host = this.hosts.named(name);
    const { hosts } = this;
    return yield* fork(
      function* () {
        // Before anything of it runs.
        hosts.settle((yield* useFiber())!, host);
        return yield* body();
      },
      { name },
    );
  }

  partition(a: string, b: string): void {
    this.air.partition(a, b);
  }
  heal(a: string, b: string): void {
    this.air.heal(a, b);
  }

  get faults(): Faults {
    return this.fate.faults;
  }
  set faults(faults: Faults) {
    checkFaults(faults);
    this.fate.faults = faults;
  }

  log(text: string): void {
    this.history.add(reactor.current?.name ?? "program", text);
  }

  /** The host on which the caller runs. */
  readonly here = (): object => this.hosts.here();

  /** Which of those that are ready runs next. */
  readonly order = (count: number): number => {
    const roll = this.fate.strikes("order", String(++this.choices));
    return roll === null ? 0 : 1 + roll.below(count - 1);
  };
}
