/** What can be set on a TCP object, and what that does in each state of it. */
import { refused, Unsupported } from "./values.js";

/** What has been set; applied when there is a connection. Accepted clients start with their server's. */
export interface TcpOptions {
  keepalive: boolean;
  keepidle: number;
  keepintvl: number;
  keepcnt: number;
  nodelay: boolean;
  reuseaddr: boolean;
  reuseport: boolean;
  v6only: boolean;
}

/** The kernel's own on Linux; and as in LuaSocket a socket for IPv6 is for nothing else. */
export const DEFAULT_TCP_OPTIONS: TcpOptions = {
  keepalive: false,
  keepidle: 7200,
  keepintvl: 75,
  keepcnt: 9,
  nodelay: false,
  reuseaddr: false,
  reuseport: false,
  v6only: true,
};

/** What of an object the options look at. */
export interface Optioned {
  readonly options: TcpOptions;
  /** What the kernel has of it: no socket yet; one that listens or was accepted; one that connected. */
  readonly state: "none" | "server" | "client";
  /** Whether it took a local address of its own. */
  readonly tookAddress: boolean;
  /** Whether it can have nothing to do with IPv6. */
  readonly onlyIPv4: boolean;
  change(options: Partial<TcpOptions>): void;
}

/** Node sets it whenever it binds, and has no way not to, nor to set it later. */
export const reuseaddr = {
  get: (tcp: Optioned): boolean =>
    tcp.tookAddress || (tcp.state === "none" && tcp.options.reuseaddr),
  set: (tcp: Optioned, on: boolean): void => {
    if (tcp.state === "none" && on) tcp.change({ reuseaddr: true });
    else if (on !== reuseaddr.get(tcp) || tcp.state === "none") throw new Unsupported();
  },
};

/** Node sets it when it begins to listen, and never on a socket that connects. */
export const reuseport = {
  get: (tcp: Optioned): boolean => tcp.state !== "client" && tcp.options.reuseport,
  set: (tcp: Optioned, on: boolean): void => {
    if (tcp.state === "none") tcp.change({ reuseport: on });
    else if (on !== reuseport.get(tcp)) throw new Unsupported();
  },
};

export const v6only = {
  get: (tcp: Optioned): boolean => {
    if (tcp.onlyIPv4) throw refused("ENOPROTOOPT");
    return tcp.options.v6only;
  },
  set: (tcp: Optioned, on: boolean): void => {
    if (tcp.onlyIPv4) throw refused("ENOPROTOOPT");
    if (tcp.state !== "none") throw refused("EINVAL");
    tcp.change({ v6only: on });
  },
};
