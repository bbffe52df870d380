/** Copas's timeouts of sockets: 0 is none, and makes `receive` of a wrapped socket content with what has come. */
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, sleep, socket, type Tcp } from "cosocket";
import { copas } from "cosocket/copas";
import { loop } from "../../support/loop.js";
import { check, RawPeer } from "../../support/check.js";
import { clog, listening, pair, portOf, rawPair, until } from "../../support/pairs.js";

/** Whether an operation still waits when everybody has had his turn. */
function* waits(operation: () => Operation<unknown>): Operation<boolean> {
  const fiber = yield* fork(operation);
  for (let i = 0; i < 3; i++) yield* sleep(0);
  const { state } = fiber;
  yield* fiber.halt();
  return state === "parked";
}

describe("settimeout(0) of a socket in Copas's hands", () => {
  const ways: [what: string, set: (skt: Tcp) => unknown][] = [
    ["copas.settimeout", (skt) => copas.settimeout(skt, 0)],
    ["the method, wrapped", (skt) => copas.wrap(skt).settimeout(0)],
    ["the method with a mode, which Copas ignores", (skt) => copas.wrap(skt).settimeout(0, "t")],
    ["settimeouts", (skt) => copas.wrap(skt).settimeouts(0, 0, 0)],
    ["copas.settimeouts", (skt) => copas.settimeouts(skt, 0, 0, 0)],
  ];
  for (const [what, set] of ways)
    it(`by ${what}: receive waits, and gives what has come`, () =>
      check(function* () {
        const [client, served] = yield* pair();
        set(client);
        expect(client.gettimeout()).to.deep.equal([0, -1]);
        expect(yield* waits(() => client.receive())).to.equal(true);
        yield* served.send("line\nhal");
        expect(yield* client.receive()).to.deep.equal(["line"]);
        expect(yield* client.receive()).to.deep.equal([undefined, "timeout", "hal"]);
        expect(yield* waits(() => client.receive("*l", "hal"))).to.equal(true);
        expect(yield* waits(() => client.receiveany())).to.equal(true);
        yield* served.send("f");
        expect(yield* client.receive(5)).to.deep.equal([undefined, "timeout", Buffer.from("f")]);
        yield* served.send("and");
        expect(yield* client.receivepartial(5)).to.deep.equal([
          undefined,
          "timeout",
          Buffer.from("and"),
        ]);
        // By the function it is the whole pattern.
        yield* served.send("again");
        yield* until(() => client.dirty());
        expect(yield* waits(() => copas.receive(client))).to.equal(true);
        served.close();
        expect(yield* copas.receive(client)).to.deep.equal([undefined, "closed", "again"]);
      }));

  it("a read loop does not spin", () =>
    check(function* () {
      const [served, peer] = yield* rawPair();
      const skt = copas.wrap(served);
      skt.settimeout(0);
      let calls = 0;
      let text = "";
      const reading = yield* fork(function* () {
        for (;;) {
          calls++;
          const [data, err, partial] = yield* skt.receive(1000);
          text += String(data ?? partial);
          if (err && err !== "timeout") return;
        }
      });
      for (const piece of ["one ", "two ", "three"]) {
        peer.socket.write(piece);
        yield* until(() => text.endsWith(piece));
      }
      peer.socket.end();
      yield* reading;
      expect(text).to.equal("one two three");
      expect(calls).to.be.at.most(4);
    }));

  it("send and connect do not time out", () =>
    check(function* () {
      const [client] = yield* pair();
      yield* clog(client);
      copas.settimeout(client, 0);
      expect(yield* waits(() => client.send("x".repeat(10_000_000)))).to.equal(true);
      expect(yield* waits(() => copas.send(client, "more"))).to.equal(true);
      const server = yield* listening();
      for (const connect of [
        (skt: Tcp) => skt.connect("127.0.0.1", portOf(server)),
        (skt: Tcp) => copas.connect(skt, "127.0.0.1", portOf(server)),
      ]) {
        const skt = copas.wrap(socket.tcp());
        yield* ensure(() => void skt.close());
        copas.settimeout(skt, 0);
        expect(yield* connect(skt)).to.deep.equal([1]);
      }
    }));

  it("of UDP waits for a datagram", () =>
    check(function* () {
      const udp = socket.udp();
      yield* ensure(() => void udp.close());
      yield* udp.setsockname("127.0.0.1", 0);
      expect(copas.wrap(udp).settimeout(0)).to.equal(true);
      for (const receive of [
        () => udp.receive(),
        () => udp.receivefrom(),
        () => copas.receive(udp),
        () => copas.receivefrom(udp),
      ])
        expect(yield* waits(receive)).to.equal(true);
    }));

  it("is taken back by any other timeout; one of the others leaves it", () =>
    check(function* () {
      const [client, served] = yield* pair();
      copas.settimeout(client, 0);
      client.settimeouts(5, 5);
      expect(client.gettimeout()).to.deep.equal([0, -1]);
      client.settimeout(9, "t");
      expect(client.gettimeout()).to.deep.equal([0, 9]);
      client.settimeouts(undefined, undefined, -1);
      expect(client.gettimeout()).to.deep.equal([-1, 9]);
      yield* served.send("hal");
      yield* until(() => client.dirty());
      expect(yield* waits(() => client.receive())).to.equal(true);
      client.settimeout(0.001);
      expect(yield* client.receive()).to.deep.equal([undefined, "timeout", "hal"]);
    }));

  it("given to addserver is its clients'; a name in its place is ignored", () =>
    check(function* () {
      const server = yield* listening();
      yield* loop(function* () {
        const log: unknown[] = [];
        copas.addserver(
          server,
          function* (client) {
            log.push(yield* copas.wrap(client).receive());
            log.push(yield* client.receive());
          },
          0,
        );
        const peer = RawPeer.connect(portOf(server));
        peer.socket.write("hal");
        yield* until(() => log.length === 1);
        peer.socket.end("f\n");
        yield* until(() => log.length === 2);
        expect(log).to.deep.equal([[undefined, "timeout", "hal"], ["f"]]);
        copas.removeserver(server, true);
        copas.addserver(server, function* () {}, "name" as never);
        expect(server.gettimeout()).to.deep.equal([0, -1]);
        copas.removeserver(server);
      });
    }));
});

describe("a timeout of 0 that is LuaSocket's", () => {
  it("does not wait, as long as Copas has nothing to do with the socket", () =>
    check(function* () {
      const [client] = yield* pair();
      expect(client.settimeout(0)).to.equal(1);
      expect(yield* client.receive()).to.deep.equal([undefined, "timeout", ""]);
    }));

  it("is dropped when Copas takes it over: then whole patterns are waited for", () =>
    check(function* () {
      const takeOver: ((skt: Tcp) => unknown)[] = [
        (skt) => copas.wrap(skt),
        (skt) => copas.receive(skt),
        (skt) => copas.settimeouts(skt),
      ];
      for (const take of takeOver) {
        const [client, served] = yield* pair();
        client.settimeout(0);
        take(client);
        expect(client.gettimeout()).to.deep.equal([-1, -1]);
        yield* served.send("hal");
        yield* until(() => client.dirty());
        expect(yield* waits(() => client.receive())).to.equal(true);
        expect(client.settimeout(5)).to.equal(true);
      }
    }));
});
