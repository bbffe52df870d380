/** The simulated network: connections, ports and names, in the manner of Node's and the kernel's. */
import type {
  Address,
  Attempt,
  DatagramLink,
  DatagramOptions,
  Datagrams,
  Door,
  Endpoint,
  Link,
  Network,
  Place,
  Target,
  Wire,
} from "../../network/network.js";
import type { Air, Pair } from "./air.js";
import { endpointOf, type Holder, type Host, isWildcard, systemError } from "./host.js";
import type { Hosts } from "./hosts.js";
import { type Pipe, pipes } from "./pipe.js";
import { SimDatagrams } from "./datagrams.js";
import { type Ends, SimWire } from "./wire.js";

/** Seconds after which a look-up that is never answered, and a connection that gets no answer, are given up. (Linux) */
const LOOKUP_TIMEOUT = 3600;
const CONNECT_TIMEOUT = 127;
const NO_ROUTE = 3;

type Incoming = (wire: Wire) => void;

/** Somebody who listens. */
interface Listening extends Holder {
  incoming: Incoming;
}

/** Where a connection leads to, and how its ends are called. */
interface Way {
  /** Who listens there now. */
  find(): Listening | undefined;
  hosts: Pair;
  ends: Ends;
  to: string;
  /** The error if nobody does. */
  absent: string;
}

export class SimNetwork implements Network {
  readonly reusePort = true;
  /** What is open: for the check that nothing is left. */
  readonly open = new Set<{ toString(): string }>();
  private connections = 0;
  private lookups = 0;

  constructor(
    private readonly air: Air,
    private readonly hosts: Hosts,
  ) {}

  hostname(): string {
    return this.hosts.here().name;
  }

  // ---- names ----------------------------------------------------------------------------------------------------

  lookup(
    host: string,
    family: 0 | 4 | 6,
    done: (error: Error | null, addresses: Address[]) => void,
  ): void {
    const { air } = this;
    const where = `n${++this.lookups}`;
    const fails = air.fate.strikes("lookupfail", where) !== null;
    const hangs = air.fate.strikes("lookuphang", where) !== null;
    air.log.add(this.hosts.here().name, `looks ${host} up`);
    const found = this.hosts.resolve(host).filter((one) => family === 0 || one.family === family);
    air.after(hangs ? LOOKUP_TIMEOUT : air.fate.latency(where), () => {
      if (fails || hangs) done(systemError("EAI_AGAIN"), []);
      else if (found.length === 0) done(systemError("ENOTFOUND"), []);
      else done(null, found);
    });
  }

  reverse(
    address: string,
    port: number,
    done: (error: Error | null, name: string, service: string) => void,
  ): void {
    const name = this.hosts.nameOf(address);
    this.air.after(this.air.fate.latency(`n${++this.lookups}`), () => {
      if (name === undefined) done(systemError("ENOTFOUND"), "", "");
      else done(null, name, String(port));
    });
  }

  // ---- listening ------------------------------------------------------------------------------------------------

  listen(
    place: Place,
    _backlog: number,
    incoming: Incoming,
    _broke: (error: Error) => void,
    done: (error: Error | null) => void,
  ): Door {
    const host = this.hosts.here();
    const listening = this.listening(host, place, incoming);
    const error =
      "path" in place ? holdPath(host, place.path, listening) : host.hold("tcp", listening);
    const door = { toString: () => `listener at ${shown(place, listening)} of ${host.name}` };
    let closed = false;
    this.air.soon(() => {
      if (!closed) done(error);
    });
    if (error === null) {
      this.open.add(door);
      this.air.log.add(host.name, `listens at ${shown(place, listening)}`);
    }
    return {
      local: () =>
        "path" in place || closed ? undefined : endpointOf(listening.address, listening.port),
      fd: () => -1,
      close: () => {
        if (closed) return;
        closed = true;
        if (error !== null) return;
        this.open.delete(door);
        if ("path" in place) host.paths.delete(place.path);
        else host.release("tcp", listening);
        this.air.log.add(host.name, `listens at ${shown(place, listening)} no more`);
      },
    };
  }

  private listening(host: Host, place: Place, incoming: Incoming): Listening {
    if ("path" in place) return { address: "", port: 0, shares: false, ipv6Only: false, incoming };
    const { address, port, ipv6Only, reusePort } = place;
    return {
      address,
      port: port === 0 ? host.freePort("tcp") : port,
      shares: reusePort,
      ipv6Only,
      incoming,
    };
  }

  // ---- connecting -----------------------------------------------------------------------------------------------

