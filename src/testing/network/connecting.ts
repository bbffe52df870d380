/** How connections are made: the way to a listener, and the handshake. */
import type {
  Attempt,
  Endpoint,
  Protocol,
  ConnectAddress,
  Transport,
} from "../../network/index.js";
import { word } from "../names.js";
import {
  canonical,
  destination,
  endpointOf,
  isIPv6,
  isMapped,
  isNonsense,
  isWildcard,
} from "./addresses.js";
import type { Air, Pair } from "./air.js";
import type { Holder } from "./binding.js";
import { type Host, systemError } from "./host.js";
import type { Hosts } from "./hosts.js";
import { type Pipe, pipes } from "./pipe.js";
import { type Ends, SimTransport } from "./transport.js";

/** Seconds after which a connection that gets no answer is given up, and one that has no way is. (Linux) */
const CONNECT_TIMEOUT = 127;
const NO_ROUTE = 3;

/** Somebody who listens. */
export interface Listening extends Holder {
  incoming(transport: Transport): void;
}

/** Where a connection leads to, and how its ends are called. */
interface Way {
  /** Who listens there now. */
  find(): Listening | undefined;
  hosts: Pair;
  ends: Ends;
  /** In words, and as a part of a fault's name. */
  to: string;
  name: string;
  /** The code of the error if nobody listens. */
  absent(): string;
  /** Why it cannot be tried at all. */
  error?: string;
  /** No host has that address. */
  nowhere: boolean;
  /** Whether it is within one kernel. */
  local: boolean;
  /** Give the local port free. */
  release(): void;
}

export interface Connecting {
  air: Air;
  hosts: Hosts;
  /** A number for one more connection by this way. */
  number(way: string): number;
  /** Told of what is open, and what is not any more. */
  opened(transport: SimTransport): void;
  closed(transport: SimTransport): void;
}

export function connect(
  world: Connecting,
  target: ConnectAddress,
  protocol: Protocol,
  done: (error: Error | null) => void,
): Attempt {
  const here = world.hosts.here();
  const way = "path" in target ? pathWay(here, target.path) : portWay(world.hosts, here, target);
  const knock = new Knock(world, here, way, protocol, done);
  knock.begin();
  return knock;
}

/** A connection that is being made: there, back, and there again. */
class Knock implements Attempt {
  readonly transport: SimTransport;
  private readonly name: string;
  private readonly reply: string;
  private readonly there: Pipe;
  private readonly back: Pipe;
  private over = false;

  constructor(
    private readonly world: Connecting,
    private readonly here: Host,
    private readonly way: Way,
    private readonly protocol: Protocol,
    private readonly done: (error: Error | null) => void,
  ) {
    const { air } = world;
    const from = word(here.name);
    const number = `#${world.number(`${from}>${way.name}`)}`;
    [this.there, this.back] = pipes([from, way.name, number], air, way.hosts, way.local);
    this.name = this.there.name;
    this.reply = this.back.name;
    this.transport = this.open(this.there, this.back, way.ends, way.release);
  }

  private open(
    output: Pipe,
    input: Pipe,
    ends: Ends,
    release: () => void = () => {},
  ): SimTransport {
    const { world } = this;
    const transport = new SimTransport(world.air, output, input, ends, (closed) => {
      release();
      world.closed(closed);
    });
    world.opened(transport);
    return transport;
  }

  abort(): void {
    this.over = true;
    this.transport.destroy();
  }

  private settle(error: Error | null): void {
    if (this.over) return;
    this.over = true;
    if (error === null) this.transport.attach(this.protocol);
    else {
      this.world.air.log.add(this.name, `cannot connect to ${this.way.to}: ${error.message}`);
      this.transport.destroy();
    }
    this.done(error);
  }

  begin(): void {
    const { way, name } = this;
    const { air } = this.world;
    air.log.add(name, `${this.here.name} connects to ${way.to}`);
    const fail = (code: string) => (): void => this.settle(systemError(code));
    if (way.error !== undefined) return air.soon(fail(way.error));
    if (way.nowhere) return air.after(NO_ROUTE, fail("EHOSTUNREACH"));
    air.after(CONNECT_TIMEOUT, fail("ETIMEDOUT"));
    this.travel(way.hosts, `${name}@syn`, () => this.arrive());
  }

  /** Something passes between the hosts when it can, and takes its time. */
  private travel(hosts: Pair, where: string, arrive: () => void): void {
    const { air } = this.world;
    air.pass(hosts, () => air.after(air.fate.latency(where), arrive));
  }

