/** A clean end and a broken connection are two things, in every way of receiving. */
import { once } from "node:events";
import * as net from "node:net";
import { Duplex, PassThrough, Readable } from "node:stream";
import { expect } from "chai";
import { call, each, ensure, scoped, type Operation, type Stream as Effected } from "effection";
import { fork, type Result, socket, type SocketException, type Stream } from "cosocket";
import { streamPair } from "cosocket/testing";
import { check } from "../../support/check.js";
import { fedStream } from "../../support/fed.js";
import { pair, rawPair, thrown, until } from "../../support/pairs.js";
import { inVirtualTime } from "../../support/simulated.js";
import { type AnyStream, socketPath, unixPair } from "../../support/transports.js";
import { threadPeer } from "../../support/thread-peer.js";

/** The code of what went wrong last. */
function causeOf(client: AnyStream): string | undefined {
  return (client.lastError as NodeJS.ErrnoException | undefined)?.code;
}

interface Way {
  name: string;
  check: typeof check;
  /** A stream on which "half of it" has arrived, and that then breaks. */
  broken(): Operation<AnyStream>;
}

function* reset(): Operation<AnyStream> {
  const [client, served] = yield* pair();
  yield* served.send("half of it");
  yield* until(() => client.dirty());
  served.setoption("linger", { on: true, timeout: 0 });
  served.close();
  return client;
}

function* owned(stream: Stream): Operation<Stream> {
  yield* ensure(() => void stream.close());
  return stream;
}

const ways: Way[] = [
  { name: "a TCP connection that is reset", check, broken: reset },
  {
    name: "a TCP connection that is reset together with the data",
    check,
    *broken() {
      const [served, peer] = yield* rawPair();
      peer.socket.write("half of it");
      peer.socket.resetAndDestroy();
      return served;
    },
  },
  {
    name: "a Unix connection closed with unread data, together with the data",
    check,
    *broken() {
      const path = yield* socketPath();
      const server = net.createServer((peer) => {
        peer.on("error", () => {});
        peer.pause();
        peer.once("readable", () => {
          peer.write("half of it");
          peer.destroy();
        });
      });
      yield* ensure(() => void server.close());
      yield* call(() => once(server.listen(path), "listening"));
      const client = socket.unix();
      yield* ensure(() => void client.close());
      socket.try(yield* client.connect(path));
      yield* client.send("never read".repeat(20_000));
      return client;
    },
  },
  { name: "a simulated TCP connection that is reset", check: inVirtualTime, broken: reset },
  {
    name: "a Unix connection closed with unread data at the other end",
    check,
    *broken() {
      const [client, served] = yield* unixPair();
      yield* served.send("half of it");
      yield* client.send("never read".repeat(20_000));
      yield* until(() => client.dirty());
      served.setoption("linger", { on: true, timeout: 0 });
      served.close();
      return client;
    },
  },
  {
    name: "a stream pair that is cut",
    check,
    *broken() {
      const [client, served, line] = yield* streamPair();
      yield* ensure(() => void (client.close(), served.close()));
      yield* served.send("half of it");
      yield* until(() => client.dirty());
      line.cut();
      return client;
    },
  },
  {
    name: "a stream of Node's that is destroyed with an error",
    check,
    *broken() {
      const input = new PassThrough();
      const client = yield* owned(socket.stream(input));
      input.write("half of it");
      yield* until(() => client.dirty());
      input.destroy(new Error("disk on fire"));
      return client;
    },
  },
  {
    name: "a stream of Node's that closes without an end",
    check,
    *broken() {
      const input = new PassThrough();
      const client = yield* owned(socket.stream(input));
      input.write("half of it");
      yield* until(() => client.dirty());
      input.destroy();
      return client;
    },
  },
  {
    name: "a stream of Node's that breaks in the turn in which the data came",
    check,
    *broken() {
      const input = new Readable({ read() {} });
      const client = yield* owned(socket.stream(input, null));
      input.push("half of it");
      input.destroy(new Error("disk on fire"));
      return client;
    },
  },
  {
    name: "a transport that says that it was cut",
    check,
    *broken() {
      const [client, transport] = fedStream();
      yield* ensure(() => void client.close());
      transport.feed(Buffer.from("half of it"));
      transport.end(Object.assign(new Error("cut"), { code: "ERR_TLS_TRUNCATED" }));
      return client;
    },
  },
];

const half = Buffer.from("half of it");

