/** A connection as a stream of Node's: on every transport the same, with nothing lost on the way. */
import { once } from "node:events";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { expect } from "chai";
import { action, call, ensure, type Operation } from "effection";
import { causeOf, fork, sleep, socket } from "cosocket";
import { settle } from "cosocket/testing";
import type { KeepAlive, Transport, TransportStream } from "../../../src/network/index.js";
import { check } from "../../support/check.js";
import { inVirtualTime } from "../../support/simulated.js";
import { clog, listening, made, pair, portOf, rawPair, until } from "../../support/pairs.js";
import {
  type AnyStream,
  identity,
  tlsPair,
  transports,
  unixPair,
  worlds,
} from "../../support/transports.js";

const params = { key: identity.key, certificate: identity.certificate };

/** Destroyed at the end of the test. */
function* given(client: AnyStream, options?: { allowHalfOpen?: boolean }): Operation<net.Socket> {
  const stream = client.duplex(options);
  yield* ensure(() => void stream.destroy());
  return stream;
}

/** The next `length` bytes of a stream. */
function read(stream: Duplex, length: number): Operation<string> {
  return action((resolve) => {
    const look = (): void => {
      const chunk = stream.read(length) as Buffer | null;
      if (chunk !== null) resolve(String(chunk));
    };
    stream.on("readable", look);
    return () => void stream.removeListener("readable", look);
  });
}

const event = (stream: Duplex, name: string): Operation<unknown[]> =>
  call(() => once(stream, name));

