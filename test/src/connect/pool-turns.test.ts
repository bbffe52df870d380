/** Waiting for a connection of a pool, and attempts that overlap. */
import { expect } from "chai";
import { ensure, race, type Operation } from "effection";
import { fork, sleep, socket, type Tcp } from "cosocket";
import { settle, simulate } from "cosocket/testing";
import { check } from "../../support/check.js";
import { listening, portOf, until } from "../../support/pairs.js";
import { worlds } from "../../support/transports.js";

/** A server that accepts and keeps what comes, for as long as the scope lasts. */
function* serving(): Operation<number> {
  const server = yield* listening();
  const fiber = yield* fork(function* () {
    for (;;) socket.try(yield* server.accept());
  });
  yield* ensure(() => void fiber.halt());
  yield* ensure(() => socket.closepools());
  return portOf(server);
}

interface Crew {
  /** A client with a connection. */
  holder(): Operation<Tcp>;
  /** A client that waits for one, from now on; its result, when it has one, is in `log`. */
  waiter(name: string, use?: (client: Tcp) => void): Operation<Waiter>;
  log: string[];
}
interface Waiter {
  client: Tcp;
  halt(): Operation<void>;
}

function* crew(size: number, backlog = 10): Operation<Crew> {
  const port = yield* serving();
  const options = { pool_size: size, backlog };
  const log: string[] = [];
  return {
    log,
    *holder() {
      const client = socket.tcp();
      yield* ensure(() => void client.close());
      socket.try(yield* client.connect("127.0.0.1", port, options));
      return client;
    },
    *waiter(name, use) {
      const client = socket.tcp();
      yield* ensure(() => void client.close());
      use?.(client);
      const fiber = yield* fork(function* () {
        const [, error] = yield* client.connect("127.0.0.1", port, options);
        log.push(`${name} ${error ?? "connected"}`);
        yield* sleep(Infinity);
      });
      yield* ensure(() => void fiber.halt());
      yield* until(() => fiber.state === "parked");
      return { client, halt: () => fiber.halt() };
    },
  };
}

