/** Requests in a simulated world, whatever goes wrong: a body is whole, both ways, or there is an error. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { nodeHandler, type Result, serve, sleep, socket, type Tcp, within } from "cosocket";
import { http, type HttpRequest } from "cosocket/http";
import { ltn12 } from "cosocket/ltn12";
import { ALL_FAULTS, explore, simulate, type World } from "cosocket/testing";
import { firstSeed, runs, runsAreAsked } from "../../support/counts.js";

/** For more by hand. */
const RUNS = runs(4);

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => i % 251));
const WHOLE = bytes(60_000);

/** Answers one request, and waits until the other side has closed. */
function* raw(client: Tcp): Operation<void> {
  client.settimeout(20);
  const [line] = yield* client.receive();
  for (;;) {
    const [field, err] = yield* client.receive();
    if (err) return;
    if (field === "") break;
  }
  switch (line?.split(" ")[1]) {
    case "/length":
      yield* client.send([`HTTP/1.1 200 OK\r\nContent-Length: ${WHOLE.length}\r\n\r\n`, WHOLE]);
      break;
    case "/chunks": {
      yield* client.send(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      const body = socket.sink("http-chunked", client);
      for (let at = 0; at < WHOLE.length; at += 7777) yield* body(WHOLE.subarray(at, at + 7777));
      yield* body();
      break;
    }
    case "/moved":
      yield* client.send("HTTP/1.1 302 Found\r\nLocation: /length\r\n\r\n");
  }
  yield* client.receive();
}

/** A server of Node's, which tells how much of a body has come, if all of it has. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  let length = 0;
  request.on("data", (part: Buffer) => (length += part.length));
  request.on("end", () => response.end(String(length)));
}

function* hosts(world: World): Operation<void> {
  const node = createServer(echo);
  yield* ensure(() => void node.close());
  yield* world.host("server", function* () {
    yield* serve(socket.try(yield* socket.bind("*", 80)), raw);
  });
  yield* world.host("node", function* () {
    yield* serve(socket.try(yield* socket.bind("*", 80)), nodeHandler(node));
  });
  yield* sleep(1);
}

/** The body, or the error that the result and the sink have been told. */
function* get(path: string): Operation<Buffer | string> {
  const pieces: Buffer[] = [];
  const ends: (string | undefined)[] = [];
  const request: HttpRequest = {
    url: `http://server${path}`,
    timeout: 10,
    *sink(piece, error): Operation<Result<1, undefined, never>> {
      if (piece === undefined) ends.push(error);
      else pieces.push(piece as Buffer);
      return [1];
    },
  };
  const [ok, code] = yield* http.request(request);
  if (ok === undefined) {
    expect(ends).to.deep.equal(pieces.length > 0 || ends.length > 0 ? [code] : []);
    return code;
  }
  expect([code, ...ends]).to.deep.equal([200, undefined]);
  return Buffer.concat(pieces);
}

function* visit(world: World): Operation<number> {
  yield* hosts(world);
  let whole = 0;
  for (const path of ["/length", "/chunks", "/moved"]) {
    const body = yield* get(path);
    if (typeof body !== "string") {
      expect(body.equals(WHOLE), `${path}: ${body.length}`).to.equal(true);
      whole++;
    } else
      expect(body).to.match(/^(timeout|closed|connection refused|.* name resolution|host or .*)$/);
  }
  const source = ltn12.source.table([WHOLE, WHOLE]);
  const pieces: Buffer[] = [];
  const sink = ltn12.sink.table(pieces);
  const [, code] = yield* http.request({
    url: "http://node/",
    method: "PUT",
    source,
    sink,
    timeout: 10,
  });
  // 400 is the answer to a body that was cut on its way.
  if (code === 200) {
    expect(String(Buffer.concat(pieces))).to.equal(String(2 * WHOLE.length));
    whole++;
  }
  return whole;
}

describe("a request in a simulated world", function () {
  this.timeout(runsAreAsked ? 0 : 60_000);

  it("gives the body, when nothing goes wrong", async () => {
    expect((await simulate({}, visit)).value).to.equal(4);
  });

  it("gives the whole body or an error, whatever goes wrong, and leaves nothing behind", async () => {
    await explore({ runs: RUNS, seed: firstSeed(), faults: ALL_FAULTS }, visit);
  });

  it("leaves nothing behind when it is halted, at whatever time", async () => {
    await explore(
      { runs: RUNS, seed: firstSeed(), faults: { latency: [0.0001, 0.02], order: 0.3 } },
      function* (world) {
        yield* hosts(world);
        const told: unknown[] = [];
        const request: HttpRequest = {
          url: "http://server/chunks",
          *sink(piece, error): Operation<Result<1, undefined, never>> {
            told.push(piece === undefined ? (error ?? "end") : "piece");
            return [1];
          },
        };
        for (let i = 0; i < 10; i++) {
          told.length = 0;
          const [ok] = yield* within(Math.random() * 0.2, () => http.request(request));
          // Nobody has told the sink that this was all.
          if (ok === undefined) expect(told.filter((each) => each !== "piece")).to.deep.equal([]);
        }
      },
    );
  });
});
