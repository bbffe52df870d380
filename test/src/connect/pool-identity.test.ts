/** What a connection out of the pool is: exactly what the one who connects would have made. */
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import {
  fibers,
  fork,
  sleep,
  socket,
  type Tcp,
  type TlsContext,
  type TlsParams,
  type Unix,
} from "cosocket";
import { copas } from "cosocket/copas";
import type { FiberEvent } from "cosocket/reactor";
import { simulate } from "cosocket/testing";
import { certificate } from "../../../examples/support/certificate.js";
import { canAskKernel, kernel } from "../../support/kernel.js";
import { check } from "../../support/check.js";
import { listening, portOf, thrown } from "../../support/pairs.js";
import { authority, identity, socketPath } from "../../support/transports.js";

const alice = certificate(["alice"], { issuer: authority });
const bob = certificate(["bob"], { issuer: authority });
const evil = certificate(["evil.example"], { issuer: authority });

const asAlice = { key: alice.key, certificate: alice.certificate };
const trusting = { cafile: authority.certificate };
const careless: TlsParams = { verify: "none" };

/** What a server tells of the connection that a line came by. */
interface Seen {
  /** Which connection it is. */
  connection: number;
  /** The name that the client asked for; "plain" without TLS. */
  name: string;
  /** The common name of the client's certificate. */
  client: string;
}

/** Serve one who has connected: answer each line with what is known of him. */
function* answer(client: Tcp | Unix, connection: number, tls?: TlsContext): Operation<void> {
  if (tls !== undefined) {
    const [, error] = yield* client.dohandshake(tls);
    if (error) return;
  }
  const [shown] = tls === undefined ? [] : client.getpeercertificate();
  const seen: Seen = {
    connection,
    name: tls === undefined ? "plain" : (client.getsniname()[0] ?? ""),
    client: shown?.subject.replace("CN=", "") ?? "",
  };
  for (;;) {
    const [, error] = yield* client.receive();
    if (error) return;
    yield* client.send(`${JSON.stringify(seen)}\n`);
  }
}

/** A server, with TLS if it has parameters; pools and connections end with the scope. */
function* answering(tls?: TlsParams): Operation<number> {
  const server = yield* listening();
  yield* answerAll(server, tls);
  return portOf(server);
}

function* answerAll(server: Tcp | Unix, tls?: TlsParams): Operation<void> {
  yield* ensure(() => socket.closepools());
  // One for all: with one each no session could be resumed.
  const context = tls && socket.tls.newcontext({ mode: "server", ...tls });
  const fiber = yield* fork(function* () {
    for (let connection = 1; ; connection++) {
      const client = socket.try(yield* server.accept());
      yield* fork(function* () {
        yield* answer(client, connection, context);
        client.close();
      });
    }
  });
  yield* ensure(() => void fiber.halt());
}

const secured: TlsParams = {
  key: identity.key,
  certificate: identity.certificate,
  cafile: authority.certificate,
  verify: "peer",
  sni: {
    names: { "evil.example": { key: evil.key, certificate: evil.certificate } },
  },
};

/** What the server sees on this connection. */
function* seen(client: Tcp | Unix): Operation<Seen> {
  yield* client.send("who\n");
  return JSON.parse(socket.try(yield* client.receive())) as Seen;
}

/** Connect, look, and put the connection back. */
function* visit(
  connect: (client: Tcp) => Operation<unknown>,
): Operation<Seen & { reused: number }> {
  const client = socket.tcp();
  yield* ensure(() => void client.close());
  yield* connect(client);
  const [reused] = client.getreusedtimes();
  const result = { ...(yield* seen(client)), reused: reused! };
  expect(client.setkeepalive()).to.deep.equal([1]);
  return result;
}

