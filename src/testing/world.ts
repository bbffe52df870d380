/** A simulated world: what a program sees of it, and what drives it. */
import type { Operation } from "effection";
import {
  type Fiber,
  fork,
  notAsync,
  operation,
  reactor,
  useFiber,
  type Yieldable,
  shown,
  type Resumer,
  unknownName,
  oneLine,
} from "../../reactor/index.js";
import { EventQueue } from "./event-queue.js";
import { Fabric } from "./network/fabric.js";
import { FaultPlan } from "./fault-plan.js";
import { checkFaults, type Faults } from "./faults.js";
import type { Host } from "./network/host.js";
import { Hosts, type Names } from "./network/hosts.js";
import { Log } from "./log.js";
import { Numbering, word } from "./names.js";
import { SimNetwork } from "./network/network.js";
import { VirtualClock } from "./virtual/clock.js";

/** What is given to the program that is simulated. It need not use it. */
export interface World {
  readonly seed: number;
  /**
   * Seconds of virtual time since the beginning.
   *
   * @example console.log(world.now()); // 0.25
   */
  now(): number;
  /**
   * Run `body` concurrently (as `fork`) on a host of this name, which others reach by it: `socket.connect("server", 7777)`. What is
   * not started so runs on the host "home"; so does what Effection's `spawn` starts.
   *
   * @param name other than "home", "localhost" and an address; names differ neither by case nor by a final dot. Several bodies may run
   * on one host
   * @returns the fiber
   *
   * @example
   * yield* world.host("server", function* () {
   *   const server = socket.try(yield* socket.bind("*", 7777));
   *   yield* serve(server, handler);
   * });
   * const [client] = yield* socket.connect("server", 7777);
   */
  host<T>(name: string, body: () => Operation<T>): Yieldable<Fiber<T>>;
  /**
   * From now on nothing passes between two hosts, which must be there; streams go on after
   * `repair`, or break after 15 minutes.
   *
   * @example
   * world.partition("home", "server");
   * yield* sleep(60);
   * world.repair("home", "server");
   */
  partition(a: string, b: string): void;
  /**
   * From now on everything passes again between two hosts that `partition` has separated. (turmoil: repair)
   *
   * @example world.repair("home", "server");
   */
  repair(a: string, b: string): void;
  /** @deprecated {@link repair} */
  heal(a: string, b: string): void;
  /** What may go wrong from now on, instead of what could until now. TypeError for what there is not. */
  faults: Faults;
  /**
   * Write a line of one's own into the log.
   *
   * @example world.log("the client gives up");
   */
  log(text: string): void;
}

export interface WorldOptions {
  seed: number;
  faults: Faults;
  /** If given, of all that the seed has in store only this goes wrong. */
  only: readonly string[] | undefined;
  /** Other names of hosts. */
  names: Names;
  /** How many entries of the log are kept. */
  entries: number;
}

/** Before the name of a host that a schedule names and there never was. */
export const ABSENT = "between: there was no host ";

export class SimWorld implements World {
  readonly seed: number;
  readonly events = new EventQueue();
  readonly clock = new VirtualClock(this.events);
  readonly history: Log;
  readonly plan: FaultPlan;
  readonly network: SimNetwork;
  private readonly fabric: Fabric;
  private readonly hosts: Hosts;
  private readonly turns = new Numbering();

  constructor({ seed, faults, only, names, entries }: WorldOptions) {
    checkFaults(faults);
    this.seed = seed;
    this.history = new Log(() => this.clock.elapsed, entries);
    const now = (): number => this.now();
    const onFault = (fault: string): void => this.history.fault(fault);
    this.plan = new FaultPlan({ seed, faults, only, now, onFault });
    this.hosts = new Hosts(names);
    const { events, clock } = this;
    const scheduler = {
      now: () => clock.elapsed,
      at: (time: number, callback: () => void) => void events.at(time, callback),
      soon: clock.later,
    };
    this.fabric = new Fabric(scheduler, this.plan, this.history);
    this.network = new SimNetwork(this.fabric, this.hosts);
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
          hosts.assign((yield* useFiber())!, host);
          return yield* body();
        },
        { name },
      );
    });
  }

  partition(a: string, b: string): void {
    this.fabric.partition(...this.pair("partition", a, b));
  }
  repair(a: string, b: string): void {
    this.fabric.repair(...this.pair("repair", a, b));
  }
  heal(a: string, b: string): void {
    this.repair(a, b);
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
    return this.plan.faults;
  }
  set faults(faults: Faults) {
    checkFaults(faults);
    this.plan.faults = faults;
    this.fabric.changed();
  }

  log(text: string): void {
    this.history.said(reactor.current?.name ?? "program", text);
  }

  /** An object that is the host on which the caller runs. */
  readonly here = (): object => this.hosts.here();

  /** The name of that. */
  readonly hostName = (): string => this.hosts.here().name;

  get hostNames(): readonly string[] {
    return this.hosts.all.map(({ name }) => name);
  }

  /** What was to go wrong and never did, in words. */
  get missed(): readonly string[] {
    const absent = this.plan.namedHosts.filter((name) => this.hosts.known(name) === undefined);
    return [...this.plan.missed, ...absent.map((name) => `${ABSENT}${name}`)];
  }

  /** Which of those that are ready runs next. */
  readonly order = (count: number, first?: Resumer): number => {
    const name = first?.name === undefined ? "task" : word(first.name);
    const draw = this.plan.strikes("order", `${name}#${this.turns.next(name)}`);
    return draw === null ? 0 : 1 + draw.below(count - 1);
  };
}
