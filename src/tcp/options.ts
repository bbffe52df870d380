/** The options of TCP objects: one table, every name of LuaSocket 3.1, what Node can do and what it cannot. */
import { current } from "../network/index.js";
import { fail, type Result } from "../result.js";
import type { Tcp } from "./tcp.js";

/** LuaSocket's value of "linger". `timeout` in seconds. */
export interface Linger {
  on: boolean;
  timeout: number;
}
export type OptionValue = boolean | number | string | Linger | undefined;

/** What has been set; applied when there is a connection. Accepted clients start with their server's. */
export interface TcpOptions {
  keepalive: boolean;
  keepidle: number;
  nodelay: boolean;
  reuseport: boolean;
  v6only: boolean;
}

export const DEFAULT_OPTIONS: TcpOptions = {
  keepalive: false,
  keepidle: 7200,
  nodelay: false,
  reuseport: false,
  v6only: false,
};

interface Option {
  /** Absent: Node has no way to. */
  get?: (tcp: Tcp) => OptionValue;
  set?: (tcp: Tcp, value: unknown, name: string) => void;
}

function boolean(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`setoption("${name}") takes true or false, not ${JSON.stringify(value)}`);
}

function positive(value: unknown, name: string): number {
  if (typeof value === "number" && value > 0 && (Number.isInteger(value) || value === Infinity))
    return value;
  throw new TypeError(
    `setoption("${name}") takes a positive integer, not ${JSON.stringify(value)}`,
  );
}

function linger(value: unknown): number | null {
  const { on, timeout } = (value ?? {}) as Partial<Linger>;
  if (typeof on !== "boolean")
    throw new TypeError("setoption(\"linger\"): boolean 'on' field expected");
  if (typeof timeout !== "number" || !(timeout >= 0)) {
    throw new TypeError("setoption(\"linger\"): number 'timeout' field expected, in seconds");
  }
  return on ? timeout : null;
}

const unsupported: Option = {};

const OPTIONS: Readonly<Record<string, Option>> = {
  keepalive: {
    get: (tcp) => tcp.options.keepalive,
    set: (tcp, value, name) => tcp.change({ keepalive: boolean(value, name) }),
  },
  "tcp-keepidle": {
    get: (tcp) => tcp.options.keepidle,
    set: (tcp, value, name) => tcp.change({ keepidle: positive(value, name) }),
  },
  "tcp-nodelay": {
    get: (tcp) => tcp.options.nodelay,
    set: (tcp, value, name) => tcp.change({ nodelay: boolean(value, name) }),
  },
  linger: {
    get: (tcp) => ({ on: tcp.linger !== null, timeout: tcp.linger ?? 0 }),
    set: (tcp, value) => {
      tcp.linger = linger(value);
    },
  },
  // An own option: the longest line in bytes.
  "line-limit": {
    get: (tcp) => tcp.lineLimit,
    set: (tcp, value, name) => {
      tcp.lineLimit = positive(value, name);
    },
  },
  "ipv6-v6only": {
    get: (tcp) => tcp.options.v6only,
    set: (tcp, value, name) => tcp.change({ v6only: boolean(value, name) }),
  },
  // LuaSocket's SO_ERROR: the word for the last error, undefined without one.
  error: { get: (tcp) => tcp.lastWord },
  "tcp-keepcnt": unsupported,
  "tcp-keepintvl": unsupported,
  bindtodevice: unsupported,
  "recv-buffer-size": unsupported,
  "send-buffer-size": unsupported,
  "tcp-defer-accept": unsupported,
  "tcp-fastopen": unsupported,
  "tcp-fastopen-connect": unsupported,
};

/** Options whose answer depends on the value or on the version of Node. */
function special(name: string, value: unknown): Option | undefined {
  if (name === "reuseaddr") {
    // Node sets it on every listening socket, and has no way not to.
    return value === false
      ? unsupported
      : { get: () => true, set: (_, on) => void boolean(on, name) };
  }
  if (name === "reuseport") {
    if (!current.network.reusePort) return unsupported;
    return {
      get: (tcp) => tcp.options.reuseport,
      set: (tcp, on) => tcp.change({ reuseport: boolean(on, name) }),
    };
  }
  return undefined;
}

function find(name: string, value?: unknown): Option {
  const option = special(name, value) ?? (Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined);
  if (option !== undefined) return option;
  const names = [...Object.keys(OPTIONS), "reuseaddr", "reuseport"].join(", ");
  throw new TypeError(`unsupported option "${name}": a TCP object has ${names}`);
}

export function setOption(tcp: Tcp, name: string, value: unknown): Result<1> {
  const { set } = find(name, value);
  if (set === undefined) return fail("option not supported by Node");
  set(tcp, value, name);
  return [1];
}

export function getOption(tcp: Tcp, name: string): Result<OptionValue> {
  const { get } = find(name);
  return get === undefined ? fail("option not supported by Node") : [get(tcp)];
}
