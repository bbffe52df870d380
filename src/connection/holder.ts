/** Whose connection it is. */
import type { Endpoint, Transport } from "../network/index.js";
import type { OptionAccess, Selectable } from "../object/index.js";

export type Role = "master" | "server" | "client";

/** Whose connection it is. A TCP or Unix object makes its own, or listens instead; a stream has it from the start. */
export interface Holder {
  /** The class in LuaSocket's name of the object: `tcp{client}`. */
  readonly domain: string;
  readonly role: Role;
  /** Whether a connection is in the making. */
  readonly pending: boolean;
  /** The name or address that was connected to: whose certificate the peer must show. */
  readonly peername: string | undefined;
  /** Where it has connected to, in the words of the call: host and port, or a path. */
  readonly where: string | undefined;
  /** The address of the client that a proxy stands for; undefined: nobody stands for another. */
  readonly proxied?: Endpoint | undefined;
  /** What `select` is to look at instead of the connection: a listener, an attempt to connect. */
  readonly instead: Selectable | null;
  readonly namedOptions: OptionAccess;
  /** There is a connection, or TLS over it; `reused`: others have used it. */
  connected(transport: Transport, reused: boolean): void;
  /** Nothing is left of the connection. */
  gone(): void;
  /** The object is closed. */
  onclose(): void;
  /** The file descriptor, -1 when there is none. */
  fd(): number;
  toString(): string;
}

/** Misuse throws TypeError. */
export function mustBeClient(connection: { readonly holder: Holder }, what: string): void {
  const { holder } = connection;
  if (holder.role === "client") return;
  const hint = holder.role === "server" ? "accept a client from it" : "connect it";
  throw new TypeError(
    `${what}: ${holder.domain}{client} expected, but this is ${String(connection)}: ${hint} first`,
  );
}