for (const { name, check, broken } of ways) {
  describe(`broken: ${name}`, () => {
    const patterns: [
      string,
      (stream: AnyStream) => Operation<Result<unknown, unknown>>,
      unknown,
    ][] = [
      ['"*a"', (stream) => stream.receive("*a"), "half of it"],
      ["Infinity", (stream) => stream.receive(Infinity), half],
      ['"*l"', (stream) => stream.receive(), "half of it"],
      ["a number", (stream) => stream.receive(100), half],
      ["receiveuntil", (stream) => stream.receiveuntil("--")(), half],
      ["a step of receiveuntil", (stream) => stream.receiveuntil("--")(100), half],
    ];
    for (const [pattern, receive, partial] of patterns) {
      it(`${pattern} is "closed" with what has come as partial, and lastError says why`, () =>
        check(function* () {
          const stream = yield* broken();
          expect(yield* receive(stream)).to.deep.equal([undefined, "closed", partial]);
          expect(stream.lastError).to.be.instanceOf(Error);
          expect((yield* stream.receive("*a"))[1]).to.equal("closed");
        }));
    }

    it("receiveany gives what has come, and then the error", () =>
      check(function* () {
        const stream = yield* broken();
        expect(yield* stream.receiveany()).to.deep.equal([half]);
        expect((yield* stream.receiveany())[1]).to.equal("closed");
        expect(stream.lastError).to.be.instanceOf(Error);
      }));

    for (const [what, items] of [
      ["lines", (stream: AnyStream) => stream.lines()],
      ["blocks", (stream: AnyStream) => stream.blocks(4)],
    ] as const) {
      it(`${what} throws, instead of giving a piece as if it were the last`, () =>
        check(function* () {
          const stream = yield* broken();
          const seen: string[] = [];
          const error = yield* thrown(
            scoped(function* () {
              for (const item of yield* each(items(stream) as Effected<string | Buffer, void>)) {
                seen.push(String(item));
                yield* each.next();
              }
            }),
          );
          expect((error as SocketException).error).to.equal("closed");
          expect(seen).to.deep.equal(what === "lines" ? [] : ["half", " of "]);
        }));
    }

    it("source until-closed ends with the error", () =>
      check(function* () {
        const stream = yield* broken();
        const source = socket.source("until-closed", stream);
        expect(yield* source()).to.deep.equal([half]);
        expect((yield* source())[1]).to.equal("closed");
        expect((yield* source())[1]).to.equal("closed");
      }));
  });
}

describe("the end of a stream", () => {
  it("is clean although the connection breaks after it", () =>
    check(function* () {
      const [client, transport] = fedStream();
      transport.feed(half);
      transport.end();
      transport.protocol!.broke(new Error("reset afterwards"));
      expect(yield* client.receive("*a")).to.deep.equal(["half of it"]);
      expect(yield* client.receive()).to.deep.equal([undefined, "closed", ""]);
      expect(client.lastError).to.equal(undefined);
      client.close();
    }));

  it("is a cut when a write has seen the reset first: the kernel tells reads of an end then", () =>
    check(function* () {
      const { served, act } = yield* threadPeer("half of it");
      yield* until(() => served.dirty());
      act("reset");
      yield* served.send("x");
      expect((yield* served.flush())[1]).to.equal("closed");
      expect(causeOf(served)).to.equal("ECONNRESET");
      expect(yield* served.receive("*a")).to.deep.equal([undefined, "closed", "half of it"]);
    }));

  it("is an end when a write was refused because the peer had closed before", () =>
    check(function* () {
      const { served, act } = yield* threadPeer("all of it");
      yield* until(() => served.dirty());
      act("end");
      // The first one makes the peer's kernel refuse.
      yield* served.send("x");
      yield* served.flush();
      yield* served.send("y");
      expect((yield* served.flush())[1]).to.equal("closed");
      expect(causeOf(served)).to.equal("EPIPE");
      expect(yield* served.receive("*a")).to.deep.equal(["all of it"]);
    }));

  it("ends lines() cleanly where the program itself has closed", () =>
    check(function* () {
      const [client, transport] = fedStream();
      transport.feed(Buffer.from("one\n"));
      const seen: string[] = [];
      for (const line of yield* each(client.lines())) {
        seen.push(line);
        client.close();
        yield* each.next();
      }
      expect(seen).to.deep.equal(["one"]);
    }));

  it("of a Duplex that another fiber reads is told to all that wait", () =>
    check(function* () {
      const input = new Duplex({ read() {}, write() {} });
      const client = socket.stream(input);
      const readers = [];
      for (let i = 0; i < 3; i++) readers.push(yield* fork(() => client.receive("*a")));
      input.destroy();
      for (const reader of readers) expect(yield* reader).to.deep.equal([undefined, "closed", ""]);
      client.close();
    }));
});
