/**
 * Random programs over the connection pool, beside a model that knows for each client which server and which trust it must
 * get, who holds a place, and who waits for one. COSOCKET_RUNS says how many of them (COSOCKET_SEED: from which seed on).
 */
import type { ChannelListener } from "node:diagnostics_channel";
import { expect } from "chai";
import type { Operation } from "effection";
import {
  type ConnectOptions,
  fork,
  sleep,
  socket,
  type Tcp,
  type TlsContext,
  type TlsParams,
  useFiber,
} from "cosocket";
import { copas } from "cosocket/copas";
import { channels, type FiberEvent } from "cosocket/reactor";
import { type World, simulate } from "cosocket/testing";
import { certificate } from "../../../examples/support/certificate.js";
import { eachSeed, runs } from "../../support/counts.js";

const RUNS = runs(6);
const PORT = 7;
const ACTORS = 6;
const STEPS = 5;

const authority = certificate(["authority"], { authority: true });
const rogue = certificate(["rogue authority"], { authority: true });
const evil = certificate(["evil.test"], { issuer: authority });
const alice = certificate(["alice"], { issuer: authority });

/** Both answer in the clear and encrypted; nobody who verifies may trust b, but under the name evil.test. */
const SERVERS = {
  a: certificate(["a", "b", "svc.test"], { issuer: authority }),
  b: certificate(["a", "b", "svc.test"], { issuer: rogue }),
};
type Host = keyof typeof SERVERS;

interface Kind {
  tls?: TlsParams;
  /** Default: the host. */
  name?: string;
  client?: string;
  /** The same, made ready: without `name`, and with it. */
  ready?: TlsContext;
  named?: TlsContext;
}
const cafile = authority.certificate;
const asAlice = { key: alice.key, certificate: alice.certificate };
const KINDS: Kind[] = [
  {},
  {},
  { tls: { cafile } },
  { tls: { verify: "none" } },
  { tls: { cafile }, name: "svc.test" },
  { tls: { verify: "none" }, name: "evil.test" },
  { tls: { cafile }, name: "evil.test" },
  { tls: { cafile, ...asAlice }, client: "alice" },
];
for (const kind of KINDS) {
  if (kind.tls === undefined) continue;
  kind.ready = socket.tls.newcontext({ ...kind.tls, mode: "client" });
  kind.named = socket.tls.newcontext({ ...named(kind), mode: "client" });
}

function named({ tls, name }: Kind): TlsParams {
  return name === undefined ? tls! : { ...tls, servername: name };
}

/** To read keys and certificates is dear; that the same parameters are the same connection, ready or not, needs only some of both. */
function prepared(params: TlsParams, ready: TlsContext): TlsParams | TlsContext {
  return chance(0.1) ? params : ready;
}
const verifies = ({ tls }: Kind): boolean => tls !== undefined && tls.verify !== "none";

const BOUND = { pool_size: 2, backlog: 2 };
const POOLS: ConnectOptions[] = [{}, {}, { pool: "shared" }, { pool: "bounded", ...BOUND }];

function chance(probability: number): boolean {
  return Math.random() < probability;
}
function any<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)]!;
}

/** What a server says of the connection by which it was asked. */
interface Seen {
  question: string;
  server: Host;
  connection: string;
  secure: boolean;
  name: string;
  client: string;
}

function serverContext({ key, certificate }: (typeof SERVERS)[Host]): TlsContext {
  return socket.tls.newcontext({
    mode: "server",
    key,
    certificate,
    cafile,
    verify: "peer",
    sni: { names: { "evil.test": { key: evil.key, certificate: evil.certificate } } },
  });
}
const CONTEXTS = { a: serverContext(SERVERS.a), b: serverContext(SERVERS.b) };

function* serveHost(host: Host): Operation<void> {
  const server = socket.try(yield* socket.bind("*", PORT));
  for (let number = 1; ; number++) {
    const client = socket.try(yield* server.accept());
    yield* fork(() => serveClient(client, host, `${host}${number}`));
  }
}

