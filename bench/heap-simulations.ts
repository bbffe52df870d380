/** Simulated worlds, for the look at the heap. */
import { all, type Operation } from "effection";
import { fork, serve, sleep, socket } from "cosocket";
import { ALL_FAULTS, simulate, type World } from "cosocket/testing";
import { echo } from "./heap-echo.js";

function* server(world: World, port: number): Operation<void> {
  yield* world.host("server", function* () {
    yield* serve(socket.try(yield* socket.bind("*", port)), echo);
  });
  yield* sleep(1);
}

function* talk(port: number, lines: number): Operation<void> {
  const client = socket.tcp();
  client.settimeout(10);
  const [, err] = yield* client.connect("server", port);
  for (let i = 0; i < lines && !err; i++) {
    yield* client.send("hello\n");
    yield* client.receive();
  }
  client.close();
}

/** One client, some lines, a datagram; anything may go wrong. */
export const simulated = (seed: number): Promise<unknown> =>
  simulate({ seed, faults: ALL_FAULTS }, function* (world) {
    yield* server(world, 7777);
    yield* talk(7777, 3);
    const udp = socket.udp();
    yield* udp.sendto("hello", "server", 7777);
    udp.close();
  });

/** Ten clients, whose packets are late and split, and whose connections are reset. */
export const troubled = (seed: number): Promise<unknown> =>
  simulate(
    { seed, faults: { latency: [0.0001, 0.02], split: 0.3, reset: 0.01 } },
    function* (world) {
      yield* server(world, 7777);
      const clients: Operation<void>[] = [];
      for (let i = 0; i < 10; i++) clients.push(yield* fork(() => talk(7777, 10)));
      yield* all(clients);
    },
  );
