/** Connecting on a handle. */
import * as net from "node:net";
import process from "node:process";
import type { Attempt, ConnectAddress, Protocol } from "../network.js";
import type { Binding, OtherRequest, TcpHandle } from "./binding.js";
import { IN_USE, systemError } from "./errors.js";
import { HandleTransport } from "./transport.js";

/** Which errors name. */
type Syscall = "bind" | "connect";

export function connectHandle(
  binding: Binding,
  target: ConnectAddress,
  protocol: Protocol,
  done: (error: Error | null) => void,
): Attempt {
  return new HandleAttempt(binding, target, protocol, done);
}

class HandleAttempt implements Attempt {
  readonly transport: HandleTransport;
  private over = false;

  constructor(
    { tcp, pipe }: Binding,
    private readonly target: ConnectAddress,
    private readonly protocol: Protocol,
    private readonly done: (error: Error | null) => void,
  ) {
    if ("path" in target) {
      const handle = new pipe.Pipe(pipe.constants.SOCKET);
      this.transport = new HandleTransport(handle);
      this.begun("connect", handle.connect(this.request(new pipe.PipeConnectWrap()), target.path));
    } else {
      const handle = new tcp.TCP(tcp.constants.SOCKET);
      this.transport = new HandleTransport(handle);
      const { address, port } = target;
      const bound = bind(handle, target);
      if (bound !== 0) {
        this.begun("bind", bound);
        return;
      }
      const request = this.request(new tcp.TCPConnectWrap());
      const status = net.isIPv6(address)
        ? handle.connect6(request, address, port)
        : handle.connect(request, address, port);
      this.begun("connect", status);
    }
  }

  abort(): void {
    this.over = true;
    this.transport.destroy();
  }

  private request(request: OtherRequest): OtherRequest {
    request.oncomplete = (status) => this.ended("connect", status);
    return request;
  }

  private begun(syscall: Syscall, status: number): void {
    // Not on the stack of who asks.
    if (status !== 0) process.nextTick(() => this.ended(syscall, status));
  }

  private ended(syscall: Syscall, status: number): void {
    if (this.over) return;
    this.over = true;
    if (status !== 0) {
      this.transport.destroy();
      return this.done(this.error(syscall, status));
    }
    this.transport.attach(this.protocol);
    this.done(null);
  }

  private error(syscall: Syscall, status: number): Error {
    const { target } = this;
    if ("path" in target)
      return Object.assign(systemError(status, syscall, target.path), { address: target.path });
    const [address, port = 0] =
      syscall === "bind" ? [from(target), target.localPort] : [target.address, target.port];
    // Node does not name port 0.
    if (port === 0) return Object.assign(systemError(status, syscall, address), { address });
    return Object.assign(systemError(status, syscall, `${address}:${port}`), { address, port });
  }
}

type TcpAddress = Exclude<ConnectAddress, { path: string }>;

function from({ localAddress, address }: TcpAddress): string {
  return localAddress ?? (net.isIPv6(address) ? "::" : "0.0.0.0");
}

/** To the address that it is to come from, if any. */
function bind(handle: TcpHandle, target: TcpAddress): number {
  const { localAddress, localPort = 0, address } = target;
  if (localAddress === undefined && localPort === 0) return 0;
  const status = net.isIPv6(address)
    ? handle.bind6(from(target), localPort, 0)
    : handle.bind(from(target), localPort);
  if (status !== 0 || localPort === 0) return status;
  // That it is taken shows here, or only later.
  const name: { port?: number } = {};
  const known = handle.getsockname(name);
  return known === 0 && name.port !== localPort ? IN_USE : known;
}
