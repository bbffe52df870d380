/** How connections are made: the route to a listener, and TCP's handshake. */
import type {
  Attempt,
  Endpoint,
  Protocol,
  ConnectAddress,
  Transport,
} from "../../network/index.js";
import type { Cause } from "../../trace/index.js";
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
import type { Fabric, Pair } from "./fabric.js";
import type { Binding } from "./binding.js";
import { type Host, systemError } from "./host.js";
import type { Hosts } from "./hosts.js";
import { type Pipe, pipes } from "./pipe.js";
import { type Ends, SimTransport } from "./transport.js";

/** Seconds after which a connection that gets no answer is given up, and one that has no route is. (Linux) */
const CONNECT_TIMEOUT = 127;
const NO_ROUTE = 3;

/** A listening socket. */
export interface Listener extends Binding {
  incoming(transport: Transport): void;
}

/** the route to a listener, and the names of both ends. */
interface Route {
  /** The listener that is there now. */
  find(): Listener | undefined;
  hosts: Pair;
  ends: Ends;
  /** In words, and as a part of a fault's name. */
  to: string;
  name: string;
  /** The code of the error if there is none. */
  noListener(): string;
  /** Why it cannot be tried at all. */
  error?: string;
  /** No host has that address. */
  unreachable: boolean;
  /** Whether it is within one kernel. */
  local: boolean;
  /** Give the local port free. */
  release(): void;
}

/** What a handshake needs of the network. */
export interface ConnectContext {
  fabric: Fabric;
  hosts: Hosts;
  /** A number for one more connection by this route. */
  number(route: string): number;
  /** Told of what is open, and what is not any more. */
  opened(transport: SimTransport): void;
  closed(transport: SimTransport): void;
}

export function connect(
  world: ConnectContext,
  target: ConnectAddress,
  protocol: Protocol,
  done: (error: Error | null) => void,
): Attempt {
  const here = world.hosts.here();
  const route =
    "path" in target ? unixRoute(here, target.path) : tcpRoute(world.hosts, here, target);
  const handshake = new Handshake(world, here, route, protocol, done);
  handshake.begin();
  return handshake;
}

/** A connection that is being made: SYN, SYN and ACK, ACK. */
class Handshake implements Attempt {
  readonly transport: SimTransport;
  private readonly name: string;
  private readonly reply: string;
  private readonly there: Pipe;
  private readonly back: Pipe;
  private over = false;
  /** For what arrives because of it. */
  private syn: Cause | null = null;

  constructor(
    private readonly world: ConnectContext,
    private readonly here: Host,
    private readonly route: Route,
    private readonly protocol: Protocol,
    private readonly done: (error: Error | null) => void,
  ) {
    const { fabric } = world;
    const from = word(here.name);
    const number = `#${world.number(`${from}>${route.name}`)}`;
    [this.there, this.back] = pipes([from, route.name, number], fabric, route.hosts, route.local);
    this.name = this.there.name;
    this.reply = this.back.name;
    this.transport = this.open(this.there, this.back, route.ends, route.release);
  }

