/** The simulated network: connections, ports and names, in the manner of Node's and the kernel's. */
import type {
  Address,
  Attempt,
  DatagramProtocol,
  DatagramOptions,
  DatagramSocket,
  ListenerHandle,
  Endpoint,
  Protocol,
  Network,
  Inherited,
  ListenAddress,
  Listening,
  Sharing,
  ConnectAddress,
  Transport,
} from "../../network/index.js";
import { current } from "../../network/index.js";
import { Numbering, word } from "../names.js";
import { canonical, endpointOf, isMapped, isNonsense } from "./addresses.js";
import type { Fabric } from "./fabric.js";
import { isAbstract } from "./files.js";
import { connect, type ConnectContext, type Listener } from "./connecting.js";
import { SimDatagramSocket } from "./datagrams.js";
import { type Host, systemError } from "./host.js";
import type { Hosts } from "./hosts.js";

export class SimNetwork implements Network {
  readonly transport = "simulated";
  // What this Node cannot do it cannot do in a simulation, either.
  readonly reusePort = current.network.reusePort;
  readonly keepAliveProbes = current.network.keepAliveProbes;
  readonly autoSelectFamily = current.network.autoSelectFamily;
  /** What is open: for the check that nothing is left. */
  readonly open = new Set<{ toString(): string }>();
  private readonly numbering = new Numbering();
  private readonly context: ConnectContext;

  constructor(
    private readonly fabric: Fabric,
    private readonly hosts: Hosts,
  ) {
    this.context = {
      fabric,
      hosts,
      number: (route) => this.numbering.next(route),
      opened: (transport) => this.open.add(transport),
      closed: (transport) => this.open.delete(transport),
    };
  }

  hostname(): string {
    return this.hosts.here().name;
  }

  // ---- names ----------------------------------------------------------------------------------------------------

  lookup(
    host: string,
    family: 0 | 4 | 6,
    done: (error: Error | null, addresses: Address[]) => void,
  ): void {
    const { fabric } = this;
    const where = this.question(host);
    const here = this.hosts.here().name;
    fabric.log.network(here, here, `looks ${host} up`);
    const fails = fabric.plan.strikes("lookupfail", where) !== null;
    if (fabric.plan.strikes("lookuphang", where) !== null) return;
    const found = this.hosts.resolve(host).filter((one) => family === 0 || one.family === family);
    const none = whyUnknown(host);
    fabric.after(fabric.plan.latency(where), () => {
      if (fails) done(systemError("EAI_AGAIN"), []);
      else if (found.length === 0) done(systemError(none), []);
      else done(null, found);
    });
  }

  reverse(
    address: string,
    port: number,
    done: (error: Error | null, name: string, service: string) => void,
  ): void {
    const name = this.hosts.nameOf(canonical(address) ?? address);
    this.fabric.after(this.fabric.plan.latency(this.question(address)), () => {
      if (name === undefined) done(systemError("ENOTFOUND"), "", "");
      else done(null, name, String(port));
    });
  }

  /** A look-up as a part of a fault's name: "client?server#1". */
  private question(name: string): string {
    const question = `${word(this.hosts.here().name)}?${word(name)}`;
    return `${question}#${this.numbering.next(question)}`;
  }

  // ---- listening ------------------------------------------------------------------------------------------------