  connect(target: Target, link: Link, done: (error: Error | null) => void): Attempt {
    const { air } = this;
    const name = `c${++this.connections}`;
    const here = this.hosts.here();
    const way = "path" in target ? pathWay(here, target.path) : this.portWay(here, target);
    const [there, back] = pipes(name, air, way.hosts, "path" in target);
    const wire = this.wire(there, back, way.ends);
    let over = false;
    const settle = (error: Error | null): void => {
      if (over) return;
      over = true;
      if (error === null) wire.attach(link);
      else {
        air.log.add(name, `cannot connect to ${way.to}: ${error.message}`);
        wire.destroy();
      }
      done(error);
    };
    air.log.add(name, `${here.name} connects to ${way.to}`);
    this.knock(name, way, { there, back, wire, settle, over: () => over });
    return {
      wire,
      abort: () => {
        over = true;
        wire.destroy();
      },
    };
  }

  /** The handshake: there, back, and there again. */
  private knock(
    name: string,
    way: Way,
    attempt: {
      there: Pipe;
      back: Pipe;
      wire: SimWire;
      settle(error: Error | null): void;
      over(): boolean;
    },
  ): void {
    const { air } = this;
    const { settle } = attempt;
    if (way.to === "nowhere") {
      air.after(NO_ROUTE, () => settle(systemError("EHOSTUNREACH")));
      return;
    }
    const parted = air.partedBetween(way.hosts);
    if (parted !== null) {
      const again = (): void => {
        if (!attempt.over()) this.knock(name, way, attempt);
      };
      parted.add(again);
      air.after(CONNECT_TIMEOUT, () => settle(systemError("ETIMEDOUT")));
      return;
    }
    const [there, back, again] = [1, 2, 3].map((step) => air.fate.latency(`${name}.${step}`)) as [
      number,
      number,
      number,
    ];
    const start = air.opens(way.hosts, air.now());
    if (start > air.now()) air.after(CONNECT_TIMEOUT, () => settle(systemError("ETIMEDOUT")));
    if (start === Infinity) return;
    const refused = air.fate.strikes("refuse", name, way.hosts) !== null;
    air.at(start + there, () => {
      const listening = refused ? undefined : way.find();
      air.after(back, () => {
        if (listening === undefined) return settle(systemError(way.absent));
        if (attempt.over()) return;
        // The server knows of it before anything that the client sends can arrive.
        attempt.there.notBefore(air.now() + again);
        attempt.back.notBefore(air.now());
        const { local, peer } = way.ends;
        air.after(again, () => {
          if (way.find() !== listening) return attempt.back.reset();
          air.log.add(name, `arrives at ${way.to}`);
          listening.incoming(this.wire(attempt.back, attempt.there, { local: peer, peer: local }));
        });
        settle(null);
      });
    });
  }

  private wire(output: Pipe, input: Pipe, ends: Ends): SimWire {
    const wire = new SimWire(this.air, output, input, ends, (closed) => this.open.delete(closed));
    this.open.add(wire);
    return wire;
  }

  private portWay(here: Host, target: Exclude<Target, { path: string }>): Way {
    const { address, port, localAddress, localPort } = target;
    const there = this.hosts.at(address, here);
    const own =
      localAddress === undefined || isWildcard(localAddress)
        ? here.addressFor(address)
        : localAddress;
    const local = endpointOf(own, localPort || here.freePort("tcp"));
    const to = there === undefined ? "nowhere" : at(there, address, port);
    return {
      find: () => there?.find("tcp", address, port) as Listening | undefined,
      absent: "ECONNREFUSED",
      hosts: [here.name, there?.name ?? "nowhere"],
      ends: { local, peer: endpointOf(address === "0.0.0.0" ? "127.0.0.1" : address, port) },
      to,
    };
  }

  // ---- datagrams ------------------------------------------------------------------------------------------------

  datagrams(family: 4 | 6, options: DatagramOptions, link: DatagramLink): Datagrams {
    const datagrams = new SimDatagrams(this.air, this.hosts, family, options, link, () =>
      this.open.delete(datagrams),
    );
    this.open.add(datagrams);
    return datagrams;
  }
}

/** A place of a host in words: its name, unless the address is loopback. */
function at(host: Host, address: string, port: number): string {
  return `${address === host.v4 || address === host.v6 ? host.name : address}:${port}`;
}

function shown(place: Place, { address, port }: Endpoint | Listening): string {
  return "path" in place ? JSON.stringify(place.path) : `${address}:${port}`;
}

function holdPath(host: Host, path: string, listening: Listening): Error | null {
  if (host.paths.has(path)) return systemError("EADDRINUSE");
  host.paths.set(path, listening);
  return null;
}

function pathWay(here: Host, path: string): Way {
  return {
    find: () => here.paths.get(path) as Listening | undefined,
    absent: "ENOENT",
    hosts: [here.name, here.name],
    ends: { local: undefined, peer: undefined },
    to: JSON.stringify(path),
  };
}
