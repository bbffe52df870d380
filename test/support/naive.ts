/** Programs that believe in a perfect network: for each kind of fault there is one that fails by it. */
import type { Operation } from "effection";
import { fork, serve, sleep, socket, type Tcp } from "cosocket";
import { type Faults, simulate, SimulationError, type World } from "cosocket/testing";

const PORT = 7000;
const CLIENT = "the client's host";

function must(condition: boolean, what: () => string): void {
  if (!condition) throw new Error(`${what()} [${crypto.randomUUID()}]`);
}

/** Lines are answered, each as it comes; nobody waits for long. */
function* lines(world: World): Operation<void> {
  yield* world.host("server", function* () {
    const server = socket.try(yield* socket.bind("*", PORT));
    yield* serve(server, function* (client) {
      for (;;) {
        const [line] = yield* client.receive();
        if (line === undefined) return;
        yield* client.send(`${line}!\n`);
      }
    });
  });
  yield* sleep(0.01);
  yield* yield* world.host(CLIENT, function* () {
    for (let i = 0; i < 8; i++) {
      const client = socket.tcp();
      client.settimeout(0.4);
      const [, err] = yield* client.connect("server", PORT);
      must(!err, () => `no connection: ${err}`);
      for (let j = 0; j < 3; j++) {
        yield* client.send(`line ${j}\n`);
        const [answer, failed] = yield* client.receive();
        must(!failed, () => `no answer: ${failed}`);
        must(answer === `line ${j}!`, () => `another answer: ${answer}`);
      }
      client.close();
      yield* sleep(0.5);
    }
  });
}

/** Who sends a message believes that it comes as it was sent, by itself. */
function* messages(world: World): Operation<void> {
  const errors: unknown[] = [];
  yield* world.host("server", function* () {
    const server = socket.try(yield* socket.bind("*", PORT));
    const reads = function* (client: Tcp): Operation<void> {
      for (;;) {
        const [message, err] = yield* client.receiveany();
        if (err) return;
        must(/^<\w+>$/.test(String(message)), () => `no message: ${String(message)}`);
      }
    };
    yield* serve(server, reads, { errorhandler: (error) => errors.push(error) });
  });
  yield* sleep(0.01);
  const client = socket.try(yield* socket.connect("10.0.0.2", PORT));
  for (let i = 0; i < 10; i++) {
    yield* client.send("<message>");
    yield* sleep(0.03);
  }
  client.close();
  if (errors.length > 0) throw errors[0];
}

/** Datagrams come once, each, in their order. */
function* datagrams(world: World): Operation<void> {
  const heard: string[] = [];
  yield* world.host("server", function* () {
    const udp = socket.udp();
    socket.try(yield* udp.setsockname("*", PORT));
    for (;;) heard.push(String((yield* udp.receive())[0]));
  });
  yield* sleep(0.01);
  yield* yield* world.host(CLIENT, function* () {
    const udp = socket.udp();
    for (let i = 0; i < 10; i++) {
      yield* udp.sendto(`datagram ${i}`, "10.0.0.2", PORT);
      yield* sleep(0.1);
    }
  });
  yield* sleep(3);
  must(heard.length >= 10, () => `lost: ${String(heard)}`);
  must(heard.length <= 10, () => `twice: ${String(heard)}`);
  must(String(heard) === String([...heard].sort()), () => `out of order: ${String(heard)}`);
}

/** Who is forked first runs first. */
function* forks(): Operation<void> {
  for (let round = 0; round < 10; round++) {
    const ran: number[] = [];
    for (let i = 0; i < 3; i++)
      yield* fork(function* () {
        ran.push(i);
        yield* sleep(0);
      });
    yield* sleep(1);
    must(String(ran) === "0,1,2", () => `order: ${String(ran)}`);
  }
}

interface Naive {
  program: (world: World) => Operation<void>;
  faults: Faults;
}

/** Cut and late, besides. */
const NOISE: Faults = { latency: [0.0001, 0.02], split: 0.3 };

export const naive: Record<string, Naive> = {
  latency: { program: lines, faults: { latency: [0.0001, 0.25], split: 0.3 } },
  split: { program: messages, faults: { latency: [0.0001, 0.001], split: 0.05 } },
  join: { program: messages, faults: { latency: [0.0001, 0.001], join: 0.05 } },
  reset: { program: lines, faults: { ...NOISE, reset: 0.01 } },
  halfclose: { program: lines, faults: { ...NOISE, halfclose: 0.01 } },
  stall: { program: lines, faults: { ...NOISE, stall: { rate: 0.01, seconds: 3 } } },
  refuse: { program: lines, faults: { ...NOISE, refuse: 0.02 } },
  lookupfail: { program: lines, faults: { ...NOISE, lookupfail: 0.03 } },
  lookuphang: { program: lines, faults: { ...NOISE, lookuphang: 0.03 } },
  partition: { program: lines, faults: { ...NOISE, partition: 0.1 } },
  "partition at a time": { program: lines, faults: { ...NOISE, partition: { at: [2.1] } } },
  "reset at a time": { program: lines, faults: { ...NOISE, reset: { at: [1] } } },
  loss: { program: datagrams, faults: { ...NOISE, loss: 0.02 } },
  duplicate: { program: datagrams, faults: { ...NOISE, duplicate: 0.02 } },
  reorder: { program: datagrams, faults: { ...NOISE, reorder: 0.03 } },
  order: { program: forks, faults: { ...NOISE, order: 0.03 } },
};

/** What is told of a run that fails, whole. */
export function told({ cause, faults, log }: SimulationError): string {
  return [String(cause), faults.join(" "), ...log.map((entry) => JSON.stringify(entry))].join("\n");
}

/** What is told of the run that COSOCKET_REPLAY asks for. */
export async function replayed(kind: string, replay: string): Promise<string> {
  const { program, faults } = naive[kind]!;
  process.env["COSOCKET_REPLAY"] = replay;
  try {
    await simulate({ faults }, program);
    return "it did not fail";
  } catch (error) {
    return error instanceof SimulationError ? told(error) : String(error);
  } finally {
    delete process.env["COSOCKET_REPLAY"];
  }
}
