import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex, PassThrough, Readable, Writable } from "node:stream";
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, type Stream, socket } from "cosocket";
import { settle } from "cosocket/testing";
import { check } from "../../support/check.js";
import { until } from "../../support/pairs.js";

function* file(text: string): Operation<string> {
  const folder = fs.mkdtempSync(join(tmpdir(), "cosocket-"));
  yield* ensure(() => fs.rmSync(folder, { recursive: true }));
  fs.writeFileSync(join(folder, "file"), text);
  return join(folder, "file");
}

describe("stream", () => {
  it("speaks to a child process, line by line, and ends it with its input", () =>
    check(function* () {
      const child = spawn(process.execPath, ["-e", "process.stdin.pipe(process.stdout)"], {
        stdio: ["pipe", "pipe", "inherit"],
        env: { ...process.env, NODE_V8_COVERAGE: "" },
      });
      const client = socket.stream(child);
      yield* ensure(() => void client.close());
      yield* client.send("one\ntwo\n");
      expect(yield* client.receive()).to.deep.equal(["one"]);
      expect(yield* client.receive()).to.deep.equal(["two"]);
      client.shutdown("send");
      expect((yield* client.receive())[1]).to.equal("closed");
      expect(String(client)).to.equal("stream{client} Socket");
    }));

  it("reads what only reads, and writes what only writes", () =>
    check(function* () {
      const reader = socket.stream(
        Readable.from([Buffer.from("a\nb"), Buffer.from("c\n")], { objectMode: false }),
      );
      expect(yield* reader.receive()).to.deep.equal(["a"]);
      expect(yield* reader.receive()).to.deep.equal(["bc"]);
      expect((yield* reader.receive())[1]).to.equal("closed");
      reader.close();
      let written = "";
      const writer = socket.stream(
        null,
        new Writable({
          write(chunk, _encoding, done) {
            written += String(chunk);
            done();
          },
        }),
      );
      yield* writer.send("grün\n");
      yield* writer.send(Buffer.from("bytes"));
      expect((yield* writer.receive())[1]).to.equal("closed");
      writer.close();
      yield* fork(function* () {});
      expect(written).to.equal("grün\nbytes");
    }));

  it("the last words of a child are received, although writing to it has failed", () =>
    check(function* () {
      const child = spawn(
        process.execPath,
        ["-e", "console.log('no more'); process.stdin.destroy()"],
        {
          stdio: ["pipe", "pipe", "inherit"],
          env: { ...process.env, NODE_V8_COVERAGE: "" },
        },
      );
      const client = socket.stream(child);
      yield* ensure(() => void client.close());
      let err;
      while (!err) [, err] = yield* client.send(Buffer.alloc(100_000));
      expect(err).to.equal("closed");
      expect(yield* client.receive()).to.deep.equal(["no more"]);
      expect((yield* client.receive())[1]).to.equal("closed");
    }));

  it("what breaks or closes the stream is closed, with Node's error behind it", () =>
    check(function* () {
      const broken = new PassThrough();
      const client = socket.stream(broken);
      const reader = yield* fork(() => client.receive());
      yield* fork(function* () {
        broken.destroy(new Error("disk on fire"));
      });
      expect((yield* reader)[1]).to.equal("closed");
      expect(client.lastError?.message).to.equal("disk on fire");
      client.close();
      const gone = new Duplex({ read() {}, write() {} });
      const other = socket.stream(gone);
      gone.destroy();
      expect((yield* other.receive())[1]).to.equal("closed");
      other.close();
    }));

  for (const [what, stream] of [
    ["destroyed", () => new PassThrough().destroy()],
    ["destroyed with an error", () => new PassThrough().on("error", () => {}).destroy(new Error())],
    ["without a readable side", () => [null, new PassThrough().destroy()]],
    ["without a writable side", () => [new PassThrough().destroy(), null]],
  ] as [string, () => Duplex | [Duplex | null, Duplex | null]][]) {
    for (const when of ["at once", "later"]) {
      it(`one that is ${what} when it is taken over, ${when}, is closed from the first operation on`, () =>
        check(function* () {
          const taken = stream();
          if (when === "later") yield* settle();
          const client = Array.isArray(taken) ? socket.stream(...taken) : socket.stream(taken);
          expect(yield* client.send("x")).to.deep.equal([undefined, "closed", 0]);
          expect(yield* client.receive()).to.deep.equal([undefined, "closed", ""]);
          expect(yield* client.send("x")).to.deep.equal([undefined, "closed", 0]);
          client.close();
        }));
    }
  }

  it("one that has ended when it is taken over gives its end", () =>
    check(function* () {
      const input = new PassThrough();
      input.end();
      input.resume();
      yield* until(() => input.readableEnded);
      const client = socket.stream(input, null);
      expect(yield* client.receive()).to.deep.equal([undefined, "closed", ""]);
      expect(client.lastError).to.equal(undefined);
      client.close();
    }));

  it("takes text of a stream that decodes by itself", () =>
    check(function* () {
      const text = new PassThrough();
      text.setEncoding("utf8");
      const client = socket.stream(text);
      text.write("grün\n");
      expect(yield* client.receive()).to.deep.equal(["grün"]);
      client.close();
    }));

  it("misuse throws, with the fix", () =>
    check(function* () {
      expect(() => socket.stream({} as never)).to.throw(TypeError, "socket.stream takes a Duplex");
      expect(() => socket.stream(null)).to.throw(TypeError, "no duplex stream");
      expect(() => socket.stream(new PassThrough(), 5 as never)).to.throw(TypeError, "no writable");
      expect(() => socket.stream(Readable.from([1]))).to.throw(TypeError, "streams of bytes");
      expect(() => socket.fd(-1)).to.throw(TypeError, "an open file descriptor");
      expect(() => socket.fd(0, "x" as never)).to.throw(TypeError, 'no mode "x": there are "r",');
      expect(() => socket.fd(9999)).to.throw(TypeError, "descriptor 9999 is not open (EBADF)");
    }));
});

