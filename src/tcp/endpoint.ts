/** What is inside of a TCP object: addresses by name, and its options. */
import { reactor, type Fiber, type WaitList } from "../../reactor/index.js";
import { endpointName, type Family, interleaved, Resolution } from "../address/index.js";
import { type Destination, Endpoint } from "../connect/index.js";
import { fail, type OptionAccess, type Result, type SocketError } from "../object/index.js";
import type { Endpoint as Address, ConnectAddress, Transport } from "../network/index.js";
import type { Operation } from "effection";
import {
  DEFAULT_TCP_OPTIONS,
  NamedOptions,
  type Optioned,
  type TcpOptions,
} from "../options/index.js";

export class TcpEndpoint extends Endpoint implements Optioned {
  options: TcpOptions = DEFAULT_TCP_OPTIONS;

  constructor(
    readonly family: Family,
    /** Makes the object that the program holds. */
    private readonly make: (endpoint: TcpEndpoint) => object,
    maker: Fiber | null = reactor.current,
  ) {
    super(maker);
  }

  protected override wrap(): object {
    return this.make(this);
  }

  get domain(): "tcp" {
    return "tcp";
  }

  get namedOptions(): OptionAccess {
    return new NamedOptions("tcp", this);
  }

  /** The local address that the kernel has for it, if it has one. */
  get local(): Address | undefined {
    return this.listener?.local() ?? this.connection.transport?.local();
  }

  get proxied(): Address | undefined {
    const source = this.proxyHeader?.source;
    return source === undefined || source.family === "unix" ? undefined : (source as Address);
  }
  /** The address of the peer, or of the client that a proxy stands for. */
  get remote(): Address | undefined {
    return this.proxied ?? this.connection.transport?.peer();
  }

  protected override place(): string {
    const { local } = this;
    if (local === undefined) return "";
    const peer = this.remote;
    const arrow = this.connection.incoming ? "<-" : "->";
    return ` ${endpointName(local)}${peer === undefined ? "" : arrow + endpointName(peer)}`;
  }

  /** Begin to find out where a host is. */
  destination(host: string, port: number, delay: number): Destination {
    const { bound } = this;
    const family = bound === undefined ? this.family : bound.family === "inet6" ? 6 : 4;
    const resolution = new Resolution(host, family, false, () => this.progressed());
    return new Addresses(resolution, port, delay, bound, this.options.v6only);
  }

  override suits(transport: Transport): boolean {
    return this.family === 0 || transport.peer()?.family === (this.family === 6 ? "inet6" : "inet");
  }

  /** Bind to a host's first address that can be had. */
  *bind(host: string, port: number, backlog: number): Operation<Result<1>> {
    if (this.obstacle !== null) return fail(this.obstacle);
    const resolution = new Resolution(host, this.family, true);
    yield* resolution.waitFor(this.connection, host);
    if (this.obstacle !== null) return fail(this.obstacle);
    if (resolution.addresses === null) {
      this.connection.lastError = resolution.cause;
      return fail(resolution.error!);
    }
    let error: SocketError = "host or service not provided, or not known";
    const { v6only: ipv6Only, reuseport: reusePort } = this.options;
    for (const { address } of resolution.addresses) {
      const place = { address, port, ipv6Only, reusePort };
      const failure = yield* this.open(place, backlog, `${address}:${port}`);
      if (failure === null) return [1];
      error = failure;
    }
    return fail(error);
  }

  bindAnywhere(backlog: number): Operation<Result<1>> {
    return this.bind("*", 0, backlog);
  }

  protected override sibling(): TcpEndpoint {
    const client = new TcpEndpoint(this.family, this.make);
    client.options = this.options;
    return client;
  }

  get state(): "none" | "server" | "client" {
    const { incoming, transport, pending } = this.connection;
    if (this.listener !== null || incoming) return "server";
    return transport !== null || pending ? "client" : "none";
  }
  get tookAddress(): boolean {
    return this.state === "server" || (this.state === "client" && this.bound !== undefined);
  }
  get onlyIPv4(): boolean {
    return this.family === 4 || (this.state !== "none" && this.familyName === "inet4");
  }
  get familyName(): "inet4" | "inet6" {
    const family = this.local?.family;
    return family === "inet6" || (family === undefined && this.family === 6) ? "inet6" : "inet4";
  }

  change(options: Partial<TcpOptions>): void {
    this.options = { ...this.options, ...options };
    const { transport } = this.connection;
    if (transport !== null) this.apply(transport, false);
  }

  protected override apply(transport: Transport, all: boolean): void {
    const { options } = this;
    if (options === DEFAULT_TCP_OPTIONS && !all) return;
    transport.setNoDelay(options.nodelay);
    transport.setKeepAlive({
      on: options.keepalive,
      idle: options.keepidle,
      interval: options.keepintvl,
      count: options.keepcnt,
    });
  }
}

/** The addresses of a name, each with the port. */
class Addresses implements Destination {
  private known: ConnectAddress[] | null = null;
  decisive = 0;

  constructor(
    private readonly resolution: Resolution,
    private readonly port: number,
    readonly delay: number,
    private readonly local: Address | undefined,
    private readonly ipv6Only: boolean,
  ) {}
  get waiters(): WaitList {
    return this.resolution.waiters;
  }
  get done(): boolean {
    return this.resolution.done;
  }
  get error(): SocketError | null {
    return this.resolution.error;
  }
  get cause(): Error | undefined {
    return this.resolution.cause;
  }
  get targets(): ConnectAddress[] | null {
    const { addresses } = this.resolution;
    if (this.known !== null || addresses === null) return this.known;
    const { local, port, ipv6Only } = this;
    const order = this.delay === Infinity ? addresses : interleaved(addresses);
    // LuaSocket's: it tries them in the resolver's order, and tells the last error.
    this.decisive = order.indexOf(addresses.at(-1)!);
    return (this.known = order.map(({ address }) => ({
      address,
      port,
      localAddress: local?.address,
      localPort: local?.port,
      ipv6Only,
    })));
  }
  drop(): void {
    this.resolution.drop();
  }
}
