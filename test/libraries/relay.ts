/** Between a client and a server: passes bytes on, and does what networks do in the middle of a conversation. */
import type { Operation } from "effection";
import { fork, serve, sleep, socket, type Tcp } from "cosocket";
import { listening, portOf } from "../support/pairs.js";
import { identity } from "../support/transports.js";

/** "slow": a few bytes at a time; a number: so many bytes of the server's, then a reset, or nothing any more. */
export type Mode = "as it is" | "slow" | { resetAfter: number } | { silentAfter: number };

/** Where it listens, and how many connections it has. */
export interface Relay {
  port: number;
  connections: number;
}

/** @param encrypts whether it is TLS's end for the client, with the server's plain text behind */
export function* relay(to: number, encrypts: boolean, mode: Mode): Operation<Relay> {
  const listener = yield* listening();
  const one: Relay = { port: portOf(listener), connections: 0 };
  function* passOn(client: Tcp): Operation<void> {
    one.connections++;
    try {
      client.setoption("tcp-nodelay", true);
      const [server, err] = yield* socket.connect("127.0.0.1", to);
      if (err) return;
      server.setoption("tcp-nodelay", true);
      const there = yield* fork(() => copy(client, server, mode === "slow" ? 7 : Infinity));
      yield* answer(server, client, mode);
      yield* there;
    } finally {
      one.connections--;
    }
  }
  const params = { key: identity.key, certificate: identity.certificate };
  yield* fork(() => serve(listener, passOn, encrypts ? { tls: params } : {}));
  return one;
}

/** Until the one ends; then the other's end is told, too. */
function* copy(from: Tcp, to: Tcp, piece: number): Operation<void> {
  for (;;) {
    const [bytes, err] = yield* from.receiveany(piece);
    if (err) break;
    yield* to.send(bytes);
    if (piece < Infinity) yield* sleep(0);
  }
  to.shutdown("send");
}

function* answer(server: Tcp, client: Tcp, mode: Mode): Operation<void> {
  if (mode === "as it is" || mode === "slow")
    return yield* copy(server, client, mode === "slow" ? 7 : Infinity);
  let left = "resetAfter" in mode ? mode.resetAfter : mode.silentAfter;
  while (left > 0) {
    const [bytes, err] = yield* server.receiveany(left);
    if (err) break;
    yield* client.send(bytes);
    left -= bytes.length;
  }
  if ("silentAfter" in mode) return;
  yield* client.flush();
  client.setoption("linger", { on: true, timeout: 0 });
  client.close();
  server.close();
}
