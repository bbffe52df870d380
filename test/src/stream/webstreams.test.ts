/** A connection as two streams of the web. */
import type { ReadableStreamReadResult } from "node:stream/web";
import { expect } from "chai";
import { call, type Operation } from "effection";
import { fork, socket, status, type WebStreams } from "cosocket";
import { check } from "../../support/check.js";
import { clog, listening, pair as connectedPair, portOf, until } from "../../support/pairs.js";
import { authority, identityParams, transports, worlds } from "../../support/transports.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (chunk: Uint8Array | undefined): string => new TextDecoder().decode(chunk);

/** The code of the error that a promise fails with. */
const codeOf = (promise: Promise<unknown>): Operation<string> =>
  call(() =>
    promise.then(
      () => "none",
      (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error),
    ),
  );

function all({ readable }: WebStreams): Operation<string> {
  return call(async () => {
    let found = "";
    for await (const chunk of readable) found += text(chunk);
    return found;
  });
}

for (const { name, check, pair } of transports) {
  describe(`webstreams over ${name}`, () => {
    it("carry bytes both ways, what had come and what was sent before all else", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        yield* peer.send("one\ntwo\n");
        expect(yield* client.receive()).to.deep.equal(["one"]);
        yield* client.send("sent ");
        const streams = client.webstreams();
        const writer = streams.writable.getWriter();
        yield* call(() => writer.write(bytes("written")));
        expect(yield* peer.receive(12)).to.deep.equal([Buffer.from("sent written")]);
        yield* peer.send("three");
        peer.shutdown("send");
        expect(yield* all(streams)).to.equal("two\nthree");
        // Half of it is still open.
        yield* call(() => writer.write(bytes("!")));
        yield* call(() => writer.close());
        expect(yield* peer.receive("*a")).to.deep.equal(["!"]);
      }));

    it("read into memory of the reader's, and no further than is asked for", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        const { readable, writable } = client.webstreams();
        const reader = readable.getReader({ mode: "byob" });
        const read = (size: number): Operation<ReadableStreamReadResult<Uint8Array>> =>
          call(() => reader.read(new Uint8Array(size)));
        const first = yield* fork(() => read(3));
        yield* peer.send("abcde");
        expect(text((yield* first).value)).to.equal("abc");
        expect(text((yield* read(10)).value)).to.equal("de");
        peer.shutdown("send");
        expect((yield* read(10)).done).to.equal(true);
        yield* call(() => writable.close());
      }));

    it("wait for the peer: a write is done when its bytes have left", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        yield* clog(client);
        const [, clogged] = client.getstats();
        const { writable, readable } = client.webstreams();
        const writer = writable.getWriter();
        let done = false;
        const block = Buffer.alloc(300_000, "w");
        const writing = writer.write(block).then(() => (done = true));
        yield* peer.receive(1);
        expect(done).to.equal(false);
        yield* peer.receive(clogged - 1);
        expect((yield* peer.receive(block.length))[0]!.equals(block)).to.equal(true);
        yield* call(() => writing);
        yield* call(() => writer.close());
        peer.shutdown("send");
        expect(yield* all({ readable, writable })).to.equal("");
      }));

    it("drop what comes when reading was cancelled, and still write", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        const { writable, readable } = client.webstreams();
        yield* call(() => readable.cancel());
        yield* peer.send("nobody reads this");
        const writer = writable.getWriter();
        yield* call(() => writer.write(bytes("but this")));
        yield* call(() => writer.close());
        expect(yield* peer.receive("*a")).to.deep.equal(["but this"]);
        peer.close();
        // It is over when the peer has ended, too.
        yield* until(() => status().timeout === 0);
      }));

    it("break the connection when writing is aborted, and the readable with it", () =>
      check(function* () {
        const [client, peer] = yield* pair();
        const { writable, readable } = client.webstreams();
        const reader = readable.getReader();
        const reading = codeOf(reader.read());
        yield* call(() => writable.abort(new Error("enough")));
        expect(yield* reading).to.not.equal("none");
        expect((yield* peer.receive())[1]).to.equal("closed");
      }));

    it("take bytes only", () =>
      check(function* () {
        const [client] = yield* pair();
        const { writable, readable } = client.webstreams();
        const writer = writable.getWriter();
        const why = yield* codeOf(writer.write("text" as never));
        expect(why).to.match(/takes bytes, a Uint8Array, not "text": TextEncoderStream/);
        yield* call(() => readable.cancel().catch(() => {}));
        expect(client.closed).to.equal(true);
      }));
  });
}

for (const { where, check } of worlds) {
  it(`${where}webstreams of a connection that broke before give what had come, and then fail with its error`, () =>
    check(function* () {
      const [client, served] = yield* connectedPair();
      yield* served.send("last words");
      yield* client.peek(10);
      served.setoption("linger", { on: true, timeout: 0 });
      served.close();
      yield* until(() => client.lastError !== undefined);
      const { readable, writable } = client.webstreams();
      const [reader, writer] = [readable.getReader(), writable.getWriter()];
      const { value } = yield* call(() => reader.read());
      expect(text(value)).to.equal("last words");
      expect(yield* codeOf(reader.read())).to.equal("ECONNRESET");
      expect(yield* codeOf(writer.closed)).to.equal("ECONNRESET");
    }));

  it(`${where}webstreams that nobody holds any more deliver what was written, in its order, and their end`, () =>
    check(function* () {
      const server = yield* listening();
      let late: Operation<string> | undefined;
      const fiber = yield* fork(function* () {
        const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
        const writer = client.webstreams().writable.getWriter();
        for (const word of ["one ", "two ", "three"]) void writer.write(bytes(word));
        const written = writer.write(bytes("!")).then(() => writer.write(bytes("too late")));
        written.catch(() => {});
        late = codeOf(written);
        // Nothing of it has been taken yet.
      });
      const served = socket.try(yield* server.accept());
      yield* fiber;
      expect(yield* served.receive("*a")).to.deep.equal(["one two three!"]);
      expect(yield* late!).to.equal("ERR_STREAM_WRITE_AFTER_END");
      served.close();
    }));
}

it("webstreams over TLS let a peer read what was written, though it speaks while they end", () =>
  check(function* () {
    const server = yield* listening();
    const heard = yield* fork(function* () {
      const served = socket.try(yield* server.accept());
      socket.try(yield* served.dohandshake(identityParams()));
      yield* until(() => ended);
      yield* served.send("are you there?");
      const [all] = yield* served.receive("*a");
      return all?.length;
    });
    let ended = false;
    yield* yield* fork(function* () {
      const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      socket.try(yield* client.dohandshake({ cafile: authority.certificate }));
      const writer = client.webstreams().writable.getWriter();
      yield* call(() => writer.write(new Uint8Array(300_000)));
      ended = true;
    });
    expect(yield* heard).to.equal(300_000);
  }));