describe("what comes out of the pool", () => {
  const ways: Record<
    string,
    (port: number, tls: TlsParams) => (client: Tcp) => Operation<unknown>
  > = {
    "connect with tls": (port, tls) =>
      function* (client) {
        socket.try(yield* client.connect("localhost", port, { tls }));
      },
    "connect with a context": (port, tls) =>
      function* (client) {
        const context = socket.tls.newcontext(tls);
        socket.try(yield* client.connect("localhost", port, { tls: context }));
      },
    "connect and dohandshake": (port, tls) =>
      function* (client) {
        socket.try(yield* client.connect("localhost", port));
        socket.try(yield* client.dohandshake(tls));
      },
    "copas.wrap and connect": (port, tls) =>
      function* (client) {
        socket.try(yield* copas.wrap(client, tls).connect("localhost", port));
      },
    "copas.connect and dohandshake": (port, tls) =>
      function* (client) {
        socket.try(yield* copas.connect(client, "localhost", port));
        yield* copas.dohandshake(client, tls);
      },
    "copas.wrap and connect with other parameters": (port, tls) =>
      function* (client) {
        copas.wrap(client, tls.verify === "none" ? trusting : careless);
        socket.try(yield* client.connect("localhost", port, { tls }));
      },
  };
  const names = Object.keys(ways);

  for (const [i, first] of names.entries())
    it(`is not what ${first} has not verified, for one who verifies; and nothing encrypted for a plain connect`, () =>
      check(function* () {
        const port = yield* answering(secured);
        const plain = yield* listening();
        yield* ensure(() => plain.close() as never);
        for (const second of [first, names[(i + 1) % names.length]!]) {
          const before = yield* visit(ways[first]!(port, careless));
          const after = yield* visit(ways[second]!(port, trusting));
          expect(after.connection, second).to.not.equal(before.connection);
          const client = socket.tcp();
          socket.try(yield* client.connect("localhost", port));
          expect(client.getalpn()[1]).to.equal("not a tls socket");
          expect(client.getreusedtimes()).to.deep.equal([0]);
          client.close();
          // With an authority that does not know the server, it must fail.
          const stranger = ways[second]!(port, { cafile: bob.certificate });
          expect(String(yield* thrown(stranger(socket.tcp())))).to.match(
            /certificate verify failed/,
          );
          socket.closepools();
        }
      }));

  it("is for one who asks for just that, however it was made", () =>
    check(function* () {
      const port = yield* answering(secured);
      const { connection } = yield* visit(ways["connect and dohandshake"]!(port, trusting));
      for (const name of ["connect with tls", "connect with a context", "copas.wrap and connect"]) {
        const again = yield* visit(ways[name]!(port, { ...trusting }));
        expect(again.connection, name).to.equal(connection);
      }
    }));

  it("was made for the same name, wherever that came from", () =>
    check(function* () {
      const port = yield* answering(secured);
      const named = (name: string, tls: TlsParams = trusting) =>
        function* (client: Tcp): Operation<void> {
          socket.try(yield* client.connect("localhost", port));
          client.sni(name);
          socket.try(yield* client.dohandshake(tls));
        };
      const other = yield* visit(named("evil.example"));
      expect(other.name).to.equal("evil.example");
      const own = yield* visit(ways["connect with tls"]!(port, trusting));
      expect([own.name, own.reused]).to.deep.equal(["localhost", 0]);
      const wrapped = yield* visit(ways["copas.wrap and connect"]!(port, trusting));
      expect(wrapped.connection).to.equal(own.connection);
      for (const tls of [
        { ...trusting, servername: "evil.example" },
        { ...trusting, sni: { names: "evil.example" } },
      ])
        expect((yield* visit(ways["connect with tls"]!(port, tls))).connection).to.equal(
          other.connection,
        );
      const told = yield* visit(function* (client) {
        client.sni("evil.example");
        socket.try(yield* client.connect("localhost", port, { tls: trusting }));
      });
      expect(told.connection).to.equal(other.connection);
      // The host that was connected to is the name that is verified, also on a connection that is used again.
      const plainPort = yield* answering();
      yield* visit(function* (client) {
        socket.try(yield* client.connect("localhost", plainPort));
      });
      const reused = socket.tcp();
      socket.try(yield* reused.connect("localhost", plainPort));
      expect(reused.getreusedtimes()).to.deep.equal([1]);
      expect((yield* reused.dohandshake(trusting))[1]).to.equal(
        "unread data before the tls handshake",
      );
    }));

  it("is known to the server as the same client: certificate, session", () =>
    check(function* () {
      const port = yield* answering({ ...secured, sessionIdContext: "pool" });
      const v12 = { ...trusting, protocol: "tlsv1_2" } as const;
      const known = socket.tcp();
      socket.try(yield* known.connect("localhost", port, { tls: { ...v12, ...asAlice } }));
      expect((yield* seen(known)).client).to.equal("alice");
      // A copy: the session itself is not offered without the certificate that it was made with.
      const session = Buffer.from(known.getsession()[0]!);
      known.setkeepalive();
      const resumed = yield* visit(ways["connect with tls"]!(port, { ...v12, session }));
      expect(resumed.client).to.equal("alice");
      for (const tls of [v12, { ...v12, key: bob.key, certificate: bob.certificate }])
        expect((yield* visit(ways["connect with tls"]!(port, tls))).client).to.equal(
          "key" in tls ? "bob" : "",
        );
      const anonymous = yield* visit(ways["connect with tls"]!(port, v12));
      expect([anonymous.client, anonymous.reused]).to.deep.equal(["", 1]);
    }));

  it("has negotiated what was offered, and was judged by the same functions", () =>
    check(function* () {
      const port = yield* answering({ ...secured, alpn: ["one", "two"] });
      const judge = (): undefined => undefined;
      const kinds: TlsParams[] = [
        { ...trusting, alpn: "one" },
        { ...trusting, alpn: ["two", "one"] },
        { ...trusting, checkServerIdentity: judge },
        { ...trusting, checkServerIdentity: () => undefined },
        { ...trusting, protocol: "tlsv1_2" },
        { ...trusting, ciphersuites: "TLS_AES_128_GCM_SHA256" },
      ];
      const connections = new Set<number>();
      for (const tls of kinds)
        connections.add((yield* visit(ways["connect with tls"]!(port, tls))).connection);
      expect(connections.size).to.equal(kinds.length);
      for (const tls of kinds)
        expect((yield* visit(ways["connect with tls"]!(port, { ...tls }))).reused).to.equal(1);
    }));

  it("does not depend on what is done to the parameters after the call", () =>
    check(function* () {
      const port = yield* answering(secured);
      const params: { -readonly [K in keyof TlsParams]: TlsParams[K] } = { ...trusting };
      const client = socket.tcp();
      const operation = client.connect("localhost", port, { tls: params });
      params.verify = "none";
      params.cafile = bob.certificate;
      socket.try(yield* operation);
      const first = yield* seen(client);
      params.servername = "evil.example";
      client.setkeepalive();
      const again = yield* visit(ways["connect with tls"]!(port, trusting));
      expect(again.connection).to.equal(first.connection);
      const context = socket.tls.newcontext(
        Object.assign(params, { cafile: authority.certificate }),
      );
      params.verify = "peer";
      params.servername = "localhost";
      expect((yield* visit(ways["connect with tls"]!(port, trusting))).reused).to.equal(2);
      const loose = yield* visit(function* (skt) {
        socket.try(yield* skt.connect("localhost", port, { tls: context }));
      });
      expect([loose.reused, loose.name]).to.deep.equal([0, "evil.example"]);
    }));

  it("is not chosen by a name that spells what is asked for, and one name is shared by all that may share", () =>
    check(function* () {
      const port = yield* answering(secured);
      const where = `localhost:${port}`;
      const first = yield* visit(ways["connect with tls"]!(port, trusting));
      const pools = [where, `["tcp","to","${where}"]`, `${where} undefined`];
      for (const pool of pools) {
        const client = socket.tcp();
        socket.try(yield* client.connect("localhost", port, { pool }));
        expect([client.getreusedtimes(), client.getalpn()[1]]).to.deep.equal([
          [0],
          "not a tls socket",
        ]);
        client.close();
        const kept = yield* visit(function* (skt) {
          socket.try(yield* skt.connect("localhost", port, { pool, tls: trusting }));
        });
        expect(kept.connection).to.not.equal(first.connection);
        const lax = yield* visit(function* (skt) {
          socket.try(yield* skt.connect("localhost", port, { pool, tls: careless }));
        });
        expect(lax.connection).to.not.equal(kept.connection);
      }
      const other = yield* answering(secured);
      const elsewhere = yield* visit(function* (skt) {
        // Another host, and so another name.
        socket.try(yield* skt.connect("127.0.0.1", other, { pool: where, tls: trusting }));
      });
      expect(elsewhere.reused).to.equal(0);
    }));

  it("comes from the address that the object is bound to, and from no other object's", () =>
    check(function* () {
      const port = yield* answering();
      const bound = (client: Tcp): Operation<unknown> => client.bind("127.0.0.2", 0);
      const first = yield* visit(function* (client) {
        yield* bound(client);
        socket.try(yield* client.connect("127.0.0.1", port));
        expect(client.getsockname()[0]).to.equal("127.0.0.2");
      });
      const anybody = yield* visit(function* (client) {
        socket.try(yield* client.connect("127.0.0.1", port));
        expect(client.getsockname()[0]).to.equal("127.0.0.1");
      });
      expect(anybody.connection).to.not.equal(first.connection);
      const server = socket.tcp();
      yield* bound(server);
      const [, own] = server.getsockname();
      socket.try(yield* server.connect("127.0.0.1", port));
      expect(server.getsockname()).to.deep.equal(["127.0.0.2", own, "inet"]);
      expect(server.getreusedtimes()).to.deep.equal([0]);
      // The port that it had been listening on is free.
      server.close();
      const next = socket.tcp();
      expect(yield* next.bind("127.0.0.2", own as number)).to.deep.equal([1]);
      next.close();
    }));

  it("is of the family that the object is for", async () => {
    await simulate({}, function* () {
      const servers = [socket.tcp4(), socket.tcp6()] as const;
      socket.try(yield* servers[0].bind("127.0.0.1", 7));
      socket.try(yield* servers[1].bind("::1", 7));
      const four = socket.tcp4();
      socket.try(yield* four.connect("localhost", 7));
      four.setkeepalive();
      const six = socket.tcp6();
      socket.try(yield* six.connect("localhost", 7));
      expect([six.getreusedtimes(), six.getfamily()]).to.deep.equal([[0], "inet6"]);
      six.setkeepalive();
      for (const [client, family] of [
        [socket.tcp4(), "inet4"],
        [socket.tcp(), "inet6"],
      ] as const) {
        socket.try(yield* client.connect("localhost", 7));
        expect([client.getreusedtimes(), client.getfamily()]).to.deep.equal([[1], family]);
        client.close();
      }
      for (const server of servers) server.close();
    });
  });

  it("was made by the same host of a simulated world", async () => {
    await simulate({}, function* (world) {
      yield* world.host("server", function* () {
        const server = socket.try(yield* socket.bind("*", 7));
        for (;;) socket.try(yield* server.accept());
      });
      const used: unknown[] = [];
      for (const host of ["a", "b", "a"])
        yield* yield* world.host(host, function* () {
          const client = socket.tcp();
          socket.try(yield* client.connect("server", 7));
          used.push([host, client.getsockname()[0], client.getreusedtimes()[0]]);
          client.setkeepalive();
        });
      expect(used).to.deep.equal([
        ["a", "10.0.0.3", 0],
        ["b", "10.0.0.4", 0],
        ["a", "10.0.0.3", 1],
      ]);
    });
  });

  it("has the options of its new object, also in the kernel", function () {
    if (!canAskKernel()) this.skip();
    return check(function* () {
      const names = ["keepalive", "tcp-nodelay", "tcp-keepidle"];
      const port = yield* answering();
      const first = socket.tcp();
      first.setoption("keepalive", true);
      first.setoption("tcp-nodelay", true);
      first.setoption("tcp-keepidle", 10);
      socket.try(yield* first.connect("127.0.0.1", port));
      const { connection } = yield* seen(first);
      first.setkeepalive();
      const second = socket.tcp();
      socket.try(yield* second.connect("127.0.0.1", port));
      expect((yield* seen(second)).connection).to.equal(connection);
      expect(second.getoption("keepalive")).to.deep.equal([false]);
      expect(second.getoption("tcp-nodelay")).to.deep.equal([false]);
      expect((yield* kernel("tcp4", second.getfd(), names)).slice(0, 2)).to.deep.equal([
        "keepalive false",
        "tcp-nodelay false",
      ]);
      second.setkeepalive();
      const third = socket.tcp();
      third.setoption("keepalive", true);
      socket.try(yield* third.connect("127.0.0.1", port));
      expect((yield* seen(third)).connection).to.equal(connection);
      expect(yield* kernel("tcp4", third.getfd(), names)).to.deep.equal([
        "keepalive true",
        "tcp-nodelay false",
        "tcp-keepidle 7200",
      ]);
      third.close();
    });
  });

  it("is, over a Unix socket, what it is over TCP", () =>
    check(function* () {
      const path = yield* socketPath();
      const server = socket.unix();
      yield* ensure(() => void server.close());
      socket.try(yield* server.bind(path));
      yield* answerAll(server, secured);
      const tls = { ...trusting, servername: "localhost" };
      const used: unknown[] = [];
      for (const params of [careless, tls, tls, undefined]) {
        const client = socket.unix();
        if (params !== undefined) {
          socket.try(yield* client.connect(path, { tls: params }));
          used.push([(yield* seen(client)).connection, client.getreusedtimes()[0]]);
          client.setkeepalive();
        } else {
          socket.try(yield* client.connect(path));
          used.push([client.getalpn()[1], client.getreusedtimes()[0]]);
          client.close();
        }
      }
      expect(used).to.deep.equal([
        [1, 0],
        [2, 0],
        [2, 1],
        ["not a tls socket", 0],
      ]);
      // Wrapped, it is not in the clear.
      const wrapped = copas.wrap(socket.unix(), tls);
      socket.try(yield* wrapped.connect(path));
      expect((yield* seen(wrapped)).connection).to.equal(2);
      wrapped.close();
      expect(() => socket.unix().connect(path, { pool_sise: 1 } as never)).to.throw(
        TypeError,
        "connect has no option",
      );
    }));

  it("is of its own domain", () =>
    check(function* () {
      const port = yield* answering();
      yield* visit(function* (client) {
        socket.try(yield* client.connect("127.0.0.1", port, { pool: "x" }));
      });
      const unix = socket.unix();
      expect((yield* unix.connect("/nowhere/at/all", { pool: "x" }))[1]).to.equal(
        "no such file or directory",
      );
      unix.close();
    }));

  it("shows no secret while it is waited for: not in fibers(), not on channels, not in names", () =>
    check(function* () {
      const { subscribe, unsubscribe } = yield* call(() => import("node:diagnostics_channel"));
      const told: string[] = [];
      const listen = (message: unknown): void => {
        const { fiber, wait } = message as FiberEvent;
        told.push(`${fiber.name} ${String(wait)} ${wait?.description}`);
      };
      const channels = ["spawn", "park", "resume", "end"].map((name) => `cosocket:fiber:${name}`);
      for (const name of channels) subscribe(name, listen);
      yield* ensure(() => {
        for (const name of channels) unsubscribe(name, listen);
      });
      const port = yield* answering(secured);
      const secret = { ...trusting, ...asAlice, password: "open sesame" };
      const options = { tls: secret, pool: "user:hunter2", pool_size: 1, backlog: 3 };
      const holder = socket.tcp();
      yield* ensure(() => void holder.close());
      socket.try(yield* holder.connect("localhost", port, options));
      const waiting = yield* fork(() => socket.tcp().connect("localhost", port, options));
      yield* sleep(0);
      const shown = fibers()
        .map(({ name, waitsFor }) => `${name} ${waitsFor}`)
        .join("\n");
      expect(shown).to.include(`connect to localhost:${port}`);
      holder.setkeepalive();
      yield* waiting;
      for (const text of [shown, told.join("\n")])
        for (const word of ["PRIVATE", "sesame", "hunter2", "CERTIFICATE"])
          expect(text).to.not.include(word);
    }));
});