  private open(
    output: Pipe,
    input: Pipe,
    ends: Ends,
    release: () => void = () => {},
  ): SimTransport {
    const { world } = this;
    const transport = new SimTransport(world.fabric, output, input, ends, (closed) => {
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
      this.world.fabric.log.network(
        this.name,
        this.here.name,
        `cannot connect to ${this.route.to}: ${error.message}`,
      );
      this.transport.destroy();
    }
    this.done(error);
  }

  begin(): void {
    const { route, name, here } = this;
    const { fabric } = this.world;
    this.syn = fabric.log.network(name, here.name, `${here.name} connects to ${route.to}`);
    const fail = (code: string) => (): void => this.settle(systemError(code));
    if (route.error !== undefined) return fabric.soon(fail(route.error));
    if (route.unreachable) return fabric.after(NO_ROUTE, fail("EHOSTUNREACH"));
    fabric.after(CONNECT_TIMEOUT, fail("ETIMEDOUT"));
    this.transmit(route.hosts, `${name}@syn`, () => this.arrive());
  }

  /** Transmit one packet of the handshake, when it can pass. */
  private transmit(hosts: Pair, where: string, arrive: () => void): void {
    const { fabric } = this.world;
    fabric.pass(hosts, () => fabric.after(fabric.plan.latency(where), arrive));
  }

  private arrive(): void {
    const { route } = this;
    const { plan } = this.world.fabric;
    const refused = plan.strikes("refuse", this.name, route.hosts) !== null;
    const listener = refused ? undefined : route.find();
    const absent = refused ? "ECONNREFUSED" : route.noListener;
    const [client, server] = route.hosts;
    this.transmit([server, client], `${this.reply}@syn`, () => {
      if (listener === undefined)
        this.settle(systemError(typeof absent === "string" ? absent : absent()));
      else if (!this.over) this.establish(listener);
    });
  }

  private establish(listener: Listener): void {
    const { route, name } = this;
    const { fabric } = this.world;
    fabric.pass(route.hosts, () => {
      const takes = fabric.plan.latency(`${name}@ack`);
      // The server knows of it before anything that the client sends can arrive.
      this.there.notBefore(fabric.now() + takes);
      this.back.notBefore(fabric.now());
      fabric.after(takes, () => {
        if (route.find() !== listener) return this.back.reset();
        const arrives = `arrives at ${route.to}`;
        fabric.log.network(name, route.hosts[1], arrives, arrives, this.syn);
        const { local, peer } = route.ends;
        listener.incoming(this.open(this.back, this.there, { local: peer, peer: local }));
      });
    });
    this.settle(null);
  }
}

type ConnectPort = Exclude<ConnectAddress, { path: string }>;

function tcpRoute(hosts: Hosts, here: Host, target: ConnectPort): Route {
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
    find: () => there?.find("tcp", address, port, local) as Listener | undefined,
    noListener: () => "ECONNREFUSED",
    hosts: [here.name, there?.name ?? "nowhere"],
    ends: { local, peer },
    to: there === undefined ? "nowhere" : `${at ? there.name : address}:${port}`,
    name: `${word(there?.name ?? address)}:${port}`,
    unreachable: there === undefined,
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

/** The local address and port of a connection, bound as the kernel binds them. */
function localEnd(
  here: Host,
  address: string,
  asked: number,
  peer: Endpoint,
  askedAddress: string,
): LocalEnd {
  if (asked === 0) {
    const local = endpointOf(address, here.freePort("tcp"));
    const binding = { ...local, shares: false, ipv6Only: false, accepts: () => false };
    if (here.bind("tcp", binding) === null)
      return { local, release: () => here.unbind("tcp", binding) };
    return refusal(address, "EADDRNOTAVAIL");
  }
  // Node binds it for both families.
  const wanted = { address: askedAddress, port: asked, shares: false, ipv6Only: false };
  if (here.isTaken("tcp", wanted)) return refusal(address, "EADDRINUSE");
  // A port that was asked for may be shared, but not by two connections to one place.
  const local = endpointOf(address, asked);
  const both = `${address}:${asked}>${peer.address}:${peer.port}`;
  if (here.connections.has(both) || !here.answers(address))
    return refusal(address, "EADDRNOTAVAIL");
  here.connections.add(both);
  return { local, release: () => here.connections.delete(both) };
}

function unixRoute(here: Host, path: string): Route {
  return {
    find: () => here.files.find(path) as Listener | undefined,
    noListener: () => here.files.absent(path),
    hosts: [here.name, here.name],
    ends: { local: undefined, peer: undefined },
    to: JSON.stringify(path),
    name: word(path),
    unreachable: false,
    local: true,
    release: () => {},
  };
}