describe("fd", () => {
  it("reads a file by its descriptor, and closes that", () =>
    check(function* () {
      const descriptor = fs.openSync(yield* file("first\nsecond\n"), "r");
      const client: Stream = socket.fd(descriptor);
      expect(yield* client.receive()).to.deep.equal(["first"]);
      expect(client.getfd()).to.equal(descriptor);
      expect(yield* client.receive("*a")).to.deep.equal(["second\n"]);
      client.close();
    }));

  it("writes one", () =>
    check(function* () {
      const path = yield* file("");
      const writer = yield* fork(function* () {
        const client = socket.fd(fs.openSync(path, "w"));
        yield* client.send("written\n");
      });
      // Its fiber has ended when everything has left.
      yield* writer;
      expect(fs.readFileSync(path, "utf8")).to.equal("written\n");
    }));

  it("is a pipe, too", () =>
    check(function* () {
      const program = `
        import { run, socket } from "cosocket";
        await run(function* () {
          const [input, output] = [socket.fd(0), socket.fd(1)];
          const [line] = yield* input.receive();
          yield* output.send(line.toUpperCase() + "\\n");
          const [pipe] = [socket.fd(3)];
          yield* pipe.send("through the third\\n");
          output.close();
        });
        console.log("still open");`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
        stdio: ["pipe", "pipe", "inherit", "pipe"],
        env: { ...process.env, NODE_V8_COVERAGE: "" },
      });
      const client = socket.stream(child as never);
      const third = socket.stream(child.stdio[3] as Duplex);
      yield* ensure(() => void (client.close(), third.close()));
      yield* client.send("quiet\n");
      expect(yield* client.receive()).to.deep.equal(["QUIET"]);
      expect(yield* third.receive()).to.deep.equal(["through the third"]);
      expect(yield* client.receive()).to.deep.equal(["still open"]);
      // It ends by itself: standard streams do not keep it.
      expect((yield* client.receive())[1]).to.equal("closed");
    }));
});

describe("a stream object", () => {
  it("fails to send in the same way each time, where there is no side to write to", () =>
    check(function* () {
      const reader = socket.stream(new PassThrough(), null);
      for (let i = 0; i < 3; i++)
        expect(yield* reader.send("x")).to.deep.equal([undefined, "closed", 0]);
      reader.close();
    }));

  it("tells addresses and family of a TCP connection, and that other streams have none", () =>
    check(function* () {
      const server = net.createServer().listen(0, "127.0.0.1");
      yield* ensure(() => void server.close());
      yield* until(() => server.listening);
      const { port: other } = server.address() as net.AddressInfo;
      const plain = net.connect(other, "127.0.0.1");
      yield* until(() => plain.remoteAddress !== undefined);
      const stream = socket.stream(plain);
      expect(stream.getpeername()).to.deep.equal(["127.0.0.1", other, "inet"]);
      expect(stream.getsockname()).to.deep.equal(["127.0.0.1", plain.localPort, "inet"]);
      expect(stream.getfamily()).to.equal("inet4");
      expect(stream.getoption("error")).to.deep.equal([undefined]);
      const pipe = socket.stream(new PassThrough());
      const nowhere = [undefined, "socket operation on non-socket", undefined];
      expect(pipe.getpeername()).to.deep.equal(nowhere);
      expect(pipe.getsockname()).to.deep.equal(nowhere);
      expect(pipe.getfamily()).to.equal("unspec");
      pipe.close();
      expect(pipe.getsockname()[1]).to.equal("closed");
      stream.close();
    }));

  it("has its descriptor for itself, until it is closed", () =>
    check(function* () {
      const descriptor = fs.openSync(yield* file("text\n"), "r");
      const first = socket.fd(descriptor);
      expect(() => socket.fd(descriptor)).to.throw(TypeError, "use that one, or close it before");
      expect(yield* first.receive()).to.deep.equal(["text"]);
      first.close();
      const again = fs.openSync(yield* file("more\n"), "r");
      const second = socket.fd(again);
      expect(yield* second.receive()).to.deep.equal(["more"]);
      second.close();
    }));
});
