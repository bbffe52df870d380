// Node's handles in every state in which they can be closed, with collections between; for test/src/network/handle-states.test.ts.
// node --expose-gc handle-states.js [rounds [every]]: ends by itself, with nothing left. Collects at one of `every` places for it.
import { once } from "node:events";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isMainThread, Worker } from "node:worker_threads";
import { certificate } from "../../examples/support/certificate.js";
import { fork, run, sleep, socket } from "../../src/index.js";
import { handles } from "../../src/network/handle/index.js";
import type { Attempt, ConnectAddress, Protocol, Transport } from "../../src/network/index.js";
import { networkOn } from "../../src/network/node.js";

const network = networkOn(handles!);
const [rounds = 1, every = 1] = process.argv.slice(2).map(Number);
let asked = 0;
function collect(): void {
  if (++asked % every === 0) globalThis.gc!();
}

const BLOCK = Buffer.alloc(16 << 20);
const PATH = join(tmpdir(), `cosocket-states-${process.pid}.sock`);

/** What a program does when something happens on a connection; nothing where it says nothing. */
type Deeds = Partial<Omit<Protocol, "lent">>;

const protocol = (deeds: Deeds): Protocol => ({
  arrived: () => true,
  ended() {},
  wrote() {},
  finished() {},
  broke() {},
  ...deeds,
});

async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) {
    collect();
    await nextTurn();
  }
}

type Pair = Record<"client" | "served", Transport>;

/** A place to connect to, and what comes in there. */
async function listening(place: ConnectAddress, incoming: (transport: Transport) => void) {
  let fail: (error: Error | null) => void;
  const ready = new Promise<void>((done, failed) => {
    fail = (error) => (error === null ? done() : failed(error));
  });
  const address = "path" in place ? place : { ...place, ipv6Only: false, reusePort: false };
  const server = network.listen(
    address,
    10,
    incoming,
    () => {},
    (error) => fail(error),
    () => {},
  );
  await ready;
  const target: ConnectAddress = "path" in place ? place : { ...place, port: server.local()!.port };
  return { server, target };
}

function connected(target: ConnectAddress, deeds: Deeds): Promise<Transport> {
  return new Promise((done, failed) => {
    const attempt: Attempt = network.connect(target, protocol(deeds), (error) =>
      error === null ? done(attempt.transport) : failed(error),
    );
  });
}

/** Two ends; each deed is told which. */
async function pair(
  place: ConnectAddress,
  client: (pair: Pair) => Deeds,
  served: (pair: Pair) => Deeds,
): Promise<Pair> {
  const ends = {} as Pair;
  const { server, target } = await listening(place, (transport) => {
    ends.served = transport;
    transport.attach(protocol(served(ends)));
  });
  ends.client = await connected(target, client(ends));
  while (ends.served === undefined) await nextTurn();
  server.close();
  return ends;
}

/** The ways in which a transport can come to its end. */
const ENDS: Record<string, (transport: Transport) => void> = {
  reset: (transport) => transport.reset(),
  destroy: (transport) => {
    transport.destroy();
    transport.destroy();
  },
  "finish, destroy": (transport) => {
    transport.finish();
    transport.destroy();
  },
  "finish, reset": (transport) => {
    transport.finish();
    transport.reset();
  },
  "write, destroy": (transport) => {
    transport.write(BLOCK, "buffer");
    transport.destroy();
  },
  "write, reset": (transport) => {
    transport.write(BLOCK, "buffer");
    transport.reset();
  },
  "text, finish, reset": (transport) => {
    transport.write("ä".repeat(1 << 20), "utf8");
    transport.finish();
    transport.reset();
  },
  "vector, destroy": (transport) => {
    transport.writev([
      { chunk: BLOCK, encoding: "buffer" },
      { chunk: "text", encoding: "latin1" },
      { chunk: "täxt", encoding: "utf8" },
    ]);
    transport.destroy();
  },
  "vector of bytes, reset": (transport) => {
    transport.writev([
      { chunk: BLOCK, encoding: "buffer" },
      { chunk: Buffer.from("bytes"), encoding: "buffer" },
    ]);
    transport.reset();
  },
  "release, destroy": (transport) => void (transport.release() as net.Socket).destroy(),
  "release, reset": (transport) => {
    const socket = transport.release() as net.Socket;
    if (socket.remoteAddress === undefined) socket.destroy();
    else socket.resetAndDestroy();
  },
};

const none = (): Deeds => ({});
const places: ConnectAddress[] = [{ address: "127.0.0.1", port: 0 }, { path: PATH }];

