import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, sleep, socket, type Tcp } from "cosocket";
import { reactor } from "cosocket/reactor";
import { certificate } from "../../../examples/support/certificate.js";
import { check } from "../../support/check.js";
import { listening, portOf, readable, until } from "../../support/pairs.js";
import { authority, identity, socketPath } from "../../support/transports.js";

/** A server that keeps what it accepts, for the test to speak to. */
function* accepting(): Operation<[port: number, served: Tcp[]]> {
  const server = yield* listening();
  const served: Tcp[] = [];
  yield* ensure(() => {
    socket.closepools();
    for (const client of served) client.close();
  });
  const fiber = yield* fork(function* () {
    for (;;) served.push(socket.try(yield* server.accept()));
  });
  yield* ensure(() => void fiber.halt());
  return [portOf(server), served];
}

function* connected(port: number, options?: object): Operation<Tcp> {
  const client = socket.tcp();
  yield* ensure(() => void client.close());
  socket.try(yield* client.connect("127.0.0.1", port, options));
  return client;
}

describe("the connection pool", () => {
  it("gives a connection back to the next connect; the old object is closed", () =>
    check(function* () {
      const [port, served] = yield* accepting();
      const first = yield* connected(port);
      expect(first.getreusedtimes()).to.deep.equal([0]);
      expect(first.setkeepalive()).to.deep.equal([1]);
      expect(first.closed).to.equal(true);
      expect((yield* first.send("x"))[1]).to.equal("closed");
      const second = yield* connected(port);
      expect(second.getreusedtimes()).to.deep.equal([1]);
      yield* until(() => served.length === 1);
      yield* second.send("hello\n");
      expect(yield* served[0]!.receive()).to.deep.equal(["hello"]);
      yield* served[0]!.send("hi\n");
      expect(yield* second.receive()).to.deep.equal(["hi"]);
      second.setkeepalive();
      const third = yield* connected(port);
      const fourth = yield* connected(port);
      expect(third.getreusedtimes()).to.deep.equal([2]);
      expect(fourth.getreusedtimes()).to.deep.equal([0]);
      expect(first.getreusedtimes()[1]).to.equal("closed");
    }));

  it("does not keep the process alive for an idle connection, and does for one in use again", () =>
    check(function* () {
      const [port] = yield* accepting();
      const client = yield* connected(port);
      const alive = (): number =>
        process.getActiveResourcesInfo().filter((name) => name.startsWith("TCPSocketWrap")).length;
      const used = alive();
      client.setkeepalive();
      expect(alive()).to.equal(used - 1);
      const again = yield* connected(port);
      expect(again.getreusedtimes()).to.deep.equal([1]);
      expect(alive()).to.equal(used);
    }));

  it("refuses a connection that is not clean, and says why", () =>
    check(function* () {
      const [port, served] = yield* accepting();
      const client = yield* connected(port);
      yield* until(() => served.length === 1);
      yield* served[0]!.send("unasked");
      yield* until(() => client.dirty());
      expect(client.setkeepalive()[1]).to.equal("unread data in buffer");
      yield* client.receive(7);
      const reader = yield* fork(() => client.receive());
      yield* sleep(0);
      expect(client.setkeepalive()[1]).to.equal("connection in dubious state");
      yield* reader.halt();
      client.settimeout(0);
      expect((yield* client.receive())[1]).to.equal("timeout");
      // A late reply to what timed out would be the next user's.
      expect(client.setkeepalive()[1]).to.equal("connection in dubious state");
      expect(client.closed).to.equal(false);

      const half = yield* connected(port);
      half.shutdown("send");
      expect(half.setkeepalive()[1]).to.equal("connection in dubious state");
      const gone = yield* connected(port);
      yield* until(() => served.length === 3);
      served[2]!.close();
      yield* readable(gone);
      expect(gone.setkeepalive()[1]).to.equal("closed");
      expect(() => served[0]!.setkeepalive()).to.throw(TypeError, "was accepted");
      expect(() => client.setkeepalive(-1)).to.throw(TypeError, "a number of seconds");
      expect(() => client.setkeepalive(1, 0)).to.throw(TypeError, "a positive integer");
      expect(() => socket.tcp().setkeepalive()).to.throw(TypeError, "tcp{client} expected");
    }));

  it("drops an idle connection on which anything comes, or that ends, or that is idle too long", () =>
    check(function* () {
      const [port, served] = yield* accepting();
      (yield* connected(port)).setkeepalive();
      yield* until(() => served.length === 1);
      yield* served[0]!.send("late reply");
      expect((yield* served[0]!.receive())[1]).to.equal("closed");
      expect((yield* connected(port)).getreusedtimes()).to.deep.equal([0]);

      (yield* connected(port)).setkeepalive();
      yield* until(() => served.length === 3);
      served[2]!.close();
      yield* until(() => reactor.timers.armed === 0);
      expect((yield* connected(port)).getreusedtimes()).to.deep.equal([0]);

      (yield* connected(port)).setkeepalive(0.003);
      yield* until(() => reactor.timers.armed === 0);
      expect((yield* connected(port)).getreusedtimes()).to.deep.equal([0]);
    }));

  it("keeps so many, and closes the one that was idle for longest", () =>
    check(function* () {
      const [port, served] = yield* accepting();
      const clients = [];
      for (let i = 0; i < 3; i++) clients.push(yield* connected(port));
      yield* until(() => served.length === 3);
      const [, firstPort] = clients[0]!.getsockname();
      for (const client of clients) client.setkeepalive(60, 2);
      const ended = served.find((peer) => peer.getpeername()[1] === firstPort)!;
      expect((yield* ended.receive())[1]).to.equal("closed");
      for (const reused of [1, 1, 0])
        expect((yield* connected(port)).getreusedtimes()).to.deep.equal([reused]);
    }));

  it("is a name: other hosts, other pools", () =>
    check(function* () {
      const [port] = yield* accepting();
      const [other] = yield* accepting();
      (yield* connected(port)).setkeepalive();
      expect((yield* connected(other)).getreusedtimes()).to.deep.equal([0]);
      (yield* connected(port, { pool: "shared" })).setkeepalive();
      expect((yield* connected(other, { pool: "shared" })).getreusedtimes()).to.deep.equal([1]);
    }));

  it("with a backlog there are never more than pool_size connections; others wait, or are refused", () =>
    check(function* () {
      const [port] = yield* accepting();
      const options = { pool_size: 1, backlog: 1 };
      const first = yield* connected(port, options);
      const second = socket.tcp();
      const waiting = yield* fork(function* () {
        const result = yield* second.connect("127.0.0.1", port, options);
        const reused = second.getreusedtimes();
        second.close();
        return [...result, ...reused];
      });
      yield* sleep(0);
      const refused = socket.tcp();
      expect((yield* refused.connect("127.0.0.1", port, options))[1]).to.equal(
        "too many waiting connect operations",
      );
      expect(waiting.state).to.equal("parked");
      first.setkeepalive();
      expect(yield* waiting).to.deep.equal([1, 1]);
      // It is closed: its place is free again.
      const third = yield* connected(port, options);
      const impatient = socket.tcp();
      impatient.settimeout(0.002);
      expect((yield* impatient.connect("127.0.0.1", port, options))[1]).to.equal("timeout");
      third.close();
      const failing = socket.tcp();
      const nowhere = { ...options, pool: "nowhere" };
      expect((yield* failing.connect("127.0.0.1", 1, nowhere))[1]).to.equal("connection refused");
      expect((yield* failing.connect("127.0.0.1", 1, nowhere))[1]).to.equal("connection refused");
    }));

  it("never mixes TLS identities up, nor TLS with plain text", () =>
    check(function* () {
      const server = yield* listening();
      yield* ensure(() => socket.closepools());
      const fiber = yield* fork(function* () {
        for (;;) {
          const client = socket.try(yield* server.accept());
          yield* fork(function* () {
            const { key, certificate } = identity;
            const [, error] = yield* client.dohandshake({ key, certificate });
            if (error) return;
            for (;;) {
              const [line, err] = yield* client.receive();
              if (err) return;
              yield* client.send(`${line}\n`);
            }
          });
        }
      });
      yield* ensure(() => void fiber.halt());
      const port = portOf(server);
      const trusting = { cafile: authority.certificate };
      const careless = { verify: "none" as const };
      const again = function* (tls: object): Operation<number> {
        const client = socket.tcp();
        socket.try(yield* client.connect("127.0.0.1", port, { tls }));
        yield* client.send("x\n");
        expect(yield* client.receive()).to.deep.equal(["x"]);
        const [times] = client.getreusedtimes();
        expect(client.setkeepalive()).to.deep.equal([1]);
        return times!;
      };
      expect(yield* again(careless)).to.equal(0);
      // What was not verified must not be taken for what was.
      expect(yield* again(trusting)).to.equal(0);
      expect(yield* again({ ...trusting, servername: "localhost" })).to.equal(0);
      const own = certificate(["me"]);
      expect(yield* again({ ...trusting, key: own.key, certificate: own.certificate })).to.equal(0);
      expect(yield* again({ ...trusting })).to.equal(1);
      expect(yield* again(careless)).to.equal(1);
      const plain = socket.tcp();
      socket.try(yield* plain.connect("127.0.0.1", port));
      expect(plain.getreusedtimes()).to.deep.equal([0]);
      plain.close();
      const wrong = socket.tcp();
      expect((yield* wrong.connect("127.0.0.1", port, { tls: {} }))[1]).to.match(
        /^certificate verify failed/,
      );
      expect(wrong.closed).to.equal(true);
      expect(() => socket.tcp().connect("x", 1, { tls: { bad: 1 } as never })).to.throw(
        TypeError,
        "TLS: there is no parameter",
      );
    }));

  it("works for Unix sockets, too", () =>
    check(function* () {
      const path = yield* socketPath();
      const server = socket.unix();
      yield* ensure(() => {
        socket.closepools();
        server.close();
      });
      socket.try(yield* server.bind(path));
      const first = socket.unix();
      socket.try(yield* first.connect(path));
      expect(first.setkeepalive()).to.deep.equal([1]);
      const second = socket.unix();
      socket.try(yield* second.connect(path));
      expect(second.getreusedtimes()).to.deep.equal([1]);
      second.close();
    }));
});
