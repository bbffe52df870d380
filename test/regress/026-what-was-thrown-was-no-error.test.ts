/**
 * What was thrown, or told as an error, was taken for an Error: text was made of it, which may throw in the middle of a handshake (and ended the
 * process), it was kept in a WeakSet, and null, 0 and "" were taken for success: of a server's `SNICallback`, of a stream's write, of a sink.
 */
import { Duplex, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { expect } from "chai";
import { until } from "effection";
import { fork, socket, type TlsParams } from "cosocket";
import { ltn12 } from "cosocket/ltn12";
import { check } from "../support/check.js";
import { pair } from "../support/pairs.js";
import { serverParams, trusting } from "../support/tls.js";

/** Things that programs throw, although they are no errors; two of them have no text. */
const THROWN: readonly unknown[] = [
  null,
  undefined,
  0,
  "",
  "on fire",
  Object.create(null),
  Symbol(),
];

function throwing(thrown: unknown) {
  return (): never => {
    throw thrown;
  };
}

describe("026: what was thrown was no error", () => {
  const client = (thrown: unknown): TlsParams => ({
    ...trusting,
    servername: "localhost",
    checkServerIdentity: throwing(thrown),
  });
  const server = (thrown: unknown): TlsParams => ({
    ...serverParams,
    SNICallback: throwing(thrown),
  });

  for (const thrown of THROWN) {
    const name =
      thrown === null ? "null" : typeof thrown === "string" ? `"${thrown}"` : typeof thrown;

    it(`${name} that a callback of a handshake throws refuses the connection`, () =>
      check(function* () {
        const [one, other] = yield* pair();
        yield* fork(() => other.dohandshake(serverParams));
        const [, refused] = yield* one.dohandshake(client(thrown));
        expect(refused).to.match(/^tls handshake failed: /);
        expect(one.lastError).to.be.instanceOf(Error);

        const [asking, asked] = yield* pair();
        yield* fork(() => asking.dohandshake({ ...trusting, servername: "localhost" }));
        const [, failed] = yield* asked.dohandshake(server(thrown));
        expect(failed).to.match(/^tls handshake failed: /);
      }));

    it(`${name} that a stream's write throws is an error of the stream`, () =>
      check(function* () {
        const broken = socket.stream(new Duplex({ read() {}, write: throwing(thrown) }));
        yield* broken.send("lost");
        expect((yield* broken.flush())[1]).to.equal("closed");
        expect(broken.lastError).to.be.instanceOf(Error);
        broken.close();
      }));

    it(`${name} that a sink throws is an error of the stream that it is`, () =>
      check(function* () {
        const stream = ltn12.sink.writable(throwing(thrown));
        stream.end("lost");
        const outcome = yield* until(finished(stream).catch((error: unknown) => error));
        expect(outcome).to.be.instanceOf(Error);
      }));
  }

  it("a stream of the web that fails without an error fails the sink", () =>
    check(function* () {
      for (const failing of [{ write: throwing(undefined) }, { close: throwing(null) }]) {
        const sink = ltn12.sink.to(new WritableStream(failing));
        const [, err] = yield* ltn12.pump.all(ltn12.source.string("lost"), sink);
        expect(err).to.equal("system error Error");
      }
    }));

  it("text that a stream is destroyed with is the cause of its end", () =>
    check(function* () {
      const broken = new Duplex({
        read() {
          this.destroy("on fire" as never);
        },
        write(_chunk, _encoding, done) {
          done();
        },
      });
      const client = socket.stream(broken);
      expect((yield* client.receive())[1]).to.equal("closed");
      expect(client.lastError?.message).to.equal("on fire");
      client.close();
    }));

  it("text that a writable fails with is the cause of the sink's error", () =>
    check(function* () {
      const stream = new Writable({
        write(_chunk, _encoding, done) {
          done("on fire" as never);
        },
      });
      const [, err] = yield* ltn12.pump.all(ltn12.source.string("x"), ltn12.sink.to(stream));
      expect(err).to.equal("system error Error");
    }));
});