for (const { where, check } of worlds) {
  describe(`${where}waiting for a connection of a pool`, () => {
    it("several that are freed at once go to those who wait, in the order in which they came", () =>
      check(function* () {
        const { holder, waiter, log } = yield* crew(2);
        const holders = [yield* holder(), yield* holder()];
        for (const name of ["a", "b", "c"]) yield* waiter(name);
        for (const client of holders) client.close();
        yield* until(() => log.length === 2);
        yield* sleep(0);
        expect(log).to.deep.equal(["a connected", "b connected"]);
      }));

    it("a halt of the first, of one in the middle, or of one whose turn has come costs nobody a turn", () =>
      check(function* () {
        const { holder, waiter, log } = yield* crew(1);
        const first = yield* holder();
        const waiters: Waiter[] = [];
        for (const name of ["a", "b", "c", "d"]) waiters.push(yield* waiter(name));
        yield* waiters[0]!.halt();
        yield* waiters[2]!.halt();
        first.close();
        // Woken, it has not run yet.
        yield* waiters[1]!.halt();
        yield* until(() => log.length === 1);
        expect(log).to.deep.equal(["d connected"]);
      }));

    it("a timeout, and a race that is lost, cost nobody a turn", () =>
      check(function* () {
        const { holder, waiter, log } = yield* crew(1);
        const first = yield* holder();
        yield* waiter("a", (client) => client.settimeout(0.001));
        yield* waiter("b", (client) => client.settimeout(0.002, "t"));
        yield* waiter("c");
        yield* race([holder(), settle()]);
        yield* until(() => log.length === 2);
        expect(log).to.deep.equal(["a timeout", "b timeout"]);
        first.close();
        yield* until(() => log.length === 3);
        expect(log[2]).to.equal("c connected");
      }));

    it('one whose socket is closed gets "closed", at once, and no connection; the place is the next one\'s', () =>
      check(function* () {
        const { holder, waiter, log } = yield* crew(1);
        const first = yield* holder();
        const [a, b] = [yield* waiter("a"), yield* waiter("b")];
        yield* waiter("c");
        a.client.close();
        yield* until(() => log.length === 1);
        expect(log).to.deep.equal(["a closed"]);
        first.close();
        // Woken already.
        b.client.close();
        yield* until(() => log.length === 3);
        expect(log.slice(1)).to.have.members(["b closed", "c connected"]);
        expect([a, b].map(({ client }) => client.getreusedtimes()[1])).to.deep.equal([
          "closed",
          "closed",
        ]);
      }));

    it("a connect that fails, is halted, or is closed gives its place up", () =>
      check(function* () {
        const options = { pool: "somewhere", pool_size: 1, backlog: 5 };
        const port = yield* serving();
        const failing = socket.tcp();
        const halted = socket.tcp();
        const closed = socket.tcp();
        const fibers = [];
        for (const [client, to] of [
          [failing, 1],
          [halted, port],
          [closed, port],
        ] as const) {
          const fiber = yield* fork(() => client.connect("127.0.0.1", to, options));
          yield* until(() => fiber.state !== "ready");
          fibers.push(fiber);
        }
        expect((yield* fibers[0]!)[1]).to.equal("connection refused");
        yield* fibers[1]!.halt();
        halted.close();
        closed.close();
        expect((yield* fibers[2]!)[1]).to.equal("closed");
        const last = socket.tcp();
        expect(yield* last.connect("127.0.0.1", port, options)).to.deep.equal([1]);
        last.close();
      }));

    it("who comes later does not overtake; who may not wait is told", () =>
      check(function* () {
        const { holder, waiter, log } = yield* crew(1, 2);
        const first = yield* holder();
        yield* waiter("a");
        yield* waiter("b");
        yield* waiter("c");
        expect(log).to.deep.equal(["c too many waiting connect operations"]);
        first.setkeepalive();
        // Somebody waits already, though there is a connection.
        yield* waiter("d", (client) => client.settimeout(0));
        yield* until(() => log.length === 3);
        expect(log.slice(1)).to.have.members(["a connected", "d timeout"]);
      }));

    it("an idle connection of another kind makes room", () =>
      check(function* () {
        const port = yield* serving();
        const options = { pool_size: 1, backlog: 0 };
        const bound = socket.tcp();
        socket.try(yield* bound.bind("127.0.0.1", 0));
        socket.try(yield* bound.connect("127.0.0.1", port, options));
        expect(bound.setkeepalive()).to.deep.equal([1]);
        const other = socket.tcp();
        socket.try(yield* other.connect("127.0.0.1", port, options));
        expect(other.getreusedtimes()).to.deep.equal([0]);
        expect(other.setkeepalive()).to.deep.equal([1]);
        const again = socket.tcp();
        socket.try(yield* again.connect("127.0.0.1", port, options));
        expect(again.getreusedtimes()).to.deep.equal([1]);
        again.close();
      }));
  });
}