for (const { name, check, pair } of transports) {
  describe(`duplex over ${name}`, () => {
    it("gives what had arrived before what comes, and writes behind what was sent", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        yield* peer.send("one\ntwo\nthr");
        expect(yield* client.receive()).to.deep.equal(["one"]);
        yield* client.send("grün\n");
        yield* client.send(Buffer.from("2\n"));
        const stream = yield* given(client);
        stream.write("3\n");
        yield* peer.send("ee\n");
        expect(yield* read(stream, 10)).to.equal("two\nthree\n");
        expect(yield* peer.receive(10)).to.deep.equal([Buffer.from("grün\n2\n3\n")]);
      }));

    it("tells the peer's end, and ends when it is read unless half of it may stay open", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        yield* peer.send("last");
        peer.shutdown("send");
        const stream = yield* given(client, { allowHalfOpen: true });
        let text = "";
        stream.on("data", (chunk) => (text += String(chunk)));
        yield* event(stream, "end");
        expect(text).to.equal("last");
        stream.end("an answer");
        expect(yield* peer.receive("*a")).to.deep.equal(["an answer"]);
        if (!stream.closed) yield* event(stream, "close");
        const [other, its] = yield* pair();
        const whole = yield* given(other);
        whole.resume();
        its.shutdown("send");
        yield* event(whole, "close");
        expect(yield* its.receive("*a")).to.deep.equal([undefined, "closed", ""]);
      }));

    it("takes the end of the peer that had come before", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        yield* peer.send("x");
        peer.shutdown("send");
        expect(yield* client.receive("*a")).to.deep.equal(["x"]);
        const stream = yield* given(client, { allowHalfOpen: true });
        stream.resume();
        yield* event(stream, "end");
        stream.end("still");
        expect(yield* peer.receive("*a")).to.deep.equal(["still"]);
      }));

    it("waits for the peer, both ways, and loses nothing", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        // A write is under way, and the queue is full.
        yield* clog(client);
        const [, clogged] = client.getstats();
        const stream = yield* given(client);
        const all = Buffer.alloc(300_000, "0123456789");
        expect(stream.write(all)).to.equal(false);
        const back = Buffer.alloc(1 << 20, "abcdefg");
        const sender = yield* fork(() => peer.send(back));
        yield* settle();
        expect(stream.readableLength).to.be.below(400_000);
        // chai would look at each byte by itself.
        const [before] = yield* peer.receive(clogged);
        expect(before!.equals(Buffer.alloc(clogged, "c"))).to.equal(true);
        expect((yield* peer.receive(all.length))[0]!.equals(all)).to.equal(true);
        if (stream.writableLength > 0) yield* event(stream, "drain");
        const parts: Buffer[] = [];
        let length = 0;
        stream.on("data", (part: Buffer) => {
          parts.push(part);
          length += part.length;
        });
        yield* sender;
        yield* until(() => length === back.length);
        expect(Buffer.concat(parts).equals(back)).to.equal(true);
      }));

    it("lets what others are sending leave whole, and tells them so", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        yield* clog(client);
        const [, clogged] = client.getstats();
        const block = Buffer.alloc(200_000, "s");
        const sender = yield* fork(() => client.send(block));
        const halted = yield* fork(() => client.send("halted"));
        yield* settle();
        yield* halted.halt();
        const stream = yield* given(client);
        stream.write("behind");
        expect(yield* sender).to.deep.equal([block.length]);
        yield* peer.receive(clogged);
        expect(yield* peer.receive(block.length)).to.deep.equal([block]);
        expect(yield* peer.receive(12)).to.deep.equal([Buffer.from("haltedbehind")]);
      }));

    it("tells who waits to receive that it is closed, and takes nothing from the stream for that", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        const reader = yield* fork(() => client.receive("*l"));
        yield* peer.send("half a li");
        yield* until(() => client.dirty());
        const stream = yield* given(client);
        const result = yield* reader;
        expect(result).to.deep.equal([undefined, "closed", ""]);
        expect(causeOf(result)?.message).to.contain("(given away) by duplex()");
        expect(yield* read(stream, 9)).to.equal("half a li");
      }));

    it("writes whole what was written before the stream is ended, while the peer takes its time", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        yield* clog(client);
        const [, clogged] = client.getstats();
        const stream = yield* given(client);
        stream.end("last words");
        const [all] = yield* peer.receive(Infinity);
        expect(all!.length).to.equal(clogged + 10);
        expect(String(all!.subarray(clogged))).to.equal("last words");
      }));

    for (const [who, end] of [
      ["its", (_client: AnyStream, stream: () => net.Socket) => stream().end("last words")],
      ["the client's", (client: AnyStream) => client.shutdown("send")],
    ] as const)
      it(`closes when it is reset while ${who} end is on the way: its fiber waits for that`, () =>
        check(function* () {
          const ended = yield* yield* fork(function* () {
            const [client] = yield* pair();
            let stream: net.Socket | undefined;
            const its = (): net.Socket => (stream ??= client.duplex());
            end(client, its);
            try {
              its().resetAndDestroy();
            } catch {
              // Node has RST for TCP only.
              its().destroy();
            }
            return "over";
          });
          expect(ended).to.equal("over");
        }));

    it("keeps the end that was sent", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        yield* client.send("all");
        client.shutdown("send");
        const stream = yield* given(client);
        expect(yield* peer.receive("*a")).to.deep.equal(["all"]);
        expect(stream.writableEnded).to.equal(true);
        yield* peer.send("answer");
        expect(yield* read(stream, 6)).to.equal("answer");
      }));

    it("leaves an object that is closed, and says that it was given away", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        yield* given(client);
        expect(client.closed).to.equal(true);
        expect(String(client)).to.match(/ \(given away\)$/);
        for (const result of [
          yield* client.receive("*l"),
          yield* client.receiveany(),
          yield* client.send("x"),
          yield* client.flush(),
        ]) {
          expect(result[1]).to.equal("closed");
          expect(causeOf(result)?.message).to.contain("(given away) by duplex()");
        }
        expect(client.close()).to.equal(1);
        expect(client.shutdown()).to.equal(1);
        expect(() => client.duplex()).to.throw(TypeError, "given away");
        expect(peer.closed).to.equal(false);
      }));
  });
}

