/** LuaSocket's `socket.dns`: the system's resolver. It never blocks the reactor. */
import type { Operation } from "effection";
import { operation, Until, WaitList, type Yieldable } from "../../reactor/index.js";
import { hostName, literal, portNumber, Resolution, UNKNOWN_HOST } from "../address/index.js";
import { errorWord, fail, type Failure, Limits, type Result, seconds } from "../object/index.js";
import { current } from "../network/index.js";

/** LuaSocket's "resolved" table. Node tells no aliases. */
export interface Resolved {
  /** The name that was asked for, or that the address has. */
  name: string;
  /** Other names: always empty. */
  alias: string[];
  /** Its IPv4 addresses, in the resolver's order. */
  ip: string[];
}

/** One address of a name. */
export interface AddressInfo {
  /** IPv4 or IPv6. */
  family: "inet" | "inet6";
  /** The address as text: "127.0.0.1", "::1". */
  addr: string;
}

/** `[first value, the whole answer]` */
type Answer<T> = [value: T, resolved: Resolved, partial?: undefined] | Failure;

/** Wait for one answer of the resolver, at most `limit` seconds. */
function* answer<T>(
  what: string,
  limit: number,
  ask: (done: (error: Error | null, value: T) => void) => void,
): Operation<Result<T>> {
  const waiters = new WaitList();
  let reply: Result<T> | undefined;
  ask((error, value) => {
    reply =
      error === null
        ? [value]
        : fail(errorWord(error), { operation: "resolve", address: what, cause: error });
    waiters.wakeAll();
  });
  yield* new Until(`resolve ${what}`, "read", waiters, () => reply !== undefined, limit);
  return reply ?? fail("timeout");
}

function* addresses(host: string, family: 0 | 4, limit: number): Operation<Result<AddressInfo[]>> {
  // All interfaces, or this machine, to those that bind and connect; here it is a name that nobody has.
  if (host === "*") return fail(UNKNOWN_HOST, { operation: "resolve", address: host });
  const resolution = new Resolution(host, family);
  if (!(yield* resolution.wait(host, limit))) return fail("timeout");
  const { cause } = resolution;
  if (resolution.addresses === null)
    return fail(resolution.error ?? UNKNOWN_HOST, { operation: "resolve", address: host, cause });
  return [
    resolution.addresses.map(({ address, family }) => ({
      family: family === 6 ? ("inet6" as const) : ("inet" as const),
      addr: address,
    })),
  ];
}

/** The name of an address; "host not found" if it has none. */
function* nameOf(ip: string, limit: number): Operation<Result<string>> {
  const answered = yield* answer<string>(ip, limit, (done) =>
    current.network.reverse(ip, 0, (failure, name) => done(failure, name)),
  );
  // gethostbyaddr's word, and LuaSocket's; Node asks with getnameinfo.
  return answered[0] === ip || answered[1] === UNKNOWN_HOST
    ? fail("host not found", { operation: "resolve", address: ip })
    : answered;
}

function* resolve(host: string, limit: number): Operation<Result<Resolved>> {
  if (literal(host) !== null) {
    const named = yield* nameOf(host, limit);
    return named[1] ? named : [{ name: named[0], alias: [], ip: [host] }];
  }
  const found = yield* addresses(host, 4, limit);
  return found[1] ? found : [{ name: host, alias: [], ip: found[0].map(({ addr }) => addr) }];
}

/** An operation on what is known of a host. */
function answering<T>(
  what: string,
  host: string,
  timeout: number | undefined,
  first: (resolved: Resolved) => T,
): Yieldable<Answer<T>> {
  hostName(host, what);
  const limit = seconds(timeout, `${what}: the timeout`);
  return operation(`${what}(${host})`, function* () {
    const resolved = yield* resolve(host, limit);
    return resolved[1] ? resolved : [first(resolved[0]), resolved[0]];
  });
}

/** `[names, service]` */
type Names = [names: string[], service: string | undefined, partial?: undefined] | Failure;

function* namesOf(
  host: string | undefined,
  port: number | undefined,
  limit: number,
): Operation<Names> {
  // All of its questions together.
  const limits = new Limits(limit, limit);
  const found = yield* addresses(host ?? "localhost", 0, limits.next());
  if (found[1]) return found;
  const names: string[] = [];
  let service: string | undefined;
  for (const { addr } of found[0]) {
    const answered = yield* answer<[string, string]>(addr, limits.next(), (done) =>
      current.network.reverse(addr, port ?? 0, (wrong, name, named) => done(wrong, [name, named])),
    );
    if (answered[1]) return answered;
    const [info] = answered;
    if (host !== undefined && info[0] === addr) continue;
    names.push(info[0]);
    service = info[1];
  }
  if (names.length === 0) return fail(UNKNOWN_HOST);
  return [names, port === undefined ? undefined : service];
}

export const dns = {
  /**
   * The first IPv4 address of a name: `[ip, { name, alias, ip }]`, with all of them in `ip`.
   *
   * @param timeout seconds; "timeout" beyond. Cancelling stops the waiting; a late answer is ignored.
   * @returns or "host or service not provided, or not known", "temporary failure in name resolution", ...
   * (LuaSocket: dns.toip)
   *
   * @example const [ip, more] = yield* socket.dns.toip("example.org");
   */
  toip(host: string, timeout?: number): Yieldable<Answer<string>> {
    return answering("toip", host, timeout, (resolved) => resolved.ip[0]!);
  },

  /**
   * The name of an address: `[name, { name, alias, ip }]`, or "host not found", "timeout", ... Of a name, it is that, with its
   * addresses, or what {@link toip} says. (LuaSocket: dns.tohostname)
   *
   * @example const [name, more] = yield* socket.dns.tohostname("192.0.2.1");
   */
  tohostname(address: string, timeout?: number): Yieldable<Answer<string>> {
    return answering("tohostname", address, timeout, (resolved) => resolved.name);
  },

  /**
   * All addresses of a name, in the resolver's order: `[[{ family, addr }, ...]]`. (LuaSocket: dns.getaddrinfo)
   *
   * @example
   * const [addresses = []] = yield* socket.dns.getaddrinfo("example.org", 5);
   * for (const { family, addr } of addresses) console.log(family, addr);
   */
  getaddrinfo(host: string, timeout?: number): Yieldable<Result<AddressInfo[]>> {
    hostName(host, "getaddrinfo");
    const limit = seconds(timeout, "getaddrinfo: the timeout");
    return operation(`getaddrinfo(${host})`, () => addresses(host, 0, limit));
  },

  /**
   * The names of a host's addresses, and of a port's service: `[[name, ...], service]`; the service is undefined unless a
   * port is given. TypeError without either. (LuaSocket: dns.getnameinfo)
   *
   * @example const [names, service] = yield* socket.dns.getnameinfo("192.0.2.1", 80);
   */
  getnameinfo(host?: string, service?: number | `${number}`, timeout?: number): Yieldable<Names> {
    if (host === undefined && service === undefined)
      throw new TypeError("getnameinfo: host and serv cannot be both nil");
    const port = service === undefined ? undefined : portNumber(service, "getnameinfo");
    if (host !== undefined) hostName(host, "getnameinfo");
    const limit = seconds(timeout, "getnameinfo: the timeout");
    return operation(`getnameinfo(${host ?? ""})`, () => namesOf(host, port, limit));
  },

  /**
   * This machine's name: `[name]`. (LuaSocket: dns.gethostname)
   *
   * @example const [name] = socket.dns.gethostname();
   */
  gethostname(): Result<string> {
    return [current.network.hostname()];
  },
} as const;
