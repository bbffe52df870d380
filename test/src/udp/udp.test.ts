import * as dgram from "node:dgram";
import { expect } from "chai";
import { ensure, type Operation, race } from "effection";
import { fork, serve, sleep, socket, type Udp } from "cosocket";
import { check } from "../../support/check.js";
import { readable, until } from "../../support/pairs.js";
import { haltWhenWoken } from "../../support/halt-when-woken.js";

/** A UDP object on any port of the loopback, closed at the end of the scope. */
function* bound(): Operation<[udp: Udp, port: number]> {
  const udp = socket.udp();
  yield* ensure(() => void udp.close());
  socket.try(yield* udp.setsockname("127.0.0.1", 0));
  return [udp, udp.getsockname()[1] as number];
}

function* connected(): Operation<[a: Udp, b: Udp]> {
  const [a, portA] = yield* bound();
  const [b, portB] = yield* bound();
  socket.try(yield* a.setpeername("127.0.0.1", portB));
  socket.try(yield* b.setpeername("127.0.0.1", portA));
  return [a, b];
}

/** More than have a turn each where few came before. */
const BURST = 150;

describe("udp", () => {
  it("sendto and receivefrom; the answer goes where it came from", () =>
    check(function* () {
      const [server, port] = yield* bound();
      const client = socket.udp();
      yield* ensure(() => void client.close());
      expect(client.getsockname()).to.deep.equal(["0.0.0.0", 0, "inet"]);
      expect(yield* client.sendto("ping", "127.0.0.1", port)).to.deep.equal([4]);
      const [ping, ip, from] = yield* server.receivefrom();
      expect(String(ping)).to.equal("ping");
      expect([ip, from]).to.deep.equal(["127.0.0.1", client.getsockname()[1]]);
      yield* server.sendto(["po", Buffer.from("ng")], ip!, from as number);
      expect(yield* client.receive()).to.deep.equal([Buffer.from("pong")]);
      expect(String(server)).to.equal(`udp{unconnected} 127.0.0.1:${port}`);
      expect(server.getfamily()).to.equal("inet4");
      expect(server.getfd()).to.be.greaterThan(2);
      expect(server.getstats().slice(0, 2)).to.deep.equal([4, 4]);
      expect(server.dirty()).to.equal(false);
    }));

  it("cuts a datagram to the size asked for; an empty one is empty; 8192 by default", () =>
    check(function* () {
      const [a, b] = yield* connected();
      yield* a.send("0123456789");
      expect(yield* b.receive(4)).to.deep.equal([Buffer.from("0123")]);
      yield* a.send("");
      expect(yield* b.receive()).to.deep.equal([Buffer.alloc(0)]);
      yield* a.send(Buffer.alloc(10_000, "x"));
      expect((yield* b.receive())[0]!.length).to.equal(8192);
      yield* a.send(Buffer.alloc(10_000, "x"));
      expect((yield* b.receive(Infinity))[0]!.length).to.equal(10_000);
      expect(yield* a.send(Buffer.alloc(70_000))).to.deep.equal([
        undefined,
        "message too long",
        undefined,
      ]);
    }));

  it("setpeername connects: only the peer is heard, and its absence is told to the next call", () =>
    check(function* () {
      const [a, b] = yield* connected();
      const [stranger] = yield* bound();
      const [ip, port] = a.getsockname();
      expect(b.getpeername()).to.deep.equal([ip, port, "inet"]);
      yield* stranger.sendto("no", ip!, port as number);
      yield* b.send("yes");
      expect(yield* a.receive()).to.deep.equal([Buffer.from("yes")]);
      const waiting = yield* fork(() => a.receive());
      yield* sleep(0);
      b.close();
      yield* a.send("anybody?");
      expect(yield* waiting).to.deep.equal([undefined, "connection refused", undefined]);
      // Told once; the object is as good as before.
      a.settimeout(0);
      expect((yield* a.receive())[1]).to.equal("timeout");
      yield* a.send("again?");
      yield* readable(a);
      expect((yield* a.send("and again?"))[1]).to.equal("connection refused");
    }));

  it('setpeername("*") disconnects: everybody is heard again', () =>
    check(function* () {
      const [other] = yield* bound();
      const [free, port] = yield* bound();
      free.close();
      // A port that was asked for: Linux takes one that it chose itself away when the socket is disconnected.
      const udp = socket.udp();
      yield* ensure(() => void udp.close());
      socket.try(yield* udp.setsockname("127.0.0.1", port));
      yield* udp.setpeername("127.0.0.1", 9);
      expect(yield* udp.setpeername("*")).to.deep.equal([1]);
      expect(udp.getpeername()[1]).to.equal("transport endpoint is not connected");
      yield* other.sendto("now", "127.0.0.1", port);
      expect((yield* udp.receivefrom())[0]!.toString()).to.equal("now");
    }));

  it("a name is resolved by setsockname and setpeername, and refused by sendto", () =>
    check(function* () {
      const [, port] = yield* bound();
      const udp = socket.udp4();
      yield* ensure(() => void udp.close());
      expect(yield* udp.sendto("x", "localhost", port)).to.deep.equal([
        undefined,
        "host or service not provided, or not known",
        undefined,
      ]);
      expect(yield* udp.sendto("x", "::1", port)).to.deep.equal([
        undefined,
        "address family for hostname not supported",
        undefined,
      ]);
      expect(yield* udp.setpeername("localhost", port)).to.deep.equal([1]);
      expect(udp.getpeername()[0]).to.equal("127.0.0.1");
    }));

  it("a failed setsockname leaves the family open, as it was", () =>
    check(function* () {
      const [, port] = yield* bound();
      const udp = socket.udp();
      yield* ensure(() => void udp.close());
      expect((yield* udp.setsockname("127.0.0.1", port))[1]).to.equal("address already in use");
      expect(yield* udp.setsockname("::1", 0)).to.deep.equal([1]);
      expect(udp.getfamily()).to.equal("inet6");
    }));

  it("works over IPv6", () =>
    check(function* () {
      const server = socket.udp6();
      yield* ensure(() => void server.close());
      socket.try(yield* server.setsockname("::1", 0));
      const client = socket.udp();
      yield* ensure(() => void client.close());
      yield* client.sendto("six", "::1", server.getsockname()[1] as number);
      const [data, ip] = yield* server.receivefrom();
      expect([String(data), ip]).to.deep.equal(["six", "::1"]);
      expect(client.getfamily()).to.equal("inet6");
    }));

  it("obeys timeouts; 0 never waits", () =>
    check(function* () {
      const [a] = yield* connected();
      a.settimeout(0);
      expect(yield* a.receive()).to.deep.equal([undefined, "timeout", undefined]);
      expect(yield* a.send("at once")).to.deep.equal([7]);
      a.settimeout(0.005);
      expect(yield* a.receive()).to.deep.equal([undefined, "timeout", undefined]);
      a.settimeout(undefined);
      a.settimeout(0.005, "t");
      expect(a.gettimeout()).to.deep.equal([-1, 0.005]);
      expect(yield* a.receive()).to.deep.equal([undefined, "timeout", undefined]);
      a.settimeouts(undefined, 1, 2);
      expect(a.gettimeout()[0]).to.equal(2);
    }));

  it("with a timeout of 0 an error of send is the next call's", () =>
    check(function* () {
      const [a] = yield* connected();
      a.settimeout(0);
      expect(yield* a.send(Buffer.alloc(70_000))).to.deep.equal([70_000]);
      yield* readable(a);
      expect((yield* a.send("x"))[1]).to.equal("message too long");
    }));

  it("drops the newest when its queue is full, and counts", () =>
    check(function* () {
      const [udp, port] = yield* bound();
      udp.setoption("queue-limit", 3 * (100 + 256));
      const peer = dgram.createSocket("udp4");
      yield* ensure(() => void peer.close());
      for (let i = 0; i < 5; i++) peer.send(Buffer.alloc(100, 48 + i), port, "127.0.0.1");
      yield* until(() => udp.dropped === 2);
      for (let i = 0; i < 3; i++) expect((yield* udp.receive(1))[0]!.toString()).to.equal(`${i}`);
      udp.settimeout(0);
      expect((yield* udp.receive())[1]).to.equal("timeout");
    }));

  it("drops none of a burst while somebody receives, however little the queue may hold", () =>
    check(function* () {
      const [udp, port] = yield* bound();
      udp.setoption("queue-limit", 3 * (100 + 256));
      const got = yield* fork(function* () {
        for (let i = 0; i < BURST; i++)
          expect(String((yield* udp.receive())[0])).to.equal(`${i}`.repeat(30));
      });
      // All of them are in the kernel before it is polled.
      const peer = dgram.createSocket("udp4");
      yield* ensure(() => void peer.close());
      for (let i = 0; i < BURST; i++) peer.send(`${i}`.repeat(30), port, "127.0.0.1");
      yield* got;
      expect(udp.dropped).to.equal(0);
    }));

  it("several fibers receive first come, first served; a halted one takes nothing", () =>
    check(function* () {
      const [a, b] = yield* connected();
      const log: string[] = [];
      const fibers = [];
      for (const name of ["1", "2", "3"]) {
        fibers.push(
          yield* fork(function* () {
            log.push(`${name} ${String((yield* b.receive())[0])}`);
          }),
        );
      }
      yield* sleep(0);
      yield* fibers[0]!.halt();
      yield* a.send("x");
      yield* a.send("y");
      yield* fibers[1]!;
      yield* fibers[2]!;
      expect(log).to.deep.equal(["2 x", "3 y"]);
      yield* race([b.receive(), sleep(0)]);
      yield* a.send("kept");
      expect(yield* b.receive()).to.deep.equal([Buffer.from("kept")]);
    }));

  it("a woken receive that is halted before it runs passes its turn on", () =>
    check(function* () {
      const [a, b] = yield* connected();
      const first = yield* fork(() => b.receive());
      const second = yield* fork(() => b.receive());
      yield* sleep(0);
      const halted = yield* haltWhenWoken(first);
      yield* a.send("once");
      yield* halted();
      expect(yield* second).to.deep.equal([Buffer.from("once")]);
    }));

  it("close wakes those that wait; later calls are closed, too", () =>
    check(function* () {
      const [a, b] = yield* connected();
      const waiting = yield* fork(() => b.receive());
      yield* sleep(0);
      b.close();
      b.close();
      expect(yield* waiting).to.deep.equal([undefined, "closed", undefined]);
      expect((yield* b.receive())[1]).to.equal("closed");
      expect((yield* b.send("x"))[1]).to.equal("closed");
      expect((yield* b.setpeername("127.0.0.1", 9))[1]).to.equal("closed");
      expect(b.getsockname()[1]).to.equal("closed");
      {
        using udp = a;
        expect(udp.closed).to.equal(false);
      }
      expect(a.closed).to.equal(true);
    }));

  it("belongs to the fiber that made it", () =>
    check(function* () {
      let made: Udp | undefined;
      yield* yield* fork(function* () {
        made = socket.udp();
        yield* made.setsockname("127.0.0.1", 0);
      });
      expect(made!.closed).to.equal(true);
    }));

  it("serve runs the handler once, with the object", () =>
    check(function* () {
      const [udp, port] = yield* bound();
      const names: string[] = [];
      const serving = yield* fork(() =>
        serve(
          udp,
          function* (server) {
            for (;;) {
              const [data, ip, from] = yield* server.receivefrom();
              if (data === undefined) return;
              names.push(String(data));
              yield* server.sendto(data, ip, from);
            }
          },
          { name: "echo" },
        ),
      );
      const client = socket.udp();
      yield* ensure(() => void client.close());
      yield* client.setpeername("127.0.0.1", port);
      yield* client.send("a");
      expect(yield* client.receive()).to.deep.equal([Buffer.from("a")]);
      yield* serving.halt();
      expect(udp.closed).to.equal(true);
      expect(names).to.deep.equal(["a"]);
    }));

  it("misuse throws, with the fix; each failure has its word", () =>
    check(function* () {
      const [udp, port] = yield* bound();
      expect(() => socket.udp().receive()).to.throw(
        TypeError,
        "setsockname, setpeername or sendto",
      );
      expect(() => udp.send("x")).to.throw(TypeError, "udp{connected} expected");
      expect(() => udp.sendto(5 as never, "127.0.0.1", 1)).to.throw(TypeError, "not 5");
      expect(() => udp.sendto("x", "127.0.0.1", 70000)).to.throw(TypeError, "the port must be");
      expect(() => udp.receive(-1)).to.throw(TypeError, "a whole number");
      expect(() => udp.setoption("no-such" as string, 1)).to.throw(
        TypeError,
        "setoption of a udp object: unsupported option",
      );
      expect((yield* udp.setpeername("127.0.0.1", 0))[1]).to.equal("invalid argument");
      expect((yield* udp.setsockname("127.0.0.1", 0))[1]).to.equal("invalid argument");
      expect((yield* socket.udp().setsockname("127.0.0.1", port))[1]).to.equal(
        "address already in use",
      );
      expect((yield* socket.udp().setsockname("192.0.2.1", 0))[1]).to.equal(
        "cannot assign requested address",
      );
      yield* udp.setpeername("127.0.0.1", 9);
      expect(() => udp.sendto("x", "127.0.0.1", 1)).to.throw(
        TypeError,
        "udp{unconnected} expected",
      );
      expect(() => udp.receivefrom()).to.throw(TypeError, 'setpeername("*") disconnects it');
      expect(() => udp.setsockname("127.0.0.1", 0)).to.throw(TypeError, "unconnected");
    }));
});
