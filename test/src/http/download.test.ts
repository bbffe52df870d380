/** Large bodies on their way to a file: whole, in whatever memory they were. */
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { expect } from "chai";
import { all, type Operation, until } from "effection";
import { type Data, run, socket, type Tcp } from "cosocket";
import { http, type HttpRequest } from "cosocket/http";
import { ltn12 } from "cosocket/ltn12";
import { Exchange } from "../../../src/http/exchange.js";
import { check } from "../../support/check.js";

/** No two pieces of it are alike. */
const BODY = Buffer.alloc(6_000_000);
for (let i = 0; i < BODY.length; i += 4) BODY.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, i);

const answers: Record<string, RequestListener> = {
  "/long": (_, response) => {
    response.writeHead(200, { "content-length": BODY.length });
    response.end(BODY);
  },
  "/chunked": (_, response) => {
    response.writeHead(200);
    for (let at = 0; at < BODY.length; at += 100_000)
      response.write(BODY.subarray(at, at + 100_000));
    response.end();
  },
  "/until-closed": (_, response) => {
    response.socket!.end(Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), BODY]));
  },
};

describe("a large body", () => {
  let server: Server;
  let folder: string;
  before((done) => {
    folder = mkdtempSync(join(tmpdir(), "cosocket-download-"));
    server = createServer((request, response) => answers[request.url!]!(request, response));
    server.listen(0, "127.0.0.1", done);
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const url = (path: string): string =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const file = (name: string): string => join(folder, name);
  const whole = (name: string): void => {
    expect(readFileSync(file(name)).equals(BODY), name).to.equal(true);
  };

  function* download(name: string, request: HttpRequest<string>): Operation<void> {
    const handle = yield* until(open(file(name), "w"));
    const [done, code] = yield* http.request({ ...request, sink: ltn12.sink.file(handle) });
    expect([done, code]).to.deep.equal([1, 200]);
    whole(name);
  }

  it("is in the file as it was sent, also while others are received", () =>
    check(function* () {
      yield* all(
        Object.keys(answers).flatMap((path) =>
          [1, 2].map((i) => download(`${path.slice(1)}-${i}`, { url: url(path) })),
        ),
      );
    }));

  it("goes into a WriteStream of the program's", () =>
    check(function* () {
      const sink = ltn12.sink.file(createWriteStream(file("stream")));
      expect((yield* http.request({ url: url("/long"), sink }))[1]).to.equal(200);
      whole("stream");
    }));

  it("stays what it is for what stands in for a file", () =>
    check(function* () {
      const kept: Buffer[] = [];
      const write = (piece: Buffer, _: unknown, done: () => void): void => {
        kept.push(piece);
        done();
      };
      const handle = yield* until(open(file("replaced"), "w"));
      const [write1, writev] = [handle.write.bind(handle), handle.writev.bind(handle)];
      const replaced = Object.assign(handle, {
        write: (piece: Buffer) => (kept.push(piece), write1(piece)),
        writev: (pieces: Buffer[]) => (kept.push(...pieces), writev(pieces)),
      });
      const files = [
        { createReadStream() {}, createWriteStream: () => new Writable({ write }) },
        replaced,
      ];
      for (const each of files) {
        kept.length = 0;
        // By its type, it is none.
        const sink = ltn12.sink.file(each as unknown as FileHandle);
        expect((yield* http.request({ url: url("/long"), sink }))[1]).to.equal(200);
        expect(Buffer.concat(kept).equals(BODY)).to.equal(true);
      }
    }));

  /** Pieces that somebody has seen, each with a copy of it. */
  class Seen {
    private readonly pieces: [Buffer, Buffer][] = [];
    add(piece: Data | undefined): void {
      if (Buffer.isBuffer(piece)) this.pieces.push([piece, Buffer.from(piece)]);
    }
    unchanged(): void {
      const changed = this.pieces.filter(([piece, copy]) => !piece.equals(copy));
      expect([this.pieces.length > 10, changed.length]).to.deep.equal([true, 0]);
    }
  }

  for (const path of ["/long", "/chunked"]) {
    it(`${path}: stays what it is for a step, a filter, a sink or a socket of the program's`, () =>
      check(function* () {
        const seen = new Seen();
        yield* download("step", {
          url: url(path),
          step: function* (from, to) {
            const got = yield* from();
            seen.add(got[0]);
            const put = yield* to(got[0], got[1]);
            return put[0] === undefined ? put : [got[0] === undefined ? undefined : 1];
          },
        });
        const handle = yield* until(open(file("filter"), "w"));
        const filter = (piece?: Data): Data | undefined => {
          seen.add(piece);
          return piece;
        };
        const to = ltn12.sink.chain(filter, ltn12.sink.file(handle));
        yield* http.request({ url: url(path), sink: to });
        yield* download("socket", {
          url: url(path),
          create: () => seeing(socket.tcp(), (piece) => seen.add(piece)),
        });
        // Others are received meanwhile, into whatever memory is free.
        yield* download("other", { url: url(path) });
        seen.unchanged();
      }));
  }

  it("is copied by node:http where that is fed it", async () => {
    const exchange = new Exchange({ method: "GET", uri: "/", headers: ["host", "here"] });
    await run(function* () {
      yield* exchange.begin();
      yield* exchange.feed(Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 131072\r\n\r\n"));
      const memory = Buffer.alloc(65_536, "a");
      yield* exchange.feed(memory);
      memory.fill("b");
      yield* exchange.feed(memory);
      memory.fill("c");
    });
    const text = [exchange.piece(), exchange.piece()].join("");
    exchange.close();
    expect(text === "a".repeat(65_536) + "b".repeat(65_536)).to.equal(true);
  });
});

/** A socket that tells what it receives. */
function seeing(skt: Tcp, see: (piece: Buffer) => void): Tcp {
  return new Proxy(skt, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "receiveany") return value.bind(target) as unknown;
      return function* (...args: Parameters<Tcp["receiveany"]>) {
        const got = yield* target.receiveany(...args);
        if (got[0] !== undefined) see(got[0]);
        return got;
      };
    },
  });
}