  listen(
    place: ListenAddress,
    _backlog: number,
    incoming: (transport: Transport) => void,
    _broke: (error: Error) => void,
    done: (error: Error | null) => void,
    over: () => void,
  ): ListenerHandle {
    const host = this.hosts.here();
    const { sharing } = host;
    let came = 0;
    const listener = listenerAt(host, place, (transport) => {
      came++;
      incoming(transport);
    });
    const error = bind(host, place, listener);
    const handle = { toString: () => `listener at ${shown(place, listener)} of ${host.name}` };
    let closed = false;
    const close = (): void => {
      if (closed) return;
      closed = true;
      sharing?.closed(server);
      if (error !== null) return;
      this.open.delete(handle);
      if ("path" in place) host.files.unbind(place.path);
      else host.unbind("tcp", listener);
      this.fabric.log.network(host.name, host.name, `listens at ${shown(place, listener)} no more`);
    };
    const settle = (): void => {
      if (closed) return;
      if (error === null) sharing?.listening(server);
      else sharing?.closed(server);
      done(error);
    };
    // Nobody gives it a socket: there are no other processes.
    const server: Listening = {
      place,
      begin: () => {},
      came: () => came,
      close: () => {
        close();
        over();
      },
    };
    sharing?.wanted(server);
    if ("path" in place && error !== null) this.probe(place, settle);
    else this.fabric.soon(settle);
    if (error === null) {
      this.open.add(handle);
      this.fabric.log.network(host.name, host.name, `listens at ${shown(place, listener)}`);
    }
    return {
      local: () =>
        "path" in place || closed ? undefined : endpointOf(listener.address, listener.port),
      fd: () => -1,
      hold: () => {},
      close: (done) => {
        done?.();
        close();
      },
    };
  }

  share(sharing: Sharing | null): void {
    this.hosts.here().sharing = sharing;
  }

  /** As on Node, one that finds its path taken connects to it, to see whether anybody listens. */
  private probe(place: { path: string }, over: () => void): void {
    const { files } = this.hosts.here();
    if (isAbstract(place.path) || !files.isBound(place.path)) return this.fabric.soon(over);
    const attempt = this.connect(place, silent, () => {
      attempt.transport.destroy();
      over();
    });
  }

  // ---- what there is not --------------------------------------------------------------------------------------------

  inherited(fd: number, what: string): Inherited {
    throw new TypeError(`${what}: in a simulation there is no descriptor ${fd}`);
  }

  adopt({ fd }: Inherited): Transport {
    return this.inherited(fd, "adopt") as never;
  }

  // ---- connections and datagrams --------------------------------------------------------------------------------

  connect(
    target: ConnectAddress,
    protocol: Protocol,
    done: (error: Error | null) => void,
  ): Attempt {
    return connect(this.context, target, protocol, done);
  }

  datagrams(family: 4 | 6, options: DatagramOptions, protocol: DatagramProtocol): DatagramSocket {
    const datagrams = new SimDatagramSocket(
      this.fabric,
      this.hosts,
      family,
      options,
      protocol,
      () => this.open.delete(datagrams),
    );
    this.open.add(datagrams);
    return datagrams;
  }
}

const silent: Protocol = {
  arrived: () => false,
  ended: () => {},
  wrote: () => {},
  finished: () => {},
  broke: () => {},
};

/** libuv takes no longer names. */
const LONGEST_NAME = 255;

function whyUnknown(name: string): string {
  if (name.length > LONGEST_NAME) return "EINVAL";
  return canonical(name) === null || name.endsWith(".") ? "ENOTFOUND" : "EAI_ADDRFAMILY";
}

function listenerAt(
  host: Host,
  place: ListenAddress,
  incoming: (transport: Transport) => void,
): Listener {
  if ("path" in place) return { address: "", port: 0, shares: false, ipv6Only: false, incoming };
  const { port, ipv6Only, reusePort } = place;
  return {
    address: canonical(place.address) ?? place.address,
    port: port === 0 ? host.freePort("tcp") : port,
    shares: reusePort,
    ipv6Only,
    incoming,
  };
}

function bind(host: Host, place: ListenAddress, listener: Listener): Error | null {
  if (!("path" in place)) {
    // Node has the resolver look at it.
    if (isNonsense(place.address)) return systemError("ENOTFOUND");
    const impossible = place.ipv6Only && isMapped(place.address);
    return impossible ? systemError("EINVAL") : host.bind("tcp", listener);
  }
  const code = host.files.bind(place.path, listener);
  return code === null ? null : systemError(code);
}

function shown(place: ListenAddress, { address, port }: Endpoint | Listener): string {
  return "path" in place ? JSON.stringify(place.path) : `${address}:${port}`;
}