function* serveClient(client: Tcp, server: Host, connection: string): Operation<void> {
  const [first] = yield* client.peek(1);
  const secure = first?.[0] === 22;
  if (secure && (yield* client.dohandshake(CONTEXTS[server]))[1]) return;
  const shown = secure ? client.getpeercertificate()[0] : undefined;
  const facts = {
    server,
    connection,
    secure,
    name: (secure ? client.getsniname()[0] : undefined) ?? "",
    client: shown?.subject.replace("CN=", "") ?? "",
  };
  for (;;) {
    const [question, error] = yield* client.receive();
    if (error) return void client.close();
    if (chance(0.3)) yield* sleep(Math.random() / 20);
    yield* client.send(`${JSON.stringify({ question, ...facts })}\n`);
    if (chance(0.1)) return void client.close();
  }
}

/** Whether it has a connection, of which the peer may have gone. */
function connected(client: Tcp): boolean {
  return !client.closed && Number(client.getsockname()[1]) > 0;
}

class Model {
  /** Some programs crowd one pool. */
  readonly pools = chance(0.5) ? POOLS : POOLS.slice(-1);
  readonly kinds = chance(0.5) ? KINDS : KINDS.slice(0, 3);
  private questions = 0;
  /** Who uses each connection, by the server's name of it. */
  private readonly users = new Map<string, Tcp>();
  /** Of the bounded pool: who has been given a place (some may have lost it since), and who waits for one. */
  private readonly holders = new Set<Tcp>();
  private readonly queue: Tcp[] = [];

  /** From now on it waits. */
  asks(client: Tcp): void {
    this.queue.push(client);
  }
  /** It has a place: it connects, or is connected. */
  granted(client: Tcp): void {
    const place = this.queue.indexOf(client);
    if (place < 0) return;
    expect(client.closed).to.equal(false);
    const held = [...this.holders].filter(connected).length;
    expect(place, "its place in the queue, with what is free").to.be.lessThan(
      BOUND.pool_size - held,
    );
    this.queue.splice(place, 1);
    this.holders.add(client);
  }
  /** It is not served, or has no connection any more. */
  over(client: Tcp): void {
    for (const [connection, user] of this.users) if (user === client) this.users.delete(connection);
    this.holders.delete(client);
    if (this.queue.includes(client)) this.queue.splice(this.queue.indexOf(client), 1);
  }

  /** Ask the server who we are, and compare. False: no answer. */
  *ask(client: Tcp, host: Host, kind: Kind, options: ConnectOptions): Operation<boolean> {
    const question = `q${++this.questions}`;
    yield* client.send(`${question}\n`);
    const [line, error] = yield* client.receive();
    if (error) return false;
    const seen = JSON.parse(line) as Seen;
    const secure = kind.tls !== undefined;
    expect(seen).to.include({
      question,
      secure,
      name: secure ? (kind.name ?? host) : "",
      client: kind.client ?? "",
    });
    this.holds(client, seen.connection);
    if (options.pool === undefined) expect(seen.server).to.equal(host);
    if (verifies(kind)) {
      expect(kind.name === "evil.test" || seen.server === "a", "trust").to.equal(true);
      expect(client.getpeerverification()).to.deep.equal([true]);
    }
    return true;
  }

  /** Nobody else may have the connection until `client` has given it back. */
  private holds(client: Tcp, connection: string): void {
    expect(this.users.get(connection) ?? client, connection).to.equal(client);
    this.users.set(connection, client);
  }
}