describe("duplex", () => {
  it("is Node's own socket over TCP, Unix and TLS, with what its handshake found out", () =>
    check(function* () {
      const [[tcp], [unix], [client, served]] = [
        yield* pair(),
        yield* unixPair(),
        yield* tlsPair(),
      ];
      const port = (tcp.getsockname() as [string, number, string])[1];
      const plain = yield* given(tcp);
      expect(plain).to.be.instanceOf(net.Socket);
      expect([plain.localAddress, plain.localPort]).to.deep.equal(["127.0.0.1", port]);
      expect(plain.setNoDelay(true).setKeepAlive(true, 1000).ref()).to.equal(plain);
      expect(yield* given(unix)).to.be.instanceOf(net.Socket);
      const secure = (yield* given(client)) as tls.TLSSocket;
      expect(secure).to.be.instanceOf(tls.TLSSocket);
      expect([secure.encrypted, secure.authorized]).to.deep.equal([true, true]);
      expect(secure.getPeerCertificate().subject.CN).to.equal("localhost");
      expect(secure.remoteAddress).to.equal("127.0.0.1");
      const other = (yield* given(served)) as tls.TLSSocket & { servername?: unknown };
      expect([other.authorized, other.getProtocol()]).to.deep.equal([false, "TLSv1.3"]);
      expect(String(other.authorizationError)).to.match(/certificate/i);
    }));

  it("gives all that TLS has decrypted at once, and its end, to who asks for the stream having received a part", () =>
    check(function* () {
      const [client, served] = yield* tlsPair();
      // Some records of TLS.
      const sent = "0123456789".repeat(5000);
      yield* served.send(sent);
      served.shutdown("send");
      const [first] = yield* client.receive(10);
      const stream = yield* given(client, { allowHalfOpen: true });
      let rest = "";
      stream.on("data", (chunk) => (rest += String(chunk)));
      yield* event(stream, "end");
      expect(String(first) + rest === sent).to.equal(true);
    }));

  it("gives a socket of Node's back that socket.stream was made of", () =>
    check(function* () {
      const [served, peer] = yield* rawPair();
      const stream = socket.stream(peer.socket);
      yield* served.send("hello");
      expect(yield* stream.peek(5)).to.deep.equal([Buffer.from("hello")]);
      const back = yield* given(stream);
      expect(back).to.equal(peer.socket);
      expect(yield* read(back, 5)).to.equal("hello");
    }));

  for (const { where, check } of worlds) {
    it(`${where}is closed with its fiber, after what was written has been delivered`, () =>
      check(function* () {
        const server = yield* listening();
        let stream: net.Socket | undefined;
        const fiber = yield* fork(function* () {
          const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
          stream = client.duplex();
          stream.write("written");
          yield* sleep(1000);
        });
        const served = socket.try(yield* server.accept());
        yield* until(() => stream !== undefined);
        yield* fiber.halt();
        expect(stream!.destroyed).to.equal(true);
        expect(yield* served.receive("*a")).to.deep.equal(["written"]);
        served.close();
      }));

    it(`${where}passes to the parent of the fiber that returns it`, () =>
      check(function* () {
        const server = yield* listening();
        const parent = yield* fork(function* () {
          const child = yield* fork(function* () {
            const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
            return client.duplex();
          });
          const stream = yield* child;
          expect(stream.destroyed).to.equal(false);
          stream.write("alive");
          return null;
        });
        const served = socket.try(yield* server.accept());
        expect(yield* served.receive("*a")).to.deep.equal(["alive"]);
        yield* parent;
        served.close();
      }));

    it(`${where}holds its place in the pool until it has closed`, () =>
      check(function* () {
        const server = yield* listening();
        const options = { pool_size: 1, backlog: 1 };
        const first = yield* made(socket.tcp());
        socket.try(yield* first.connect("127.0.0.1", portOf(server), options));
        const stream = yield* given(first);
        const second = yield* made(socket.tcp());
        const waiting = yield* fork(() => second.connect("127.0.0.1", portOf(server), options));
        yield* settle();
        expect(waiting.state).to.equal("parked");
        stream.destroy();
        expect(yield* waiting).to.deep.equal([1]);
      }));

    it(`${where}has the peer's address, counts, and tells when nothing has happened for a time`, () =>
      check(function* () {
        const [client, served] = yield* pair();
        const [ip, port] = client.getpeername() as [string, number, string];
        const stream = yield* given(client);
        expect([stream.remoteAddress, stream.remotePort, stream.remoteFamily]).to.deep.equal([
          ip,
          port,
          "IPv4",
        ]);
        expect([stream.readyState, stream.connecting]).to.deep.equal(["open", false]);
        stream.write("four");
        expect(yield* served.receive(4)).to.deep.equal([Buffer.from("four")]);
        expect(stream.bytesWritten).to.equal(4);
        yield* served.send("12");
        expect(yield* read(stream, 2)).to.equal("12");
        expect(stream.bytesRead).to.equal(2);
        stream.setTimeout(5);
        yield* event(stream, "timeout");
        expect(stream.destroyed).to.equal(false);
      }));

    it(`${where}ends with a reset of the peer, by Node's code, which nobody need listen to`, () =>
      check(function* () {
        const [client, served] = yield* pair();
        const stream = yield* given(client);
        served.setoption("linger", { on: true, timeout: 0 });
        served.close();
        stream.resume();
        let failed: unknown;
        stream.once("close", (hadError) => (failed = hadError));
        yield* until(() => failed !== undefined);
        expect(failed).to.equal(true);
        expect((stream.errored as NodeJS.ErrnoException).code).to.equal("ECONNRESET");
      }));

    it(`${where}gives what had come of a connection that broke before, and then its error`, () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* served.send("last words");
        yield* client.peek(10);
        served.setoption("linger", { on: true, timeout: 0 });
        served.close();
        yield* until(() => client.lastError !== undefined);
        const stream = yield* given(client);
        expect(yield* read(stream, 10)).to.equal("last words");
        const [error] = yield* event(stream, "error");
        expect((error as NodeJS.ErrnoException).code).to.equal("ECONNRESET");
      }));

    it(`${where}tells who waits for a write when it is destroyed`, () =>
      check(function* () {
        const [client] = yield* pair();
        yield* clog(client);
        const stream = yield* given(client);
        let told = false;
        // It is under way, or waits for what is.
        stream.write(Buffer.alloc(1 << 20), () => (told = true));
        stream.destroy();
        yield* until(() => told);
        expect(told).to.equal(true);
      }));

    it(`${where}can reset the connection`, () =>
      check(function* () {
        const [client, served] = yield* pair();
        const stream = yield* given(client);
        stream.resetAndDestroy();
        expect((yield* served.receive("*a"))[1]).to.equal("closed");
        expect(served.lastError?.message).to.contain("ECONNRESET");
      }));
  }

  it("simulated: takes the options of setKeepAlive as Node does, one by one and as an object", () =>
    inVirtualTime(function* () {
      const [client] = yield* pair();
      const stream = yield* given(client);
      const set: KeepAlive[] = [];
      const { transport } = stream as unknown as { transport: Transport };
      transport.setKeepAlive = (how) => void set.push(how);
      // The types are an older Node's.
      const probing = stream as unknown as TransportStream;
      probing.setKeepAlive(true, 5000, 3000, 2).setKeepAlive({ enable: true, initialDelay: 2000 });
      probing.setKeepAlive();
      expect(set).to.deep.equal([
        { on: true, idle: 5, interval: 3, count: 2 },
        { on: true, idle: 2, interval: 1, count: 10 },
        { on: false, idle: 0, interval: 1, count: 10 },
      ]);
    }));

  it("refuses what is no connection, with the reason", () =>
    check(function* () {
      const server = yield* listening();
      expect(() => server.duplex()).to.throw(TypeError, /^duplex: tcp\{client\} expected/);
      const [client, served] = yield* pair();
      expect(() => client.duplex({ half: true } as never)).to.throw(TypeError, /no option/);
      expect(() => client.duplex({ allowHalfOpen: 1 } as never)).to.throw(TypeError, /not 1$/);
      const handshake = yield* fork(() => served.dohandshake(params));
      yield* settle();
      expect(() => served.duplex()).to.throw(TypeError, /is being encrypted: give it away when/);
      yield* handshake.halt();
      expect(() => served.duplex()).to.throw(TypeError, /no connection any more to give away/);
      client.shutdown("receive");
      expect(() => client.duplex()).to.throw(TypeError, /receives nothing any more \(shutdown\)/);
    }));
});
