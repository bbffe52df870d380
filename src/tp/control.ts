/** What commands and replies go over: a socket, or what a program gives instead of one. */
import type { Operation } from "effection";
import { notAsync, shown } from "../../reactor/index.js";
import { type Failure, isFailure, operationOf, type Result } from "../object/index.js";
import type { Port } from "../address/index.js";
import { Tcp } from "../tcp/index.js";

/** The methods of a {@link Tcp} that a control connection needs; an object of one's own that has them will do. */
export type Control = Pick<
  Tcp,
  | "close"
  | "connect"
  | "dirty"
  | "dohandshake"
  | "getfd"
  | "getpeername"
  | "getsockname"
  | "receive"
  | "send"
  | "settimeout"
> & {
  /** Where there is one, a mail that is broken off sets "linger", so that nobody waits for a server that does not read. */
  readonly setoption?:
    ((name: "linger", value: { on: boolean; timeout: number }) => unknown) | undefined;
};

/**
 * Makes the socket to connect, in the place of `socket.tcp`: it gives one, or a result, or an operation of either.
 *
 * @example
 * const create: Create = () => {
 *   const tcp = socket.tcp();
 *   tcp.setoption("keepalive", true);
 *   return tcp;
 * };
 */
export type Create = () => Control | Result<Control> | Operation<Control | Result<Control>>;

/** A connection to `host` and `port` by what `create` makes, each wait at most `timeout` seconds; it is closed unless it is connected. */
export function* connected(
  host: string,
  port: Port,
  timeout: number | undefined,
  create: Create,
): Operation<Result<Control>> {
  const made = yield* creating(create);
  if (isFailure(made)) return made;
  const [control] = made;
  let done = false;
  try {
    control.settimeout(timeout);
    const result = yield* control.connect(host, port);
    done = !isFailure(result);
    return isFailure(result) ? result : [control];
  } finally {
    if (!done) control.close();
  }
}

function* creating(create: Create): Operation<Success | Failure> {
  const made = yield* operationOf<Control | Result<Control>>(create());
  const result = Array.isArray(made) ? made : [made];
  if (isFailure(result)) return result as Failure;
  const [control] = result as [unknown];
  if (typeof control === "object" && control !== null && "connect" in control)
    return [control as Control];
  throw new TypeError(`create gives an object to connect, or a result, not ${shown(control)}`);
}
type Success = [control: Control, error?: undefined, partial?: undefined];

/** Misuse throws TypeError. */
export function checkCreate(what: string, create: unknown): Create {
  if (typeof create !== "function")
    throw new TypeError(`${what}: create is a function that makes a socket, not ${shown(create)}`);
  notAsync(create, `${what}: create`);
  return create as Create;
}
