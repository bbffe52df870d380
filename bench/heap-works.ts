/** What is done many times over, to see whether anything of it is kept. */
import { spawn, type Operation } from "effection";
import { fork, run, serve, sleep, socket, type TlsParams } from "cosocket";
import { copas } from "cosocket/copas";
import { certificate } from "../examples/support/certificate.js";
import { connected, echo, echoed } from "./heap-echo.js";
import { INSIDE } from "./heap-inside.js";
import { simulated, troubled } from "./heap-simulations.js";
import { alone, type HeapWork } from "./heap-work.js";

/** Work of a client, each time in a `run` of its own, beside a server of this process. */
function served(
  count: number,
  client: (port: number) => Operation<unknown>,
  tls?: () => TlsParams,
): HeapWork {
  return {
    count,
    async begin(perform) {
      const server = socket.try(await run(() => socket.bind("127.0.0.1", 0)));
      const [, port] = server.getsockname();
      const options = tls === undefined ? {} : { tls: tls() };
      const serving = run(() => serve(server, echo, options));
      await perform(() => run(() => client(Number(port))));
      await serving.halt();
      socket.closepools();
    },
  };
}

function serversTls(): TlsParams {
  const self = certificate(["localhost"]);
  return { mode: "server", key: self.key, certificate: self.certificate };
}

export const HEAP_WORKS: Record<string, HeapWork> = {
  run: alone(100_000, () => run(function* () {})),
  promoted: alone(100_000, () =>
    run(function* () {
      yield* yield* spawn(function* () {});
    }),
  ),
  copas: alone(20_000, async () => {
    copas.addthread(function* () {
      yield* copas.pause(0);
    });
    copas.removethread(copas.addthread(function* () {}));
    await copas.loop();
    // What is ready takes its turn: a simulation needs a reactor that is idle.
    await new Promise(setImmediate);
  }),
  // Added and removed, and there is never a loop.
  removed: alone(100_000, async () => copas.removethread(copas.addthread(function* () {}))),
  simulation: alone(20_000, simulated),
  troubled: alone(20_000, troubled),
  halt: alone(100_000, () =>
    run(function* () {
      const udp = socket.udp();
      socket.try(yield* udp.setsockname("127.0.0.1", 0));
      const waiting = yield* fork(() => udp.receive());
      const sleeping = yield* fork(() => sleep(1000));
      yield* sleep(0);
      yield* waiting.halt();
      yield* sleeping.halt();
      udp.close();
    }),
  ),
  connection: served(100_000, function* (port) {
    const client = yield* connected(port);
    yield* echoed(client);
    client.close();
  }),
  pool: served(100_000, function* (port) {
    const client = yield* connected(port);
    yield* echoed(client);
    socket.try(client.setkeepalive());
  }),
  tls: served(
    5000,
    function* (port) {
      const client = yield* connected(port);
      socket.try(yield* client.dohandshake({ verify: "none" }));
      yield* echoed(client);
      client.close();
    },
    serversTls,
  ),
  udp: {
    count: 100_000,
    async begin(perform) {
      const udp = socket.udp();
      socket.try(await run(() => udp.setsockname("127.0.0.1", 0)));
      const [ip, port] = udp.getsockname();
      await perform(() =>
        run(function* () {
          socket.try(yield* udp.sendto("hello", String(ip), Number(port)));
          socket.try(yield* udp.receivefrom());
        }),
      );
      udp.close();
    },
  },
  ...INSIDE,
};

const kept: object[] = [];

/** To see that it is found: one empty object is kept each time. */
export const leak: HeapWork = alone(1000, async () => kept.push({}));
