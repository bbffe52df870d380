/** LuaSocket's `socket.dns`: the system's resolver. It never blocks the reactor. */
import type { Operation } from "effection";
import { Until, WaitList } from "../reactor/index.js";
import { hostName, literal, portNumber, Resolution } from "./address.js";
import { errorWord } from "./errors.js";
import { current } from "./network/index.js";
import { fail, type Failure, type Result } from "./result.js";
import { seconds } from "./timeouts.js";

/** LuaSocket's "resolved" table. Node tells no aliases. */
export interface Resolved {
  name: string;
  alias: string[];
  ip: string[];
}

/** One address of a name. */
export interface AddressInfo {
  family: "inet" | "inet6";
  addr: string;
}

/** `[first value, the whole answer]` */
type Answer<T> = [value: T, resolved: Resolved, partial?: undefined] | Failure;

const UNKNOWN = "host or service not provided, or not known";

/** Wait for one answer of the resolver, at most `timeout` seconds. */
function* answer<T>(
  what: string,
  timeout: number | undefined,
  ask: (done: (error: Error | null, value: T) => void) => void,
): Operation<Result<T>> {
  const waiters = new WaitList();
  let reply: Result<T> | undefined;
  ask((error, value) => {
    reply = error === null ? [value] : fail(errorWord(error));
    waiters.wakeAll();
  });
  const limit = seconds(timeout, "timeout");
  yield* new Until(`resolve ${what}`, "read", waiters, () => reply !== undefined, limit);
  return reply ?? fail("timeout");
}

function* addresses(
  host: string,
  family: 0 | 4,
  timeout: number | undefined,
): Operation<Result<AddressInfo[]>> {
  const resolution = new Resolution(host, family);
  if (!(yield* resolution.wait(host, seconds(timeout, "timeout")))) return fail("timeout");
  if (resolution.addresses === null) return fail(resolution.error ?? UNKNOWN);
  return [
    resolution.addresses.map(({ address, family }) => ({
      family: family === 6 ? ("inet6" as const) : ("inet" as const),
      addr: address,
    })),
  ];
}

/** The name of an address; "host not found" if it has none. */
function* nameOf(ip: string, timeout: number | undefined): Operation<Result<string>> {
  const [answered, error] = yield* answer<string>(ip, timeout, (done) =>
    current.network.reverse(ip, 0, (failure, name) => done(failure, name)),
  );
  if (error) return fail(error);
  return answered === ip ? fail("host not found") : [answered];
}

function* resolve(host: string, timeout: number | undefined): Operation<Result<Resolved>> {
  hostName(host, "dns");
  if (literal(host) !== null) {
    const [name, error] = yield* nameOf(host, timeout);
    return error ? fail(error) : [{ name, alias: [], ip: [host] }];
  }
  const [found, error] = yield* addresses(host, 4, timeout);
  if (error) return fail(error);
  return [{ name: host, alias: [], ip: found.map(({ addr }) => addr) }];
}

export const dns = {
  /**
   * The first IPv4 address of a name: `[ip, { name, alias, ip }]`, with all of them in `ip`.
   *
   * @param timeout seconds; "timeout" beyond. Cancelling stops the waiting; a late answer is ignored.
   * @returns or "host or service not provided, or not known", "temporary failure in name resolution", ...
   * (LuaSocket: dns.toip)
   */
  *toip(host: string, timeout?: number): Operation<Answer<string>> {
    const [resolved, error] = yield* resolve(host, timeout);
    return error ? fail(error) : [resolved.ip[0]!, resolved];
  },

  /** The name of an address (or of a name): `[name, { name, alias, ip }]`, or "host not found". (LuaSocket: dns.tohostname) */
  *tohostname(address: string, timeout?: number): Operation<Answer<string>> {
    const [resolved, error] = yield* resolve(address, timeout);
    return error ? fail(error) : [resolved.name, resolved];
  },

  /** All addresses of a name, in the resolver's order: `[[{ family, addr }, ...]]`. (LuaSocket: dns.getaddrinfo) */
  *getaddrinfo(host: string, timeout?: number): Operation<Result<AddressInfo[]>> {
    return yield* addresses(hostName(host, "getaddrinfo"), 0, timeout);
  },

  /**
   * The names of a host's addresses, and of a port's service: `[[name, ...], service]`; the service is undefined unless a
   * port is given. TypeError without either. (LuaSocket: dns.getnameinfo)
   */
  *getnameinfo(
    host?: string,
    service?: number | `${number}`,
    timeout?: number,
  ): Operation<[names: string[], service: string | undefined, partial?: undefined] | Failure> {
    if (host === undefined && service === undefined)
      throw new TypeError("getnameinfo: host and serv cannot be both nil");
    const port = service === undefined ? 0 : portNumber(service, "getnameinfo");
    const [found, error] = yield* addresses(host ?? "localhost", 0, timeout);
    if (error) return fail(error);
    const names: string[] = [];
    let serviceName: string | undefined;
    for (const { addr } of found) {
      const [info, failure] = yield* answer<[string, string]>(addr, timeout, (done) =>
        current.network.reverse(addr, port, (wrong, name, named) => done(wrong, [name, named])),
      );
      if (failure) return fail(failure);
      if (host !== undefined && info[0] === addr) continue;
      names.push(info[0]);
      serviceName = info[1];
    }
    if (names.length === 0) return fail(UNKNOWN);
    return [names, service === undefined ? undefined : serviceName];
  },

  /** This machine's name: `[name]`. (LuaSocket: dns.gethostname) */
  gethostname(): Result<string> {
    return [current.network.hostname()];
  },
} as const;