describe("a pool", () => {
  it("has the size and the backlog that were said first, as long as it exists", () =>
    check(function* () {
      const port = yield* serving();
      const connect = function* (options?: object, timeout?: number): Operation<[Tcp, unknown]> {
        const client = socket.tcp();
        yield* ensure(() => void client.close());
        client.settimeout(timeout);
        const [, error] = yield* client.connect("127.0.0.1", port, options);
        return [client, error];
      };
      // It has no bound yet, and counts already.
      const [first] = yield* connect();
      const [second] = yield* connect({ pool_size: 2, backlog: 0 });
      const full = "too many waiting connect operations";
      expect((yield* connect({ pool_size: 9, backlog: 9 }))[1]).to.equal(full);
      expect((yield* connect())[1]).to.equal(full);
      first.close();
      second.close();
      expect((yield* connect({ pool_size: 1, backlog: 1 }))[1]).to.equal(undefined);
      expect((yield* connect({}, 0.002))[1]).to.equal("timeout");
    }));

  it("takes no options but those it knows, and no values that mean nothing", () =>
    check(function* () {
      yield* sleep(0);
      const connect = (options: unknown) => () =>
        socket.tcp().connect("127.0.0.1", 1, options as never);
      for (const pool_size of [NaN, 0, -1, 1.5, Infinity, "5", null])
        expect(connect({ pool_size })).to.throw(TypeError, "pool_size is how many connections");
      for (const backlog of [NaN, -1, 1.5, Infinity, "5", null])
        expect(connect({ backlog })).to.throw(TypeError, "backlog is how many calls may wait");
      for (const pool of [5, "", null, {}, Symbol("x")])
        expect(connect({ pool })).to.throw(TypeError, "pool is a name");
      for (const tls of [true, null, "yes", 0, ""])
        expect(connect({ tls })).to.throw(TypeError, "TLS parameters must be an object");
      for (const options of [null, "pool", 5])
        expect(connect(options)).to.throw(TypeError, "options as an object");
      expect(connect({ size: 5 })).to.throw(
        TypeError,
        'connect has no option "size": did you mean "pool_size"? There are "pool", "pool_size",',
      );
      const unix = (): unknown => socket.unix().connect("/x", { pool_size: NaN });
      expect(unix).to.throw(TypeError, "pool_size is how many connections");
      const client = socket.tcp();
      for (const timeout of [NaN, -1, "5", null])
        expect(() => client.setkeepalive(timeout as never)).to.throw(TypeError, "seconds");
      for (const size of [NaN, 0, -1, "5"])
        expect(() => client.setkeepalive(1, size as never)).to.throw(TypeError, "positive integer");
      client.close();
    }));

  it("does not take a connection on which a receive or a send was halted: the answer would be somebody else's", () =>
    check(function* () {
      const port = yield* serving();
      const client = socket.tcp();
      socket.try(yield* client.connect("127.0.0.1", port));
      yield* race([client.receive(), settle()]);
      expect(client.setkeepalive()[1]).to.equal("connection in dubious state");
      client.close();
    }));

  it("gives a place up when an attempt has failed that nobody waits for any more", async () => {
    await simulate({}, function* (world) {
      yield* world.host("server", function* () {
        const server = socket.try(yield* socket.bind("*", 7));
        for (;;) socket.try(yield* server.accept());
      });
      yield* sleep(1);
      const options = { pool: "x", pool_size: 1, backlog: 1 };
      // Refused; and a name that there is not.
      for (const [host, port, word] of [
        ["10.0.0.2", 8, "connection refused"],
        ["nobody", 7, "host or service not provided, or not known"],
      ] as const) {
        const forgotten = socket.tcp();
        forgotten.settimeout(0);
        expect((yield* forgotten.connect(host, port, options))[1]).to.equal("timeout");
        const next = socket.tcp();
        socket.try(yield* next.connect("server", 7, options));
        expect((yield* forgotten.connect(host, port, options))[1]).to.equal(word);
        next.close();
        yield* sleep(1);
        forgotten.close();
      }
    });
  });
});

