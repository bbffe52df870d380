import * as net from "node:net";
import { PassThrough } from "node:stream";
import * as tls from "node:tls";
import { ensure, type Operation } from "effection";
import { expect } from "chai";
import { fork, serve, socket, type Stream, type TlsParams } from "cosocket";
import { check } from "../../support/check.js";
import { listening, until } from "../../support/pairs.js";
import { serverParams, shake, trusting } from "../../support/tls.js";
import { type AnyStream, identity } from "../../support/transports.js";

/** A TLS connection over streams of Node's, and the one that brings the client what the server sends. */
function* overStreams(
  trust: TlsParams,
): Operation<[client: Stream, served: Stream, back: PassThrough]> {
  const [there, back] = [new PassThrough(), new PassThrough()];
  const client = socket.stream(back, there);
  yield* ensure(() => void client.close());
  const served = socket.stream(there, back);
  yield* ensure(() => void served.close());
  const server = yield* fork(() => served.dohandshake(serverParams));
  socket.try(yield* client.dohandshake({ ...trust, servername: "localhost" }));
  socket.try(yield* server);
  return [client, served, back];
}

type End = (encrypted: tls.TLSSocket, raw: net.Socket) => void;

/** A client of node:tls's server, which sends `text` and then makes an end. */
function* visiting(how: TlsParams, text: string, end: End): Operation<AnyStream> {
  const { key, certificate: cert } = identity;
  const raws: net.Socket[] = [];
  const server = tls.createServer({ key, cert }, (encrypted) => {
    encrypted.on("error", () => {});
    const [raw] = raws;
    encrypted.write(text, () => setImmediate(() => end(encrypted, raw!)));
  });
  server.on("connection", (raw: net.Socket) => raws.push(raw));
  server.listen(0, "127.0.0.1");
  yield* ensure(() => {
    for (const raw of raws) raw.destroy();
    server.close();
  });
  yield* until(() => server.listening);
  const client = socket.tcp();
  yield* ensure(() => void client.close());
  socket.try(yield* client.connect("127.0.0.1", (server.address() as net.AddressInfo).port));
  socket.try(yield* client.dohandshake(how));
  return client;
}

const farewell: End = (encrypted) => encrypted.end();
const cut: End = (_, raw) => raw.destroy();
const reset: End = (_, raw) => raw.resetAndDestroy();

for (const protocol of ["tlsv1_2", "tlsv1_3"] as const) {
  const trust: TlsParams = { ...trusting, protocol };

  describe(`the end of a TLS stream, ${protocol}`, () => {
    for (const text of ["half", "x".repeat(200_000)])
      it(`with close_notify is an end, without it is none (${text.length} bytes)`, () =>
        check(function* () {
          const whole = yield* visiting(trust, text, farewell);
          expect(yield* whole.receive("*a")).to.deep.equal([text]);
          for (const end of [cut, reset]) {
            const client = yield* visiting(trust, text, end);
            const [all, error, partial] = yield* client.receive("*a");
            expect([all, error]).to.deep.equal([undefined, "closed"]);
            if (end === cut) expect(partial === text).to.equal(true);
            if (end === cut) expect(client.lastError).to.include({ code: "ERR_TLS_TRUNCATED" });
          }
        }));

    it("a reader that paused the connection learns the same", () =>
      check(function* () {
        const text = "y".repeat(150_000);
        for (const [end, ok] of [
          [farewell, true],
          [cut, false],
        ] as const) {
          const client = yield* visiting(trust, text, end);
          yield* client.receive(1);
          yield* until(() => !client.dirty() || client.getstats()[0] > 65_536);
          const [all, , partial] = yield* client.receive("*a");
          expect((all ?? partial)!.length).to.equal(text.length - 1);
          expect(all !== undefined).to.equal(ok);
        }
      }));

    it('"ignore_unexpected_eof" takes a cut for an end', () =>
      check(function* () {
        const client = yield* visiting({ ...trust, options: "ignore_unexpected_eof" }, "half", cut);
        expect(yield* client.receive("*a")).to.deep.equal(["half"]);
      }));

    it("a server that closes as soon as it has spoken says farewell", () =>
      check(function* () {
        const server = yield* listening();
        yield* fork(() => serve(server, (client) => client.send("all"), { tls: serverParams }));
        for (let i = 0; i < 3; i++) {
          const [client] = yield* shake(server, trust);
          expect(yield* client.receive("*a")).to.deep.equal(["all"]);
        }
      }));

    it("is told apart over any stream, too", () =>
      check(function* () {
        for (const clean of [true, false]) {
          const [client, served, back] = yield* overStreams(trust);
          yield* served.send("some more");
          yield* served.flush();
          expect(String(yield* client.receive(4))).to.equal("some");
          // Nobody waits for a farewell that can no longer be said.
          served.setoption("linger", { on: !clean, timeout: 0 });
          if (clean) served.close();
          else back.end();
          const [all, error] = yield* client.receive("*a");
          expect([all, error]).to.deep.equal(clean ? [" more", undefined] : [undefined, "closed"]);
        }
      }));
  });
}

it("a stream below that is destroyed breaks the TLS connection on it", () =>
  check(function* () {
    const [client, , back] = yield* overStreams(trusting);
    const reader = yield* fork(() => client.receive("*a"));
    back.destroy();
    expect((yield* reader)[1]).to.equal("closed");
  }));
