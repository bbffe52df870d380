/**
 * Sockets that several processes listen at: one process binds them and keeps them, and gives them to the others, which listen. The kernel's queue
 * of connections is the socket's, and lives as long as anybody has it: nothing in it is refused or reset when one of those processes ends.
 *
 * Whoever keeps one must not listen himself, or he would be given connections, too. What only binds is `net._createServerHandle`, on which
 * node:cluster is made: undocumented, so that whoever wants to share asks `canShare` first.
 */
import * as net from "node:net";
import { systemError } from "./handle/index.js";
import type { BoundHandle, ListenPlace, Sharing } from "./network.js";
import { lockPath } from "./path-lock.js";
import { nameOf } from "./socket-transport.js";
import { afterRemovingStale } from "./stale.js";

/** A socket that this process keeps for others. */
export interface KeptSocket {
  /** What goes to others, by `send` of node:child_process. */
  readonly handle: BoundHandle;
  /** Undefined for a path. */
  port(): number | undefined;
  /** Others listen at it: nobody takes it for one that was left behind any more. */
  listening(): void;
  close(): void;
}

type CreateHandle = (
  address: string | null,
  port: number,
  type: number,
  fd: number | undefined,
  flags: number,
) => BoundHandle | number;

/** As libuv has them. */
const IPV6_ONLY = 1;
const REUSE_PORT = 2;

const { _createServerHandle: createHandle } = net as { _createServerHandle?: CreateHandle };

/** Whether sockets can be kept for others here. */
export const canShare = typeof createHandle === "function";

/** Bind a socket that others will listen at. */
export function keep(
  place: ListenPlace,
  done: (error: Error | null, socket: KeptSocket | null) => void,
): void {
  if ("path" in place) keepPath(place.path, done);
  // With a port Node would bind it again: an assertion that fails.
  else if ("fd" in place) settle(bind(null, 0, -1, 0, place.fd), done);
  else {
    const { address, port, ipv6Only, reusePort } = place;
    const flags = (ipv6Only ? IPV6_ONLY : 0) | (reusePort ? REUSE_PORT : 0);
    settle(bind(address, port, net.isIPv6(address) ? 6 : 4, flags), done);
  }
}

function settle(
  bound: BoundHandle | Error,
  done: (error: Error | null, socket: KeptSocket | null) => void,
): void {
  if (bound instanceof Error) done(bound, null);
  else done(null, kept(bound));
}

function bind(
  address: string | null,
  port: number,
  type: number,
  flags: number,
  fd?: number,
): BoundHandle | Error {
  const handle = createHandle!(address, port, type, fd, flags);
  const what = address === null ? `fd ${fd}` : port === -1 ? address : `${address}:${port}`;
  if (typeof handle === "number") return systemError(handle, "bind", what);
  // That an address is in use libuv tells later only: when it is asked for it, or listens.
  const name = {};
  const status = handle.getsockname?.(name) ?? 0;
  if (status === 0) return handle;
  handle.close();
  return systemError(status, "bind", what);
}

function kept(handle: BoundHandle, unlock: () => void = () => {}): KeptSocket {
  const close = (): void => {
    unlock();
    handle.close();
  };
  return { handle, port: () => nameOf(handle, "getsockname")?.port, listening: unlock, close };
}

function keepPath(
  path: string,
  done: (error: Error | null, socket: KeptSocket | null) => void,
): void {
  let unlock = (): void => {};
  const begin = (): void => {
    const bound = bind(path, -1, -1, 0);
    if (bound instanceof Error)
      return afterRemovingStale(path, bound, begin, (error) => {
        unlock();
        done(error, null);
      });
    done(
      null,
      kept(bound, () => unlock()),
    );
  };
  unlock = lockPath(path, begin);
}

/** Null: this process binds its own. */
export const shared: { sharing: Sharing | null } = { sharing: null };

/** What servers of Node's have, and their types leave out. */
interface Listens {
  _handle?: BoundHandle;
  _listen2?(address: null, port: number, type: number, backlog: number): void;
}

/** Listen at a socket that is bound already. */
export function listenAt(server: net.Server, handle: BoundHandle, backlog: number): void {
  // What `listen` documents is for TCP: it would take the descriptor of another for one of the primary process.
  if (handle.getsockname !== undefined) return void server.listen(handle, backlog);
  const unix = server as Listens;
  unix._handle = handle;
  unix._listen2!(null, -1, -1, backlog);
}