describe("connect, while another attempt of the same object is under way", () => {
  it("to another place is an error, and never answers for the first", async () => {
    await simulate({}, function* (world) {
      yield* world.host("server", function* () {
        const servers = [yield* socket.bind("*", 7), yield* socket.bind("*", 8)].map((result) =>
          socket.try(result),
        );
        yield* sleep(Infinity);
        return servers;
      });
      yield* sleep(1);
      const client = socket.tcp();
      client.settimeout(0);
      const connect = (port: number): Operation<unknown> => client.connect("server", port);
      expect(yield* connect(7)).to.deep.equal([undefined, "timeout", undefined]);
      expect(yield* connect(8)).to.deep.equal([
        undefined,
        "operation already in progress",
        undefined,
      ]);
      expect(yield* client.connect("server", 7, { pool: "other" })).to.deep.equal([
        undefined,
        "operation already in progress",
        undefined,
      ]);
      yield* sleep(0.1);
      // The name is known now; the attempt goes on, and succeeds meanwhile.
      expect(yield* connect(7)).to.deep.equal([undefined, "timeout", undefined]);
      yield* sleep(1);
      expect(yield* connect(8)).to.deep.equal([undefined, "already connected", undefined]);
      expect(yield* connect(7)).to.deep.equal([1]);
      expect(client.getpeername()[1]).to.equal(7);
      expect(yield* connect(7)).to.deep.equal([undefined, "already connected", undefined]);
      client.close();
      // One that has succeeded and broke before anybody was told: another may begin.
      const third = socket.tcp();
      third.settimeout(0);
      const inbox = socket.try(yield* socket.bind("127.0.0.1", 9));
      expect((yield* third.connect("127.0.0.1", 9))[1]).to.equal("timeout");
      const served = socket.try(yield* inbox.accept());
      served.setoption("linger", { on: true, timeout: 0 });
      served.close();
      yield* sleep(1);
      expect((yield* third.connect("10.0.0.2", 8))[1]).to.equal("timeout");
      yield* sleep(1);
      expect(yield* third.connect("10.0.0.2", 8)).to.deep.equal([1]);
      for (const object of [third, inbox]) object.close();
      // After one that has failed another may begin.
      const second = socket.tcp();
      second.settimeout(0);
      expect((yield* second.connect("10.0.0.2", 9))[1]).to.equal("timeout");
      yield* sleep(1);
      expect((yield* second.connect("10.0.0.2", 8))[1]).to.equal("timeout");
      yield* sleep(1);
      expect(yield* second.connect("10.0.0.2", 8)).to.deep.equal([1]);
      expect(second.getpeername()[1]).to.equal(8);
      second.close();
    });
  });

  it("to the same place waits for it, too: a halt of one leaves it to the other", async () => {
    await simulate({ faults: { latency: 0.01 } }, function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 7));
      const client = socket.tcp();
      const first = yield* fork(() => client.connect("127.0.0.1", 7));
      const second = yield* fork(() => client.connect("127.0.0.1", 7));
      yield* sleep(0);
      yield* first.halt();
      expect(yield* second).to.deep.equal([1]);
      yield* client.send("x");
      const served = socket.try(yield* server.accept());
      expect(String((yield* served.receive(1))[0])).to.equal("x");
      const third = socket.tcp();
      const only = yield* fork(() => third.connect("127.0.0.1", 7));
      yield* sleep(0);
      yield* only.halt();
      expect(yield* third.connect("127.0.0.1", 7)).to.deep.equal([1]);
      for (const object of [client, third, served, server]) object.close();
    });
  });

  it("while it waits for a place in the pool, is an error", () =>
    check(function* () {
      const port = yield* serving();
      const options = { pool_size: 1, backlog: 1 };
      const holder = socket.tcp();
      socket.try(yield* holder.connect("127.0.0.1", port, options));
      const client = socket.tcp();
      const waiting = yield* fork(() => client.connect("127.0.0.1", port, options));
      yield* sleep(0);
      expect((yield* client.connect("127.0.0.1", port, options))[1]).to.equal(
        "operation already in progress",
      );
      expect(() => client.setkeepalive()).to.throw(TypeError, "connect it");
      holder.close();
      expect(yield* waiting).to.deep.equal([1]);
      client.close();
      const again = socket.tcp();
      socket.try(yield* again.connect("127.0.0.1", port, options));
      again.close();
    }));

  it("that fails: tasks that send and receive meanwhile learn of it, and nothing of theirs goes to the next peer", async () => {
    await simulate({}, function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 7));
      const client = socket.tcp();
      const attempt = yield* fork(() => client.connect("127.0.0.1", 8));
      yield* sleep(0);
      yield* client.send("for another\n");
      const reader = yield* fork(() => client.receive());
      expect((yield* attempt)[1]).to.equal("connection refused");
      expect((yield* reader)[1]).to.equal("closed");
      socket.try(yield* client.connect("127.0.0.1", 7));
      const served = socket.try(yield* server.accept());
      yield* client.send("for you\n");
      expect(yield* served.receive()).to.deep.equal(["for you"]);
      for (const object of [client, served, server]) object.close();
    });
  });

  it("that takes all of the total timeout leaves none for the rest", async () => {
    await simulate({}, function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 7));
      const options = { pool_size: 1, backlog: 1, tls: { verify: "none" } } as const;
      const holder = socket.tcp();
      const holding = yield* fork(() => holder.connect("127.0.0.1", 7, options));
      yield* sleep(1);
      const client = socket.tcp();
      client.settimeout(3, "t");
      const start = performance.now();
      const waiting = yield* fork(() => client.connect("127.0.0.1", 7, options));
      yield* sleep(2);
      yield* holding.halt();
      holder.close();
      // The server never shakes hands.
      expect((yield* waiting)[1]).to.equal("timeout");
      expect(performance.now() - start).to.be.closeTo(3000, 1);
      expect(client.closed).to.equal(true);
      server.close();
    });
  });

  it("that failed or was broken off leaves nothing of it in the object", async () => {
    await simulate({}, function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 7));
      const client = socket.tcp();
      socket.try(yield* client.connect("127.0.0.1", 7));
      const first = socket.try(yield* server.accept());
      yield* first.send("of the first");
      yield* sleep(1);
      first.setoption("linger", { on: true, timeout: 0 });
      first.close();
      yield* sleep(1);
      yield* client.send("x");
      yield* sleep(1);
      socket.try(yield* client.connect("127.0.0.1", 7));
      const second = socket.try(yield* server.accept());
      yield* second.send("of the second\n");
      expect(yield* client.receive()).to.deep.equal(["of the second"]);
      yield* client.send("answer\n");
      expect(yield* second.receive()).to.deep.equal(["answer"]);
      for (const object of [client, second, server]) object.close();
    });
  });
});