  private arrive(): void {
    const { way } = this;
    const { fate } = this.world.air;
    const refused = fate.strikes("refuse", this.name, way.hosts) !== null;
    const listening = refused ? undefined : way.find();
    const absent = refused ? "ECONNREFUSED" : way.absent;
    const [client, server] = way.hosts;
    this.travel([server, client], `${this.reply}@syn`, () => {
      if (listening === undefined)
        this.settle(systemError(typeof absent === "string" ? absent : absent()));
      else if (!this.over) this.establish(listening);
    });
  }

  private establish(listening: Listening): void {
    const { way, name } = this;
    const { air } = this.world;
    air.pass(way.hosts, () => {
      const takes = air.fate.latency(`${name}@ack`);
      // The server knows of it before anything that the client sends can arrive.
      this.there.notBefore(air.now() + takes);
      this.back.notBefore(air.now());
      air.after(takes, () => {
        if (way.find() !== listening) return this.back.reset();
        air.log.add(name, `arrives at ${way.to}`);
        const { local, peer } = way.ends;
        listening.incoming(this.open(this.back, this.there, { local: peer, peer: local }));
      });
    });
    this.settle(null);
  }
}

type ConnectPort = Exclude<ConnectAddress, { path: string }>;

function portWay(hosts: Hosts, here: Host, target: ConnectPort): Way {
  const { port, localAddress, localPort = 0 } = target;
  const asked = localAddress === undefined ? "0.0.0.0" : (canonical(localAddress) ?? localAddress);
  const address = destination(target.address, asked);
  const there = hosts.at(address, here);
  const own = isWildcard(asked) ? here.addressFor(address) : asked;
  const peer = endpointOf(address, port);
  const wrong = whyNever(target, asked);
  const { local, error, release } =
    wrong === undefined ? localEnd(here, own, localPort, peer, asked) : refusal(own, wrong);
  const at = there !== undefined && [there.v4, there.v6].includes(address);
  return {
    find: () => there?.find("tcp", address, port, local) as Listening | undefined,
    absent: () => "ECONNREFUSED",
    hosts: [here.name, there?.name ?? "nowhere"],
    ends: { local, peer },
    to: there === undefined ? "nowhere" : `${at ? there.name : address}:${port}`,
    name: `${word(there?.name ?? address)}:${port}`,
    nowhere: there === undefined,
    local: false,
    release,
    ...(error === undefined ? {} : { error }),
  };
}

/** Why nobody can be reached so from an address; undefined: perhaps somebody can. */
function whyNever(
  { address, localAddress, ipv6Only }: ConnectPort,
  own: string,
): string | undefined {
  if (isNonsense(address)) return "ENOTFOUND";
  if (isMapped(address)) {
    const bare = own === "::" || !isIPv6(own);
    return ipv6Only === true || !bare ? "ENETUNREACH" : undefined;
  }
  return localAddress !== undefined && isIPv6(own) !== isIPv6(address) ? "EINVAL" : undefined;
}

interface LocalEnd {
  local: Endpoint;
  error?: string;
  release(): void;
}

function refusal(address: string, error: string): LocalEnd {
  return { local: endpointOf(address, 0), error, release: () => {} };
}

/** The local address and port of a connection, held as the kernel holds them. */
function localEnd(
  here: Host,
  address: string,
  asked: number,
  peer: Endpoint,
  askedAddress: string,
): LocalEnd {
  if (asked === 0) {
    const local = endpointOf(address, here.freePort("tcp"));
    const holder = { ...local, shares: false, ipv6Only: false, hears: () => false };
    if (here.hold("tcp", holder) === null)
      return { local, release: () => here.release("tcp", holder) };
    return refusal(address, "EADDRNOTAVAIL");
  }
  // Node binds it for both families.
  const wanted = { address: askedAddress, port: asked, shares: false, ipv6Only: false };
  if (here.taken("tcp", wanted)) return refusal(address, "EADDRINUSE");
  // A port that was asked for may be shared, but not by two connections to one place.
  const local = endpointOf(address, asked);
  const both = `${address}:${asked}>${peer.address}:${peer.port}`;
  if (here.connections.has(both) || !here.answers(address))
    return refusal(address, "EADDRNOTAVAIL");
  here.connections.add(both);
  return { local, release: () => here.connections.delete(both) };
}

function pathWay(here: Host, path: string): Way {
  return {
    find: () => here.files.find(path) as Listening | undefined,
    absent: () => here.files.absent(path),
    hosts: [here.name, here.name],
    ends: { local: undefined, peer: undefined },
    to: JSON.stringify(path),
    name: word(path),
    nowhere: false,
    local: true,
    release: () => {},
  };
}
