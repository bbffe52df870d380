/** What is done many times over, to see whether anything of it is kept. */
import { spawn, type Operation } from "effection";
import { fork, run, serve, sleep, socket, type Tcp, type TlsParams } from "cosocket";
import { copas } from "cosocket/copas";
import { ALL_FAULTS, simulate } from "cosocket/testing";
import { certificate } from "../examples/support/certificate.js";

type Once = (number: number) => Promise<unknown>;

export interface HeapWork {
  /** How often, when it is run by hand. */
  count: number;
  /** Set up what is needed, and have `once` performed again and again, its argument counting up from one. */
  begin(perform: (once: Once) => Promise<void>): Promise<void>;
}

/** Work that needs nothing around it. */
function alone(count: number, once: Once): HeapWork {
  return { count, begin: (perform) => perform(once) };
}

function* echo(client: Tcp): Operation<void> {
  for (;;) {
    const [line, err] = yield* client.receive();
    if (err) return;
    yield* client.send(`${line}\n`);
  }
}

/** Several as one: at each time, each of them once. */
export function together(works: HeapWork[]): HeapWork {
  return {
    count: Math.min(...works.map(({ count }) => count)),
    begin(perform) {
      const begin = (rest: HeapWork[], begun: Once[]): Promise<void> => {
        const [next, ...others] = rest;
        if (next !== undefined) return next.begin((once) => begin(others, [...begun, once]));
        return perform(async (number) => {
          for (const once of begun) await once(number);
        });
      };
      return begin(works, []);
    },
  };
}

/** Work of a client, each time in a `run` of its own, beside a server of this process. */
function served(
  count: number,
  client: (port: number) => Operation<unknown>,
  tls?: TlsParams,
): HeapWork {
  return {
    count,
    async begin(perform) {
      const server = socket.try(await run(() => socket.bind("127.0.0.1", 0)));
      const [, port] = server.getsockname();
      const serving = run(() => serve(server, echo, tls === undefined ? {} : { tls }));
      await perform(() => run(() => client(Number(port))));
      await serving.halt();
      socket.closepools();
    },
  };
}

function* connected(port: number): Operation<Tcp> {
  return socket.try(yield* socket.connect("127.0.0.1", port));
}

function* answered(client: Tcp): Operation<void> {
  yield* client.send("hello\n");
  socket.try(yield* client.receive());
}

const self = certificate(["localhost"]);

const simulation = (seed: number): Promise<unknown> =>
  simulate({ seed, faults: ALL_FAULTS }, function* (world) {
    yield* world.host("server", function* () {
      yield* serve(socket.try(yield* socket.bind("*", 7777)), echo);
    });
    yield* sleep(1);
    const client = socket.tcp();
    client.settimeout(10);
    const [, err] = yield* client.connect("server", 7777);
    for (let i = 0; i < 3 && !err; i++) {
      yield* client.send("hello\n");
      yield* client.receive();
    }
    const udp = socket.udp();
    yield* udp.sendto("hello", "server", 7777);
    client.close();
    udp.close();
  });

export const HEAP_WORKS: Record<string, HeapWork> = {
  run: alone(100_000, () => run(function* () {})),
  promoted: alone(100_000, () =>
    run(function* () {
      yield* yield* spawn(function* () {});
    }),
  ),
  copas: alone(5000, async () => {
    copas.addthread(function* () {
      yield* copas.pause(0);
    });
    await copas.loop();
    // What is ready takes its turn: a simulation needs a reactor that is idle.
    await new Promise(setImmediate);
  }),
  simulation: alone(20_000, simulation),
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
    yield* answered(client);
    client.close();
  }),
  pool: served(100_000, function* (port) {
    const client = yield* connected(port);
    yield* answered(client);
    socket.try(client.setkeepalive());
  }),
  tls: served(
    20_000,
    function* (port) {
      const client = yield* connected(port);
      socket.try(yield* client.dohandshake({ verify: "none" }));
      yield* answered(client);
      client.close();
    },
    { mode: "server", key: self.key, certificate: self.certificate },
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
};

const kept: object[] = [];

/** To see that it is found: one empty object is kept each time. */
export const leak: HeapWork = alone(1000, async () => kept.push({}));