/** Connect in one of the ways there are. The error, if it fails. */
function* connect(client: Tcp, host: Host, kind: Kind, pool: ConnectOptions): Operation<unknown> {
  const { name } = kind;
  if (kind.tls === undefined) return (yield* client.connect(host, PORT, pool))[1];
  const way = Math.floor(Math.random() * 3);
  if (way === 0) {
    const tls = prepared(named(kind), kind.named!);
    return (yield* client.connect(host, PORT, { ...pool, tls }))[1];
  }
  const tls = prepared(kind.tls, kind.ready!);
  if (name !== undefined) client.sni(name);
  if (way === 1) {
    try {
      return (yield* copas.wrap(client, tls).connect(host, PORT, pool))[1];
    } catch (error) {
      return (error as Error).message;
    }
  }
  const [, error] = yield* client.connect(host, PORT, pool);
  if (error) return error;
  // There the server speaks in the clear for ever.
  if (client.getreusedtimes()[0] !== 0) return "closed";
  return (yield* client.dohandshake(tls))[1];
}

function* step(model: Model): Operation<void> {
  const client = socket.tcp();
  const host = any(["a", "b"] as const);
  const [kind, pool] = [any(model.kinds), any(model.pools)];
  if (chance(0.3)) client.settimeout(Math.random() / 20, any(["b", "t"]));
  const self = (yield* useFiber())!;
  const watched = ({ fiber, wait }: FiberEvent): void => {
    if (fiber === self && !wait!.description.endsWith("a place in its pool")) model.granted(client);
  };
  if (pool.backlog !== undefined) {
    model.asks(client);
    channels.park.subscribe(watched as ChannelListener);
  }
  const closer = chance(0.2) ? yield* fork(() => closeLater(client)) : undefined;
  try {
    const error = yield* connect(client, host, kind, pool);
    channels.park.unsubscribe(watched as ChannelListener);
    if (connected(client)) model.granted(client);
    if (error !== undefined) {
      if (verifies(kind) && host === "b" && kind.name !== "evil.test") return;
      expect(error).to.match(/timeout|closed|refused|too many waiting/);
      return;
    }
    if (client.closed) return;
    let sound = true;
    for (let asks = Math.floor(Math.random() * 3); asks > 0 && sound; asks--)
      sound = yield* model.ask(client, host, kind, pool);
    if (chance(0.3)) yield* sleep(Math.random() / 10);
    if (!sound) expect(client.setkeepalive()[1]).to.match(/closed|dubious|unread/);
  } finally {
    channels.park.unsubscribe(watched as ChannelListener);
    model.over(client);
    // However it has ended, the pool has to see by itself what it can keep.
    if (connected(client) && chance(0.8)) client.setkeepalive(any([0.05, 60]));
    client.close();
    void closer?.halt();
  }
}

function* closeLater(client: Tcp): Operation<void> {
  yield* sleep(Math.random() / 20);
  client.close();
}

function* actor(model: Model): Operation<void> {
  for (let steps = 0; steps < STEPS; steps++) {
    const fiber = yield* fork(() => step(model));
    if (chance(0.2)) {
      yield* sleep(Math.random() / 10);
      yield* fiber.halt();
    } else yield* fiber;
  }
}

function* program(world: World): Operation<void> {
  for (const host of ["a", "b"] as const) yield* world.host(host, () => serveHost(host));
  yield* sleep(1);
  yield* yield* world.host("client", function* () {
    const model = new Model();
    const actors = [];
    for (let i = 0; i < ACTORS; i++) actors.push(yield* fork(() => actor(model)));
    for (const fiber of actors) yield* fiber;
    // No place was lost.
    yield* sleep(20);
    const last = [socket.tcp(), socket.tcp()];
    for (const client of last) {
      client.settimeout(1);
      socket.try(yield* client.connect("a", PORT, { pool: "bounded", ...BOUND }));
    }
    for (const client of last) client.close();
  });
}

describe("random programs over the pool", () => {
  it(`give every client the server and the trust that it asked for, and lose no place (${RUNS} seeds)`, async function () {
    this.timeout(0);
    await eachSeed(RUNS, (seed) =>
      simulate({ seed, faults: { latency: [0.0001, 0.005], order: 0.2 } }, program),
    );
  });
});
