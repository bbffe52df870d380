/** A server that sends back, and a client of it. */
import type { Operation } from "effection";
import { fork, serve, socket, type Tcp } from "cosocket";

export function* echo(client: Tcp): Operation<void> {
  for (;;) {
    const [line, err] = yield* client.receive();
    if (err) return;
    yield* client.send(`${line}\n`);
  }
}

/** Start one that ends with the caller: its port. */
export function* echoServer(): Operation<number> {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  yield* fork(() => serve(server, echo));
  return Number(server.getsockname()[1]);
}

export function* connected(port: number): Operation<Tcp> {
  return socket.try(yield* socket.connect("127.0.0.1", port));
}

export function* echoed(client: Tcp, text = "hello\n"): Operation<void> {
  yield* client.send(text);
  socket.try(yield* client.receive());
}
