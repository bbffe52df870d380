/**
 * Connecting, accepting and shaking hands, halted, raced and timed out at random turns. An object is afterwards what its documentation
 * says, nobody who waits behind is forgotten, no place of a pool is lost. COSOCKET_RUNS and COSOCKET_SEED as in halts-stream.test.ts.
 */
import { expect } from "chai";
import { ensure, type Operation, race, withResolvers } from "effection";
import {
  type ConnectOptions,
  fork,
  type Fiber,
  sleep,
  socket,
  type Tcp,
  type Unix,
} from "cosocket";
import { Branches } from "../../support/branches.js";
import { Chaos } from "../../support/chaos.js";
import { pair, portOf } from "../../support/pairs.js";
import { programs } from "../../support/runs.js";
import { authority, identity, socketPath, unixPair } from "../../support/transports.js";

const PATIENCE = 0.5;
/** First byte of a TLS handshake. */
const HANDSHAKE = 22;
const SERVER = socket.tls.newcontext({
  mode: "server",
  key: identity.key,
  certificate: identity.certificate,
});
const CLIENT = socket.tls.newcontext({
  mode: "client",
  cafile: authority.certificate,
  servername: "localhost",
});
const BOUND: ConnectOptions = { pool: "bounded", pool_size: 2, backlog: 3 };
const OPTIONS: ConnectOptions[] = [{}, {}, { pool: "free" }, BOUND, BOUND, { tls: CLIENT }];

/** Where it can be reached, and a new object for that. */
interface Place {
  client(): Tcp | Unix;
  connect(client: Tcp | Unix, options: ConnectOptions): Operation<string | undefined>;
}

function* times(count: number, body: (i: number) => Operation<void>): Operation<void> {
  const fibers: Fiber[] = [];
  for (let i = 0; i < count; i++) fibers.push(yield* fork(() => body(i)));
  for (const fiber of fibers) yield* fiber;
}

/** Answer what one client says, in the clear or encrypted, until it has had enough. */
function* answer(client: Tcp | Unix): Operation<void> {
  client.settimeout(PATIENCE);
  const [first] = yield* client.peek(1);
  if (first?.[0] === HANDSHAKE && (yield* client.dohandshake(SERVER))[1] !== undefined) {
    connects.take("the server's handshake fails");
    return void expect(client.closed).to.equal(true);
  }
  for (;;) {
    const [line, error] = yield* client.receive();
    if (error) return void client.close();
    yield* client.send(`${line}\n`);
  }
}

/** Accept one, and serve it. */
function* serveOne(chaos: Chaos, server: Tcp | Unix): Operation<void> {
  if (chaos.chance(0.3)) server.settimeout(chaos.seconds);
  else server.settimeout(PATIENCE);
  const [client, error] = yield* server.accept();
  if (error) return void expect(error).to.equal("timeout");
  // In a task of Effection's nobody else does it.
  try {
    yield* answer(client);
  } finally {
    client.close();
  }
}

const connects = new Branches(
  "the server's handshake fails",
  "a visitor's receive fails",
  "a visitor's connect fails",
);
const handshakes = new Branches(
  "a handshake fails",
  "both are secured",
  "one that is secured alone is told that its peer is gone",
);
let questions = 0;

/** Connect, and see that it is a connection. */
function* visit(chaos: Chaos, place: Place, client: Tcp | Unix, options: ConnectOptions) {
  if (chaos.chance(0.3)) client.settimeout(chaos.chance(0.2) ? 0 : chaos.seconds);
  else client.settimeout(PATIENCE);
  const error = yield* place.connect(client, options);
  if (error !== undefined) {
    connects.take("a visitor's connect fails");
    expect(error).to.match(
      /^(timeout|closed|connection refused|too many waiting|tls handshake failed)/,
    );
    return;
  }
  expect(client.closed).to.equal(false);
  if (chaos.chance(0.2)) client.settimeout(chaos.chance(0.5) ? 0 : chaos.seconds);
  for (let asks = chaos.below(3); asks > 0; asks--) {
    const question = `question ${++questions}`;
    yield* client.send(`${question}\n`);
    const [line, failure] = yield* client.receive();
    if (failure) {
      connects.take("a visitor's receive fails");
      return void client.close();
    }
    expect(line).to.equal(question);
  }
  // The pool has to see by itself whether it can be kept.
  if (chaos.chance(0.6)) client.setkeepalive(PATIENCE);
}

/** The same object until it is closed or connected: a connect that was halted is in nobody's way. */
function* visitor(chaos: Chaos, place: Place): Operation<void> {
  const client = place.client();
  const options = chaos.any(OPTIONS);
  const connected = function* (): Operation<boolean> {
    return (yield* socket.select([], [client], 0))[1].length > 0;
  };
  for (
    let tries = 1 + chaos.below(3);
    tries > 0 && !client.closed && !(yield* connected());
    tries--
  ) {
    const closer = chaos.chance(0.1) ? yield* fork(() => closeLater(chaos, client)) : undefined;
    yield* chaos.disturb(() => visit(chaos, place, client, options));
    if (closer) yield* closer;
  }
  client.close();
}

/** Begins a handshake, and goes. */
function* quitter(place: Place): Operation<void> {
  const client = place.client();
  client.settimeout(PATIENCE);
  expect(yield* place.connect(client, {})).to.equal(undefined);
  yield* client.send(Buffer.of(HANDSHAKE));
  client.close();
}

function* closeLater(chaos: Chaos, client: Tcp | Unix): Operation<void> {
  yield* chaos.pause();
  client.close();
}

