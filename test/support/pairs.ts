import { action, all, ensure, type Operation } from "effection";
import { sleep, socket, type Tcp, type Udp, type Unix } from "cosocket";
import { RawPeer } from "./check.js";
import { relaying } from "./relay.js";

/** A server on any port of the loopback, closed at the end of the scope. */
export function* listening(): Operation<Tcp> {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  yield* ensure(() => void server.close());
  return server;
}

export function portOf(server: Tcp): number {
  const [, port] = server.getsockname();
  return port as number;
}

/** A port that nobody listens on. */
export function* freePort(): Operation<number> {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  const port = portOf(server);
  server.close();
  return port;
}

/** Two connected Tcp objects. */
export function* pair(): Operation<[client: Tcp, served: Tcp]> {
  const server = yield* listening();
  const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
  yield* ensure(() => void client.close());
  const served = socket.try(yield* server.accept());
  yield* ensure(() => void served.close());
  server.close();
  return [client, served];
}

/** A Tcp object and the plain node:net socket at its other end. */
export function* rawPair(): Operation<[served: Tcp, peer: RawPeer]> {
  const server = yield* listening();
  const peer = RawPeer.connect(portOf(server));
  yield* ensure(() => void peer.socket.destroy());
  const served = socket.try(yield* server.accept());
  yield* ensure(() => void served.close());
  server.close();
  return [served, peer];
}

/** Until `condition` holds: what other sockets do is outside of the reactor. */
export function until(condition: () => boolean): Operation<void> {
  return action((resolve) => {
    let over = false;
    const look = (): void => {
      if (over) return;
      if (condition()) resolve();
      else setImmediate(look);
    };
    look();
    return () => {
      over = true;
    };
  });
}

/** Until the next receive, or accept, would not have to wait. */
export function* readable(object: Tcp | Udp | Unix): Operation<void> {
  const [[first]] = yield* socket.select([object]);
  if (first !== object) throw new Error(`${String(object)} does not become readable`);
}

/** What an operation throws; undefined when it does not. */
export function* thrown(operation: Operation<unknown>): Operation<unknown> {
  try {
    yield* operation;
  } catch (error) {
    return error;
  }
}

/** Fill the way to a peer that does not read; the queue of the stream is full then. */
export function* clog(stream: Pick<Tcp, "settimeout" | "send" | "getstats">): Operation<void> {
  stream.settimeout(0);
  const block = Buffer.alloc(1 << 20, "c");
  // "timeout" again and again with no progress: neither the kernel nor the queue takes more.
  for (let quiet = 0; quiet < 10;) {
    const before = stream.getstats()[1];
    yield* stream.send(block);
    quiet = stream.getstats()[1] === before && !relaying(stream) ? quiet + 1 : 0;
    // Longer than anything that is on its way takes.
    yield* sleep(quiet === 0 ? 0 : 0.001);
  }
  stream.settimeout();
}

export function* made<T extends { close(): 1 }>(object: T): Operation<T> {
  yield* ensure(() => void object.close());
  return object;
}

/** What two operations give that are performed at once. Their fibers own nothing. */
export const both = (
  first: () => Operation<unknown>,
  second: () => Operation<unknown>,
): Operation<unknown[]> => all([first(), second()]);
