/**
 * Random programs of everything that a simulation makes virtual or waits for: what they do, and what they log, has to follow from
 * the seed alone.
 */
import { createHash, randomBytes, scrypt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { call, type Operation, race, sleep as pause, spawn } from "effection";
import { type Fiber, fork, serve, sleep, socket, type Tcp, type Udp, type Unix } from "cosocket";
import { copas, lock, queue } from "cosocket/copas";
import { ALL_FAULTS, simulate, SimulationError, type World } from "cosocket/testing";
import { told } from "./naive.js";
import { dice } from "./programs.js";

const PORT = 7000;
const GROUP = "239.1.2.3";
const HOSTS = ["ann", "bob", "Cy's box"];
/** Nothing is put there: Unix sockets of a simulation are in no folder of the disk. */
const PATH = join(tmpdir(), "anything.socket");
const PATIENCE = 1.5;

/** What happens to be chosen, by a number of its own. */
class Chooser {
  private readonly random: () => number;
  constructor(seed: number) {
    this.random = dice(seed);
  }
  below(count: number): number {
    return Math.floor(this.random() * count);
  }
  chance(rate: number): boolean {
    return this.random() < rate;
  }
  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

type Say = (what: string) => void;
type Deed = (chooser: Chooser, say: Say, world: World) => Operation<unknown>;

/** Short, whatever it is. */
function shown(value: unknown): string {
  if (Buffer.isBuffer(value)) return `${value.length} bytes ${digest(value)}`;
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  return String(value).slice(0, 80);
}

function digest(data: string | Buffer): string {
  return createHash("sha1").update(data).digest("hex").slice(0, 12);
}

/** Some requests, in any of the ways in which one can send and receive. */
function* talk(client: Tcp | Unix, chooser: Chooser, say: Say): Operation<void> {
  client.settimeout(PATIENCE);
  for (let i = 1 + chooser.below(5); i > 0; i--) {
    const text = `${i}`.repeat(chooser.of([1, 10, 3000, 90_000])) + "\n";
    say(`send ${shown(yield* client.send(text))}`);
    const answer = yield* chooser.of([
      () => client.receive(),
      () => client.receive(chooser.below(500)),
      () => client.receiveany(100),
      () => client.receiveuntil("1\n")(),
      () => client.receivepartial(2000),
    ])() as Operation<unknown>;
    say(`receive ${shown(answer)}`);
    if (chooser.chance(0.2)) yield* sleep(chooser.below(3));
  }
  if (chooser.chance(0.3)) say(`shutdown ${client.shutdown("send")}`);
  if (chooser.chance(0.3)) say(`rest ${shown(yield* client.receive("*a"))}`);
  if (chooser.chance(0.2)) client.setoption("linger" as string, { on: true, timeout: 0 });
  if (chooser.chance(0.8)) client.close();
}

function* answers(client: Tcp | Unix): Operation<void> {
  client.settimeout(20);
  for (;;) {
    const [line, err, partial] = yield* client.receive();
    if (err) return void (yield* client.send(`${err} ${partial.length}`));
    yield* client.send(`${line}${line.length}\n`);
  }
}

const deeds: Record<string, Deed> = {
  *tcp(chooser, say) {
    const client = socket.tcp();
    client.settimeout(chooser.of([0, 0.01, 5]));
    const host = chooser.of([...HOSTS, "alias", "127.0.0.1", "10.0.0.3", "nobody"]);
    const connected = yield* client.connect(host, PORT);
    say(`connect ${host} ${shown(connected)}`);
    if (connected[0] !== undefined) yield* talk(client, chooser, say);
  },
  *unix(chooser, say) {
    const client = socket.unix();
    const connected = yield* client.connect(PATH);
    say(`connect ${shown(connected)}`);
    if (connected[0] !== undefined) yield* talk(client, chooser, say);
  },
  *udp(chooser, say) {
    const udp = socket.udp();
    udp.settimeout(PATIENCE);
    if (chooser.chance(0.5)) say(shown(yield* udp.setpeername(chooser.of(HOSTS), PORT)));
    udp.setoption("broadcast", true);
    for (let i = 1 + chooser.below(6); i > 0; i--) {
      const to = chooser.of(["10.0.0.2", "10.0.0.3", "127.0.0.1", "255.255.255.255", GROUP]);
      const text = `${i}`.repeat(chooser.of([1, 500, 60_000]));
      const connected = udp.getpeername()[0] !== undefined;
      say(`sends ${shown(connected ? yield* udp.send(text) : yield* udp.sendto(text, to, PORT))}`);
      if (chooser.chance(0.7))
        say(`has ${shown(yield* connected ? udp.receive() : udp.receivefrom())}`);
    }
    udp.close();
  },
  *names(chooser, say) {
    for (const ask of [socket.dns.toip, socket.dns.tohostname, socket.dns.getaddrinfo]) {
      const found = yield* ask(chooser.of([...HOSTS, "alias", "10.0.0.3", "nobody"]), 2);
      say(JSON.stringify(found));
    }
  },
  *timers(chooser, say) {
    let ticks = 0;
    const interval = setInterval(() => say(`tick ${++ticks}`), 1 + chooser.below(900));
    setTimeout(() => say("timeout"), chooser.below(500));
    setImmediate(() => say("immediate"));
    queueMicrotask(() => say("microtask"));
    process.nextTick(() => say("tick of the process"));
    yield* call(() => wait(chooser.below(300)));
    yield* pause(chooser.below(300));
    say(`${Date.now()} ${performance.now()} ${crypto.randomUUID()} ${Math.random()}`);
    const signal = AbortSignal.timeout(1 + chooser.below(2000));
    signal.addEventListener("abort", () => say("aborted"));
    yield* sleep(chooser.below(3));
    clearInterval(interval);
  },
  *tasks(chooser, say) {
    const one = yield* spawn(function* () {
      yield* pause(chooser.below(1000));
      return "spawned";
    });
    const first = yield* race([one, sleep(chooser.below(2)), call(() => wait(200, "waited"))]);
    say(`${String(first)} first`);
    const forked: Fiber<void>[] = [];
    for (let i = 0; i < 4; i++)
      forked.push(
        yield* fork(function* () {
          try {
            yield* sleep(chooser.below(3));
            say(`fork ${i}`);
          } finally {
            say(`end of ${i}`);
          }
        }),
      );
    yield* sleep(1);
    for (const fiber of forked) yield* chooser.chance(0.5) ? fiber.halt() : fiber;
  },
  *work(chooser, say) {
    const all = [
      readFile(import.meta.filename).then((file) => say(`file ${digest(file)}`)),
      promisify(gzip)(Buffer.alloc(50_000, chooser.below(9))).then((z) => say(`gzip ${digest(z)}`)),
      promisify(scrypt)("a", randomBytes(4), 8).then((key) => say(`key ${digest(key as Buffer)}`)),
    ];
    yield* call(() => Promise.all(all.slice(chooser.below(3))));
  },
  *shared(_, say) {
    const [mutex, jobs] = [lock.new(PATIENCE), yield* queue.new<number>({ max: 2 })];
    for (let worker = 0; worker < 3; worker++)
      jobs.add_worker(function* (job) {
        const taken = yield* mutex.get();
        yield* sleep(Math.random());
        say(`worker ${worker} job ${job} ${shown(taken)}`);
        if (taken[0] !== undefined) mutex.release();
      });
    for (let job = 0; job < 6; job++) yield* jobs.push(job);
    say(shown(yield* jobs.finish(5)));
  },
  *weather(chooser, say, world) {
    const [a, b] = [chooser.of(HOSTS), chooser.of([...HOSTS, "home"])];
    if (a === b) return;
    world.partition(a, b);
    yield* sleep(chooser.below(5));
    world.repair(a, b);
    world.faults = { ...ALL_FAULTS, bandwidth: chooser.of([1000, 1e6]), loss: Math.random() };
    say("the weather changes");
  },
};

/** Servers of each kind. */
function* serves(say: Say): Operation<void> {
  const errorhandler = (error: unknown): void => say(`failed: ${String(error)}`);
  const server = socket.try(yield* socket.bind("*", PORT));
  const unix = socket.unix();
  socket.try(yield* unix.bind(PATH));
  socket.try(yield* unix.listen());
  const udp: Udp = socket.udp();
  socket.try(yield* udp.setsockname("*", PORT));
  udp.setoption("ip-add-membership", { multiaddr: GROUP, interface: "*" });
  yield* fork(() => serve(server, answers, { errorhandler }));
  yield* fork(() => serve(unix, answers, { errorhandler }));
  for (;;) {
    const [data, ip, port] = yield* udp.receivefrom();
    if (data !== undefined) yield* udp.sendto(`${data.length}`, ip, port);
  }
}

/** A loop of Copas's: a server, and threads that talk to it. */
function* copasLoop(chooser: Chooser, say: Say): Operation<void> {
  yield* copas.loop(function* () {
    const server = socket.try(yield* socket.bind("*", PORT + 1));
    copas.addserver(server, function* (client) {
      const [line, err] = yield* copas.receive(client);
      yield* copas.send(client, `${line ?? err}\n`);
    });
    for (let i = 0; i < 3; i++)
      copas.addthread(function* () {
        const client = copas.wrap(socket.tcp());
        copas.settimeouts(client, 2, 2, 2);
        const connected = yield* copas.connect(client, chooser.of(["home", ...HOSTS]), PORT + 1);
        say(`copas ${shown(connected)} ${shown(yield* copas.send(client, `${i}\n`))}`);
        say(`copas ${i}: ${shown(yield* copas.receive(client))}`);
        yield* copas.pause(chooser.below(2));
        client.close();
      });
    copas.addthread(function* () {
      yield* copas.pause(10);
      copas.removeserver(server);
    });
  });
}

function* program(world: World): Operation<void> {
  const chooser = new Chooser(world.seed + 1);
  const say: Say = (what) => world.log(what);
  for (const name of HOSTS) yield* world.host(name, () => serves(say));
  yield* sleep(0.01);
  const actors: Fiber<void>[] = [];
  for (let i = 2 + chooser.below(5); i > 0; i--) {
    const own = new Chooser(world.seed * 100 + i);
    const act = function* (): Operation<void> {
      for (let deed = 1 + own.below(4); deed > 0; deed--) {
        const name = own.of(Object.keys(deeds));
        say(name);
        yield* deeds[name]!(own, say, world);
      }
    };
    actors.push(own.chance(0.3) ? yield* fork(act) : yield* world.host(own.of(HOSTS), act));
  }
  if (chooser.chance(0.3)) {
    const place = chooser.of(["home", ...HOSTS]);
    const loop = (): Operation<void> => copasLoop(chooser, say);
    actors.push(place === "home" ? yield* fork(loop) : yield* world.host(place, loop));
  }
  for (const actor of actors) yield* actor;
  if (chooser.chance(0.1)) void Promise.reject(new Error("nobody handles it"));
}

/** What the random program of this seed does under all faults: its log, and how it ends. */
export async function anything(seed: number): Promise<string> {
  const options = { seed, faults: ALL_FAULTS, names: { alias: HOSTS[0]! }, trace: seed % 2 === 0 };
  try {
    const run = await simulate({ ...options, limit: 5000 }, program);
    return [String(run.seconds), run.faults.join(" "), String(run)].join("\n");
  } catch (error) {
    return error instanceof SimulationError ? told(error) : String(error);
  }
}