function* tcpPlace(chaos: Chaos): Operation<[Tcp, Place]> {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  const port = portOf(server);
  // One whose attempt goes on after a timeout has to ask for the same.
  const host = chaos.any(["127.0.0.1", "localhost", "localhost"]);
  return [
    server,
    {
      client: () => socket.tcp(),
      *connect(client, options) {
        return (yield* (client as Tcp).connect(host, port, options))[1];
      },
    },
  ];
}

function* unixPlace(): Operation<[Unix, Place]> {
  const path = yield* socketPath();
  const server = socket.unix();
  socket.try(yield* server.bind(path));
  return [
    server,
    {
      client: () => socket.unix(),
      *connect(client, options) {
        return (yield* (client as Unix).connect(path, options))[1];
      },
    },
  ];
}

function* connecting(chaos: Chaos, make: () => Operation<[Tcp | Unix, Place]>): Operation<void> {
  const [server, place] = yield* make();
  yield* ensure(() => void server.close());
  const acceptors = yield* fork(() =>
    times(1 + chaos.below(3), function* () {
      for (let steps = 3; steps > 0; steps--) yield* chaos.disturb(() => serveOne(chaos, server));
    }),
  );
  const visitors = yield* fork(() =>
    times(1 + chaos.below(5), function* () {
      for (let steps = 1 + chaos.below(3); steps > 0; steps--) yield* visitor(chaos, place);
    }),
  );
  yield* acceptors;
  // From now on nobody is halted here: those who are left are served.
  const rest = yield* fork(() =>
    times(4, function* () {
      for (;;) {
        server.settimeout();
        const [client, error] = yield* server.accept();
        if (error) return;
        yield* answer(client);
      }
    }),
  );
  yield* visitors;
  yield* quitter(place);
  // What is idle may have been ended by a server that was halted. Two have room in the bounded pool, as ever.
  socket.closepools();
  yield* times(2, function* () {
    const client = place.client();
    client.settimeout(PATIENCE);
    expect(yield* place.connect(client, BOUND)).to.equal(undefined);
    yield* client.send("last\n");
    expect((yield* client.receive())[0]).to.equal("last");
    client.close();
  });
  server.close();
  yield* rest;
  socket.closepools();
}

/** Both sides shake hands, every other time after some words in the clear; others receive, or close, meanwhile. */
function* shaking(chaos: Chaos, make: typeof pair | typeof unixPair): Operation<void> {
  const sides: (Tcp | Unix)[] = yield* make();
  const [client, served] = sides as [Tcp, Tcp];
  // By the seed: the first number that is drawn is above a half for each of the first six.
  if (chaos.seed % 2 === 1) {
    yield* client.send("STARTTLS\n");
    expect((yield* served.receive())[0]).to.equal("STARTTLS");
  }
  const secured = [false, false];
  // Or the server is halted when the client has done its part: what it sends last is on its way then.
  const [abandoned, clientDone] = [chaos.seed % 3 === 0, withResolvers<void>()];
  const disturb = (i: number, shake: () => Operation<void>): Operation<unknown> => {
    if (!abandoned) return chaos.disturb(shake);
    return i === 0 ? shake() : race([shake(), clientDone.operation]);
  };
  yield* times(2, function* (i) {
    const side = sides[i]!;
    const limit = !abandoned && chaos.chance(0.3) ? chaos.seconds : PATIENCE;
    if (!abandoned && chaos.chance(0.1)) yield* fork(() => closeLater(chaos, side));
    yield* disturb(i, function* () {
      const [self, error] = yield* side.dohandshake(i === 0 ? CLIENT : SERVER, limit);
      secured[i] = self === side;
      if (error) {
        handshakes.take("a handshake fails");
        expect(side.closed).to.equal(true);
      }
    });
    if (i === 0) clientDone.resolve();
    if (!secured[i]) side.close();
  });
  // Who has not ended its handshake is closed.
  expect(sides.map((side, i) => secured[i] || side.closed)).to.deep.equal([true, true]);
  if (secured[0] && secured[1] && !client.closed && !served.closed) {
    handshakes.take("both are secured");
    yield* client.send("there\n");
    expect((yield* served.receive())[0]).to.equal("there");
    yield* served.send("back\n");
    expect((yield* client.receive())[0]).to.equal("back");
  }
  // Whose peer is gone is told so.
  for (const i of [0, 1]) if (!secured[i]) sides[i]!.close();
  for (const i of [0, 1]) {
    if (sides[i]!.closed || secured[1 - i]) continue;
    handshakes.take("one that is secured alone is told that its peer is gone");
    expect((yield* sides[i]!.receive())[1]).to.equal("closed");
  }
  for (const side of sides) side.close();
  yield* sleep(0);
}

const program = (body: (chaos: Chaos) => Operation<void>) =>
  function* (seed: number, longest: number): Operation<void> {
    yield* yield* fork(() => body(new Chaos(seed, longest)));
  };

describe("random halts of those that connect and accept", () => {
  programs(
    "TCP: forget nobody",
    program((chaos) => connecting(chaos, () => tcpPlace(chaos))),
    4,
  );
  programs(
    "Unix: forget nobody",
    program((chaos) => connecting(chaos, unixPlace)),
    3,
  );
  connects.allTaken();
});

describe("random halts of handshakes", () => {
  programs(
    "TCP: close what is not secured",
    program((chaos) => shaking(chaos, pair)),
    5,
  );
  programs(
    "Unix: close what is not secured",
    program((chaos) => shaking(chaos, unixPair)),
    3,
  );
  handshakes.allTaken();
});
