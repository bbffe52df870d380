/** What ltn12 is made of and made to: files, streams of Node's and of the web, iterables. */
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { expect } from "chai";
import { call, type Operation, until } from "effection";
import {
  causeOf,
  type Data,
  each,
  fork,
  type Result,
  type Sink,
  sleep,
  socket,
  type Source,
  SocketException,
} from "cosocket";
import { ltn12 } from "cosocket/ltn12";
import { check } from "../../support/check.js";
import { pair } from "../../support/pairs.js";

/** Everything a source gives, and how it ended. */
function* drain(source: Source<string>): Operation<[data: string, end: unknown]> {
  const pieces: Data[] = [];
  const [, error] = yield* ltn12.pump.all(source, ltn12.sink.table(pieces));
  return [Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))).toString(), error];
}

/** A writable that takes its time, and says what it got. */
function slow(): { stream: Writable; heard: string[]; done: (() => void)[] } {
  const heard: string[] = [];
  const done: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 4,
    write: (chunk, _, next) => {
      heard.push(String(chunk));
      done.push(next);
    },
  });
  return { stream, heard, done };
}

const turn = (): Operation<void> => until(new Promise<void>((resolve) => setImmediate(resolve)));

describe("ltn12 on files and streams", () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "cosocket-ltn12-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("a file goes through a chain into another, by streams and by handles, and both are closed", () =>
    check(function* () {
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i * 7));
      writeFileSync(file("in"), bytes);
      const [input, output] = [createReadStream(file("in")), createWriteStream(file("out"))];
      const copied = ltn12.pump.all(ltn12.source.file(input), ltn12.sink.file(output));
      expect(yield* copied).to.deep.equal([1]);
      expect(readFileSync(file("out")).equals(bytes)).to.equal(true);
      expect([input.closed, output.closed]).to.deep.equal([true, true]);
      const from = yield* until(open(file("in")));
      const to = yield* until(open(file("again"), "w"));
      expect(yield* ltn12.pump.all(ltn12.source.file(from), ltn12.sink.file(to))).to.deep.equal([
        1,
      ]);
      expect(readFileSync(file("again")).equals(bytes)).to.equal(true);
      expect([from.fd, to.fd]).to.deep.equal([-1, -1]);
    }));

  it("a file that does not open is the error of its source, and of its sink", () =>
    check(function* () {
      const source = ltn12.source.file(createReadStream(file("nowhere")));
      const result = yield* source();
      expect(result[1]).to.equal("no such file or directory");
      expect(causeOf(result)).to.have.property("code", "ENOENT");
      const sink = ltn12.sink.file(createWriteStream(file("no/where")));
      const all = yield* ltn12.pump.all(ltn12.source.string("x"), sink);
      expect(all[1]).to.equal("no such file or directory");
      expect(yield* ltn12.source.file(undefined)()).to.deep.equal([
        undefined,
        "unable to open file",
        undefined,
      ]);
      expect((yield* ltn12.sink.file(null, "x: not today")("piece"))[1]).to.equal("x: not today");
    }));

  it("a stream that others have ended takes nothing, and says so", () =>
    check(function* () {
      const { sink, source } = ltn12;
      const ended = new PassThrough().end();
      const result = yield* ltn12.pump.all(source.string("x"), sink.file(ended));
      expect(result).to.deep.equal([undefined, "closed", undefined]);
    }));

  it("they are closed when the fiber ends that made them, and a file keeps what was written", () =>
    check(function* () {
      writeFileSync(file("in"), "something");
      const input = createReadStream(file("in"));
      const output = createWriteStream(file("half"));
      const response = new PassThrough();
      response.on("error", () => {});
      const fiber = yield* fork(function* () {
        const source = ltn12.source.file(input);
        yield* source();
        yield* ltn12.sink.file(output)("half");
        yield* ltn12.sink.to(response)("half");
        yield* sleep(Infinity);
      });
      while (response.writableLength + response.readableLength === 0) yield* turn();
      yield* fiber.halt();
      expect([output.closed, response.destroyed]).to.deep.equal([true, true]);
      expect(readFileSync(file("half"), "utf8")).to.equal("half");
      expect(input.destroyed).to.equal(true);
    }));

  it("a fiber ends whose stream does not tell that it has closed", () =>
    check(function* () {
      const silent = new Writable({ emitClose: false, write: (_chunk, _encoding, done) => done() });
      yield* yield* fork(function* () {
        yield* ltn12.sink.to(silent)("half");
      });
      expect(silent.destroyed).to.equal(true);
    }));

  it("a sink waits for room, and whoever is halted meanwhile has handed his piece over", () =>
    check(function* () {
      const { stream, heard, done } = slow();
      const sink = ltn12.sink.to(stream);
      const first = yield* fork(() => sink("first"));
      yield* turn();
      expect(first.state).to.not.equal("done");
      yield* first.halt();
      const second = yield* fork(() => sink("second"));
      yield* turn();
      for (let i = 0; i < 2; i++) {
        done[i]!();
        yield* turn();
      }
      expect(yield* second).to.deep.equal([1]);
      const end = yield* fork(() => sink());
      yield* turn();
      expect(yield* end).to.deep.equal([1]);
      expect(heard).to.deep.equal(["first", "second"]);
      expect(stream.closed).to.equal(true);
      expect((yield* sink("late"))[1]).to.equal("closed");
    }));

  it("a stream whose source has failed is destroyed, and a file is closed", () =>
    check(function* () {
      const broken = ltn12.source.cat(ltn12.source.string("half"), ltn12.source.error("timeout"));
      const response = new PassThrough();
      const errors: string[] = [];
      response.on("error", (error) => errors.push(error.message));
      const result = yield* ltn12.pump.all(broken, ltn12.sink.to(response));
      expect(result).to.deep.equal([undefined, "timeout", undefined]);
      expect(errors).to.deep.equal(["the source failed: timeout"]);
      const again = ltn12.source.cat(ltn12.source.string("half"), ltn12.source.error("timeout"));
      const output = createWriteStream(file("part"));
      yield* ltn12.pump.all(again, ltn12.sink.file(output));
      expect(readFileSync(file("part"), "utf8")).to.equal("half");
    }));

  it("stdout is written, and left open", () =>
    check(function* () {
      expect(
        yield* ltn12.pump.all(ltn12.source.empty(), ltn12.sink.file(process.stdout)),
      ).to.deep.equal([1]);
      expect(process.stdout.writable).to.equal(true);
    }));

  it("streams of the web give, and take, and fail when it is half", () =>
    check(function* () {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const [sent, heard] = [ltn12.sink.to(writable), ltn12.source.from(readable)];
      const sending = yield* fork(() =>
        ltn12.pump.all(ltn12.source.table(["hello ", "world"]), sent),
      );
      expect(yield* drain(heard)).to.deep.equal(["hello world", undefined]);
      expect(yield* sending).to.deep.equal([1]);
      const half = new TransformStream<Uint8Array, Uint8Array>();
      const taking = yield* fork(() => call(() => text(half.readable as never).catch(String)));
      yield* ltn12.pump.all(ltn12.source.error("closed"), ltn12.sink.to(half.writable));
      expect(yield* taking).to.include("the source failed: closed");
    }));

  it("whatever is iterated is a source: lists, generators, async generators, object streams", () =>
    check(function* () {
      const letters = function* (): Generator<string> {
        yield* ["a", "b", "", "c"];
      };
      const late = async function* (): AsyncGenerator<Uint8Array> {
        for (const letter of letters()) yield Buffer.from(letter);
      };
      for (const from of [
        ["a", "bc"],
        new Set(["ab", "c"]),
        letters(),
        late(),
        Readable.from(["a", "bc"]),
      ]) {
        const source = ltn12.source.from(from as Iterable<Data>);
        expect(yield* drain(source)).to.deep.equal(["abc", undefined]);
        expect(yield* source()).to.deep.equal([undefined]);
      }
    }));

  it("trouble of a stream or a socket is a result, told again; a bug of a generator is thrown", () =>
    check(function* () {
      const broken = new PassThrough();
      broken.destroy(Object.assign(new Error("gone"), { code: "ECONNRESET" }));
      const source = ltn12.source.from(broken);
      expect((yield* source())[1]).to.equal("closed");
      expect((yield* source())[1]).to.equal("closed");
      const timeout = ltn12.source.from(
        (async function* (): AsyncGenerator<string> {
          throw new SocketException("timeout");
        })(),
      );
      expect((yield* timeout())[1]).to.equal("timeout");
      const buggy = ltn12.source.from(
        (function* (): Generator<string> {
          throw new RangeError("a bug");
        })(),
      );
      let thrown: unknown;
      try {
        yield* buggy();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).to.be.instanceOf(RangeError);
    }));

  it("what is no iterable of pieces is refused, with what would be right", () =>
    check(function* () {
      const [client] = yield* pair();
      const bad: [unknown, string][] = [
        ["text", "source.string"],
        [Buffer.from("bytes"), "source.string"],
        [client, "socket.source"],
        [undefined, "an async iterable"],
        [() => {}, "an async iterable"],
      ];
      for (const [from, hint] of bad)
        expect(() => ltn12.source.from(from as never)).to.throw(TypeError, hint);
      let thrown: unknown;
      try {
        yield* ltn12.source.from([5] as never)();
      } catch (error) {
        thrown = error;
      }
      expect(String(thrown)).to.include("source.from: 5 came, which is no string and no bytes");
      expect(() => ltn12.source.file(5 as never)).to.throw(TypeError, "a FileHandle or a Readable");
      expect(() => ltn12.sink.file(5 as never)).to.throw(TypeError, "a FileHandle or a Writable");
      expect(() => ltn12.sink.to(new Writable({ objectMode: true }))).to.throw(
        TypeError,
        "object streams",
      );
    }));

  it("whoever is halted while a piece comes leaves it to the next", () =>
    check(function* () {
      const stream = new PassThrough();
      const source = ltn12.source.from(stream);
      const reader = yield* fork(() => source());
      yield* turn();
      yield* reader.halt();
      stream.end("piece");
      expect(yield* drain(source)).to.deep.equal(["piece", undefined]);
    }));

  it("a source is iterated by each, by for await, and by what takes async iterables", () =>
    check(function* () {
      const from = (): Source => ltn12.source.table(["a", "", [Buffer.from("b"), "c"]]);
      let heard = "";
      for (const piece of yield* each(ltn12.source.pieces(from()))) {
        heard += String(piece);
        yield* each.next();
      }
      const reading = async (): Promise<void> => {
        for await (const piece of ltn12.source.pieces(from())) heard += String(piece);
        heard += await text(Readable.from(ltn12.source.pieces(from()), { objectMode: false }));
      };
      yield* until(reading());
      expect(heard).to.equal("abcabcabc");
      const broken = async (): Promise<void> => {
        for await (const piece of ltn12.source.pieces(ltn12.source.error("timeout"))) void piece;
      };
      const error = yield* until(broken().catch((caught: unknown) => caught));
      expect(error).to.be.instanceOf(SocketException).with.property("error", "timeout");
    }));

  it("a sink is a Writable: in order, with its end, and its errors", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const writable = ltn12.sink.writable(socket.sink("close-when-done", client));
      yield* until(pipeline(Readable.from(["hello ", "world"]), writable));
      expect(yield* served.receive("*a")).to.deep.equal(["hello world"]);
      const full = ltn12.sink.writable(ltn12.sink.error("disk full"));
      const failed = pipeline(Readable.from(["x"]), full).catch((error: unknown) => error);
      expect(yield* until(failed))
        .to.be.instanceOf(SocketException)
        .with.property("error", "disk full");
    }));

  it("a Writable that is destroyed tells its sink of the end, and why, behind what it has", () =>
    check(function* () {
      const told: unknown[] = [];
      const sink: Sink = function* (piece, error): Operation<Result<1>> {
        told.push([piece?.toString(), error]);
        if (piece !== undefined) yield* sleep(Infinity);
        return [1];
      };
      const writable = ltn12.sink.writable(sink);
      writable.on("error", () => {});
      writable.write("half");
      yield* turn();
      writable.destroy(Object.assign(new Error("cut"), { code: "ECONNRESET" }));
      while (!writable.closed) yield* turn();
      expect(told).to.deep.equal([
        ["half", undefined],
        [undefined, "closed"],
      ]);
    }));
});