/** Close it in a callback, out of it, and before anything has happened. */
async function closings(): Promise<void> {
  for (const place of places)
    for (const end of Object.values(ENDS)) {
      const inRead = await pair(place, none, (own) => ({
        arrived: () => {
          end(own.served);
          collect();
          return false;
        },
      }));
      inRead.client.write("line\nline\n".repeat(20_000), "latin1");
      await turns();
      inRead.client.destroy();

      const inEnd = await pair(place, none, (own) => ({ ended: () => end(own.served) }));
      inEnd.client.finish();
      await turns();
      inEnd.client.destroy();

      const inFinished = await pair(place, none, (own) => ({ finished: () => end(own.served) }));
      inFinished.served.finish();
      await turns();
      inFinished.client.destroy();

      const idle = await pair(place, none, none);
      end(idle.served);
      await turns();
      idle.client.destroy();

      // The peer resets it meanwhile.
      const broken = await pair(place, none, none);
      broken.served.write(BLOCK, "buffer");
      broken.client.reset();
      await turns(1);
      if (broken.served.fd() !== -1) end(broken.served);
      broken.served.destroy();
      await turns();
    }
}

/** Close where a write is told. */
async function writes(): Promise<void> {
  for (const end of [ENDS["destroy"]!, ENDS["reset"]!, ENDS["finish, reset"]!]) {
    const own = await pair(places[0]!, none, (own) => ({ wrote: () => end(own.served) }));
    own.served.write("at once", "latin1");
    await turns();
    own.client.destroy();
    const later = await pair(places[0]!, none, (own) => ({ wrote: () => end(own.served) }));
    later.served.write(BLOCK, "buffer");
    await turns(20);
    later.client.destroy();
    await turns();
  }
}

/** What is connecting, or is just connected. */
async function connects(): Promise<void> {
  for (const place of places) {
    const incoming: Transport[] = [];
    const { server, target } = await listening(place, (transport) => incoming.push(transport));
    for (let turn = 0; turn < 4; turn++) {
      const attempt = network.connect(target, protocol({}), () => {});
      for (let i = 0; i < turn; i++) await turns(1);
      attempt.abort();
      attempt.abort();
      collect();
    }
    const attempt: Attempt = network.connect(target, protocol({}), () => attempt.abort());
    await turns(5);
    server.close();
    for (const transport of incoming) transport.reset();
    await turns();
  }
  network.connect({ address: "127.0.0.1", port: 1 }, protocol({}), () => {}).abort();
  network.connect({ path: `${PATH}.none` }, protocol({}), () => {});
  const bound = { address: "127.0.0.1", port: 1, localAddress: "192.0.2.1" };
  network.connect(bound, protocol({}), () => {});
  await turns();
}

/** A server that is closed when somebody comes in. */
async function servers(): Promise<void> {
  for (const place of places) {
    const { server, target } = await listening(place, (transport) => {
      server.close();
      transport.destroy();
      collect();
    });
    for (let i = 0; i < 3; i++) network.connect(target, protocol({}), () => {});
    await turns(5);
  }
}

/** Nobody holds them, and they are open: until the peer ends. */
async function forgotten(): Promise<void> {
  const peers: Transport[] = [];
  for (let i = 0; i < 20; i++) {
    const { client } = await pair(places[i % 2]!, none, (own) => ({
      ended: () => own.served.destroy(),
    }));
    peers.push(client);
    client.write("x".repeat(i * 1000 + 1), "latin1");
  }
  await turns(10);
  for (const peer of peers) peer.destroy();
  peers.length = 0;
  await turns(10);
}

const { key, certificate: shown } = certificate(["localhost"]);

/** Given to TLS, and broken below it. */
async function encrypted(): Promise<void> {
  await run(function* () {
    const server = socket.try(yield* socket.bind("127.0.0.1", 0));
    const [, port] = server.getsockname();
    for (let way = 0; way < 6; way++) {
      const client = socket.try(yield* socket.connect("127.0.0.1", port as number));
      const served = socket.try(yield* server.accept());
      const serving = yield* fork(() => served.dohandshake({ key, certificate: shown }));
      if (way === 0) client.setoption("linger", { on: true, timeout: 0 });
      else if (way === 1) yield* client.send("no hello of TLS's\n".repeat(10_000));
      else if (way === 2) served.close();
      else {
        const shaken = yield* fork(() => client.dohandshake({ verify: "none" }));
        if (way > 3) yield* sleep(0.001);
        collect();
        if (way === 5) yield* shaken;
      }
      client.close();
      yield* serving;
      served.close();
      collect();
      yield* sleep(0.001);
    }
    server.close();
  });
}

async function states(): Promise<void> {
  await closings();
  await writes();
  await connects();
  await servers();
  await forgotten();
  await encrypted();
}

if (isMainThread) {
  for (let round = 1; round <= rounds; round++) {
    await states();
    // A thread that is stopped wherever it is.
    const worker = new Worker(import.meta.filename, { argv: process.argv.slice(2) });
    await once(worker, "online");
    for (let i = 0; i < 10 * (round % 50); i++) await nextTurn();
    await worker.terminate();
  }
  console.log("through");
} else for (;;) await states();
