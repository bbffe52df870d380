import type { Operation } from "effection";
import { shown, Until, WaitList } from "../../reactor/index.js";
import {
  type AddressResult,
  errorWord,
  fail,
  type SocketError,
  unwatch,
  watch,
} from "../object/index.js";
import type { Address, Endpoint } from "../network/index.js";
import { type Asker, Question } from "./question.js";

/** 0: either. */
export type Family = 0 | 4 | 6;

/** A port: a number, also as text. */
export type Port = number | `${number}`;

/** LuaSocket's word for a name without an address. */
export const UNKNOWN_HOST = "host or service not provided, or not known";

/** A port as LuaSocket takes it: a number, or a string with one. Misuse throws TypeError. */
export function portNumber(port: unknown, what: string): number {
  const number = typeof port === "string" && /^\d+$/.test(port) ? Number(port) : port;
  if (typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= 65535)
    return number;
  throw new TypeError(`${what}: the port must be an integer from 0 to 65535, not ${shown(port)}`);
}

/** The empty name is nobody's, but no mistake of the program's either: it may come from outside, as any other. */
export function hostName(host: unknown, what: string): string {
  if (typeof host === "string") return host;
  const hint = typeof host === "number" ? ": the host comes first, then the port" : "";
  throw new TypeError(`${what}: the host must be a name or an address, not ${shown(host)}${hint}`);
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
/** A zone with a NUL would be cut there by the kernel's functions, and be another. */
const IPV6 = /^[\da-f:.]*:[\da-f:.]*(?:%\P{Cc}+)?$/iu;

/** The address that `host` is, or null if it is a name. */
export function literal(host: string): Address | null {
  if (IPV4.test(host)) return { address: host, family: 4 };
  if (IPV6.test(host)) return { address: host, family: 6 };
  return null;
}

const MAPPED = /^::ffff:(?:([\d.]+)|([\da-f]{1,4}):([\da-f]{1,4}))$/i;

/** An IPv4 address as IPv6 has it, `::ffff:127.0.0.1`, in IPv4; null if it is none. */
function unmapped(address: string): string | null {
  const [, dotted, high, low] = MAPPED.exec(address) ?? [];
  if (dotted !== undefined) return IPV4.test(dotted) ? dotted : null;
  if (high === undefined || low === undefined) return null;
  const bytes = [high, low].flatMap((word) => [parseInt(word, 16) >> 8, parseInt(word, 16) & 0xff]);
  return bytes.join(".");
}

/** The address as `family` has it, as the system's resolver gives it; null if it has none. */
export function inFamily(known: Address, family: Family): Address | null {
  if (family === 0 || known.family === family) return known;
  const address = family === 4 ? unmapped(known.address) : null;
  return address === null ? null : { address, family: 4 };
}

/** A name on its way to addresses. Nobody has to wait for them: a late answer is ignored. */
export class Resolution implements Asker {
  addresses: Address[] | null = null;
  error: SocketError | null = null;
  cause: Error | undefined = undefined;
  readonly waiters = new WaitList();
  private question: Question | null = null;

  /**
   * @param passive whether "*" means every interface; otherwise it is this machine, as to the C library
   * @param settled called when the answer comes, unless it is known at once
   */
  constructor(
    host: string,
    family: Family,
    passive = false,
    private readonly settled?: () => void,
  ) {
    if (host === "*" && !passive) {
      this.addresses = [LOOPBACK[6], LOOPBACK[4]].filter(
        (address) => family === 0 || address.family === family,
      );
      return;
    }
    const known = host === "*" ? any(family) : literal(host);
    if (known !== null) {
      const address = inFamily(known, family);
      if (address !== null) this.addresses = [address];
      else this.error = "address family for hostname not supported";
      return;
    }
    // The system's resolver, too, knows no host by a name that is empty or cannot be a C string.
    if (host === "" || host.includes("\0")) {
      this.error = UNKNOWN_HOST;
      return;
    }
    const question = Question.ask(host, family, this);
    if (!this.done) this.question = question;
  }

  /** {@link Asker} */
  answered(error: Error | null, addresses: Address[]): void {
    this.question = null;
    if (error === null && addresses.length > 0) this.addresses = addresses;
    else {
      this.error = error === null ? UNKNOWN_HOST : errorWord(error);
      this.cause = error ?? undefined;
    }
    this.settled?.();
    this.waiters.wakeAll();
  }

  /** Nobody waits for it any more. */
  drop(): void {
    this.question?.leave(this);
    this.question = null;
  }

  get done(): boolean {
    return this.addresses !== null || this.error !== null;
  }

  /** {@link wait}, on behalf of an object: until that is closed. */
  *waitFor(
    object: { readonly closed: boolean },
    what: string,
    seconds = Infinity,
  ): Operation<boolean> {
    const { waiters } = this;
    const tell = (): void => waiters.wakeAll();
    watch(object, tell);
    try {
      const over = (): boolean => this.done || object.closed;
      const wait: Operation<boolean> = new Until(`resolve ${what}`, "read", waiters, over, seconds);
      return yield* wait;
    } finally {
      unwatch(object, tell);
      this.drop();
    }
  }

  /** Wait for the answer, at most `seconds`. False: the time is over. */
  *wait(what: string, seconds = Infinity): Operation<boolean> {
    try {
      const wait: Operation<boolean> = new Until(
        `resolve ${what}`,
        "read",
        this.waiters,
        () => this.done,
        seconds,
      );
      return yield* wait;
    } finally {
      this.drop();
    }
  }
}

/** An address and a port in words. */
export function endpointName({ address, port, family }: Endpoint): string {
  return family === "inet6" ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What getsockname and getpeername give of an address; without one the failure `none`. */
export function addressResult(
  end: Endpoint | undefined,
  none: SocketError = "transport endpoint is not connected",
): AddressResult {
  return end === undefined ? fail(none) : [end.address, end.port, end.family];
}

/** The address of what has none yet. */
export function unspecified(family: Family): Endpoint {
  return family === 6
    ? { address: "::", port: 0, family: "inet6" }
    : { address: "0.0.0.0", port: 0, family: "inet" };
}

const LOOPBACK: { readonly [F in 4 | 6]: Address } = {
  4: { address: "127.0.0.1", family: 4 },
  6: { address: "::1", family: 6 },
};

/** LuaSocket's "*": every interface. */
function any(family: Family): Address {
  return family === 6 ? { address: "::", family: 6 } : { address: "0.0.0.0", family: 4 };
}
