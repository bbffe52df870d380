/** Servers of Node's under `serve`: it accepts, encrypts and stops; they speak. */
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { expect } from "chai";
import { call, ensure, type Operation, suspend } from "effection";
import {
  type Fiber,
  fork,
  nodeHandler,
  race,
  serve,
  type ServeOptions,
  sleep,
  socket,
  type Tcp,
} from "cosocket";
import { settle } from "cosocket/testing";
import { check } from "../../support/check.js";
import { inVirtualTime } from "../../support/simulated.js";
import { listening, made, portOf, until } from "../../support/pairs.js";
import { authority, identity, worlds } from "../../support/transports.js";

const keys = { key: identity.key, cert: identity.certificate };
const params = { key: identity.key, certificate: identity.certificate };

/** A server of Node's that is served: the fiber that does, and where. */
function* served(
  server: net.Server,
  options: ServeOptions = {},
): Operation<[fiber: Fiber<void>, port: number]> {
  yield* ensure(() => void server.close());
  const listener = yield* listening();
  const fiber = yield* fork(() => serve(listener, nodeHandler(server), options));
  return [fiber, portOf(listener)];
}

function* dial(port: number): Operation<Tcp> {
  const client = yield* made(socket.tcp());
  socket.try(yield* client.connect("127.0.0.1", port));
  return client;
}

/** One answer: its first line, its fields, and its body. */
function* answer(client: Tcp): Operation<[status: string, fields: string[], body: string]> {
  const fields: string[] = [];
  for (;;) {
    const [line, err] = yield* client.receive();
    if (err) throw new Error(`${fields.join()}: ${err}`);
    if (line === "") break;
    fields.push(line);
  }
  const length = Number(/^content-length: (\d+)$/im.exec(fields.join("\n"))?.[1] ?? 0);
  const [body] = length === 0 ? [""] : yield* client.receive(length);
  return [fields[0]!, fields, String(body)];
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;

/** Answers with the path; of "/slow" when it is told to. */
function slowly(): [server: http.Server, finish: () => void, waiting: () => number] {
  const slow: http.ServerResponse[] = [];
  const server = http.createServer((request, response) => {
    if (request.url?.startsWith("/slow") === true) {
      if (request.url === "/slow/begun") response.write("begun");
      slow.push(response);
    } else response.end(request.url);
  });
  const finish = (): void => {
    for (const response of slow.splice(0)) response.end("at last");
  };
  return [server, finish, () => slow.length];
}

describe("nodeHandler", () => {
  for (const { where, check } of worlds) {
    it(`${where}serves requests, kept alive and pipelined`, () =>
      check(function* () {
        const [server] = slowly();
        const [, port] = yield* served(server);
        const client = yield* dial(port);
        yield* client.send(get("/a") + get("/b"));
        for (const path of ["/a", "/b"]) expect((yield* answer(client))[2]).to.equal(path);
        yield* client.send(get("/c").slice(0, 20));
        yield* settle();
        yield* client.send(get("/c").slice(20));
        const [status, fields, body] = yield* answer(client);
        expect([status, body]).to.deep.equal(["HTTP/1.1 200 OK", "/c"]);
        expect(fields).to.include("Connection: keep-alive");
        yield* client.send("GET /d HTTP/1.0\r\n\r\n");
        expect((yield* answer(client))[1]).to.include("Connection: close");
        expect(yield* client.receive("*a")).to.deep.equal(["/d"]);
      }));

    it(`${where}answers a request that had been sent, but had not arrived, when serve was halted`, () =>
      check(function* () {
        const [server] = slowly();
        let come = 0;
        server.on("connection", () => come++);
        const [fiber, port] = yield* served(server, { grace: 10 });
        const client = yield* dial(port);
        yield* until(() => come === 1);
        const halt = yield* fork(() => fiber.halt());
        yield* settle();
        yield* client.send(get("/late"));
        const [, fields, body] = yield* answer(client);
        expect([fields.includes("Connection: close"), body]).to.deep.equal([true, "/late"]);
        yield* halt;
      }));

    it(`${where}ends at once what is idle, and with the grace what is not, when serve is halted`, () =>
      check(function* () {
        const [server, finish, waiting] = slowly();
        const sockets: net.Socket[] = [];
        server.on("connection", (one: net.Socket) => sockets.push(one));
        const [fiber, port] = yield* served(server, { grace: 10 });
        const [idle, busy, begun, half] = [
          yield* dial(port),
          yield* dial(port),
          yield* dial(port),
          yield* dial(port),
        ];
        yield* idle.send(get("/idle"));
        yield* answer(idle);
        yield* busy.send(get("/slow"));
        yield* begun.send(get("/slow/begun"));
        yield* half.send(get("/half"));
        yield* answer(half);
        yield* half.send("GET /half HTT");
        const begins = get("/half").length + 13;
        const arrived = (): boolean => sockets.some(({ bytesRead }) => bytesRead === begins);
        yield* until(() => waiting() === 2 && arrived());
        const halt = yield* fork(() => fiber.halt());
        expect((yield* idle.receive())[1]).to.equal("closed");
        yield* half.send("P/1.1\r\nHost: test\r\n\r\n");
        const [, last, path] = yield* answer(half);
        expect(last).to.include("Connection: close");
        expect(path).to.equal("/half");
        finish();
        const [, fields, body] = yield* answer(busy);
        expect(fields).to.include("Connection: close");
        expect(body).to.equal("at last");
        expect(String((yield* begun.receive(Infinity))[0])).to.contain("at last");
        yield* halt;
        for (const client of [busy, half]) expect((yield* client.receive())[1]).to.equal("closed");
      }));

    it(`${where}destroys requests that are not answered within the grace`, () =>
      check(function* () {
        const [server, , waiting] = slowly();
        const [fiber, port] = yield* served(server, { grace: 0.01 });
        const client = yield* dial(port);
        yield* client.send(get("/slow"));
        yield* until(() => waiting() === 1);
        yield* fiber.halt();
        expect((yield* client.receive())[1]).to.equal("closed");
      }));
  }

  for (const { where, check } of worlds) {
    it(`${where}says "Connection: close" with the last of pipelined requests, when serve is halted before it is answered`, () =>
      check(function* () {
        const server = http.createServer((_request, response) => void slow.push(response));
        const slow: http.ServerResponse[] = [];
        const [fiber, port] = yield* served(server, { grace: 10 });
        const [one, other] = [yield* dial(port), yield* dial(port)];
        for (const client of [one, other]) yield* client.send(get("/a") + get("/b") + get("/c"));
        yield* until(() => slow.length === 6);
        const halt = yield* fork(() => fiber.halt());
        yield* settle();
        // It was on its way.
        yield* other.send(get("/d"));
        yield* until(() => slow.length === 7);
        // The first ones are answered last.
        for (const response of slow.reverse()) response.end(response.req.url);
        for (const [client, paths] of [
          [one, ["/a", "/b", "/c"]],
          [other, ["/a", "/b", "/c", "/d"]],
        ] as const) {
          for (const path of paths) {
            const [, fields, body] = yield* answer(client);
            const last = path === paths.at(-1);
            expect([body, fields.includes("Connection: close")]).to.deep.equal([path, last]);
          }
          expect((yield* client.receive())[1]).to.equal("closed");
        }
        yield* halt;
      }));

    it(`${where}serves one after the other where more come than serve may have`, () =>
      check(function* () {
        const [server, finish, waiting] = slowly();
        const [fiber, port] = yield* served(server, { maxConnections: 1, grace: 10 });
        const clients = [yield* dial(port), yield* dial(port), yield* dial(port)];
        for (const client of clients)
          yield* client.send("GET /slow HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        yield* until(() => waiting() === 1);
        const halt = yield* fork(() => fiber.halt());
        for (const client of clients) {
          yield* until(() => waiting() === 1);
          finish();
          expect((yield* answer(client))[2]).to.equal("at last");
        }
        yield* halt;
      }));
  }

  it("runs each connection in an async context of its own, within that of serve", () =>
    check(function* () {
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const server = net.createServer((connection) => {
        seen.push(storage.getStore());
        storage.enterWith("of a connection");
        connection.end();
      });
      storage.enterWith("of serve");
      const [, port] = yield* served(server);
      storage.enterWith("of the client");
      for (let i = 0; i < 2; i++) yield* (yield* dial(port)).receive("*a");
      expect(seen).to.deep.equal(["of serve", "of serve"]);
    }));

  it("simulated: waits for who has said nothing yet no longer than the grace", () =>
    inVirtualTime(function* () {
      const [server] = slowly();
      const [fiber, port] = yield* served(server, { grace: 1 });
      const client = yield* dial(port);
      yield* sleep(0.1);
      const began = socket.gettime();
      yield* fork(() => fiber.halt());
      expect((yield* client.receive())[1]).to.equal("closed");
      expect(socket.gettime() - began).to.be.closeTo(1, 0.2);
    }));

  it("serves what serve encrypts, and counts it as encrypted", () =>
    check(function* () {
      for (const server of [http.createServer(), https.createServer(keys)]) {
        server.on("request", ({ socket }, response: http.ServerResponse) =>
          response.end(String((socket as tls.TLSSocket).encrypted)),
        );
        const [fiber, port] = yield* served(server, { tls: params });
        const client = yield* dial(port);
        socket.try(yield* client.dohandshake({ cafile: authority.certificate }));
        yield* client.send(get("/"));
        expect((yield* answer(client))[2]).to.equal("true");
        yield* fiber.halt();
      }
    }));

  it("leaves the encryption to an https server that serve has none for", () =>
    check(function* () {
      const server = https.createServer(keys, (_, response) => response.end("secret"));
      const [, port] = yield* served(server);
      const client = yield* dial(port);
      socket.try(yield* client.dohandshake({ cafile: authority.certificate }));
      yield* client.send(get("/"));
      expect((yield* answer(client))[2]).to.equal("secret");
    }));

  for (const name of ["plain", "encrypted"]) {
    it(`serves http2, ${name}, and tells its clients to go away when serve is halted`, () =>
      check(function* () {
        const secure = name === "encrypted";
        const server = secure ? http2.createSecureServer(keys) : http2.createServer();
        const streams: http2.ServerHttp2Stream[] = [];
        server.on("stream", (stream, headers) => {
          if (headers[":path"] === "/slow") streams.push(stream);
          else stream.end("h2");
        });
        const [fiber, port] = yield* served(server, {
          grace: 10,
          ...(secure ? { tls: { ...params, alpn: ["h2"] } } : {}),
        });
        const session = http2.connect(`${secure ? "https" : "http"}://localhost:${port}`, {
          ca: authority.certificate,
        });
        yield* ensure(() => void session.destroy());
        const ask = (path: string): Duplex & { text?: string } => {
          const request: Duplex & { text?: string } = session.request({ ":path": path });
          request.text = "";
          request.on("data", (part) => (request.text += String(part)));
          return request;
        };
        const first = ask("/");
        yield* call(() => once(first, "end"));
        expect(first.text).to.equal("h2");
        const slow = ask("/slow");
        yield* until(() => streams.length === 1);
        const halt = yield* fork(() => fiber.halt());
        yield* call(() => once(session, "goaway"));
        streams[0]!.end("slow");
        yield* call(() => once(slow, "end"));
        expect(slow.text).to.equal("slow");
        yield* halt;
      }));
  }

  it("ends requests whose headers do not come in time, as the server says", () =>
    check(function* () {
      const server = http.createServer({ headersTimeout: 10, connectionsCheckingInterval: 5 });
      const [, port] = yield* served(server);
      const client = yield* dial(port);
      yield* client.send("GET / HT");
      expect((yield* answer(client))[0]).to.equal("HTTP/1.1 408 Request Timeout");
    }));

  it("serves whatever else is spoken on connections of Node's", () =>
    check(function* () {
      const server = net.createServer((connection) => connection.pipe(connection));
      const [fiber, port] = yield* served(server, { grace: 10 });
      const client = yield* dial(port);
      yield* settle();
      const halt = yield* fork(() => fiber.halt());
      yield* client.send("echo\n");
      expect(yield* client.receive()).to.deep.equal(["echo"]);
      client.close();
      yield* halt;
    }));

  it("simulated: closes, when serve is halted, who has said nothing for 5 seconds since he came", () =>
    inVirtualTime(function* () {
      const [server] = slowly();
      const [fiber, port] = yield* served(server, { grace: 100 });
      const [old, began] = [yield* dial(port), socket.gettime()];
      yield* sleep(4);
      const fresh = yield* dial(port);
      yield* sleep(0.1);
      yield* fork(() => fiber.halt());
      for (const [client, seconds] of [
        [old, 5],
        [fresh, 9],
      ] as const) {
        expect((yield* client.receive())[1]).to.equal("closed");
        expect(socket.gettime() - began).to.be.closeTo(seconds, 0.5);
      }
    }));

  it("simulated: lets a handler around it end upgraded connections when serve is halted", () =>
    inVirtualTime(function* () {
      const server = http.createServer();
      yield* ensure(() => void server.close());
      const upgraded: Duplex[] = [];
      server.on("upgrade", (_request, stream: Duplex) => void upgraded.push(stream.resume()));
      const handler = nodeHandler(server);
      const listener = yield* listening();
      const around = function* (client: Tcp): Operation<void> {
        function* watch(): Operation<void> {
          yield* client.closing();
          for (const stream of upgraded) stream.end("bye");
          yield* suspend();
        }
        yield* race([watch(), handler(client)]);
      };
      const fiber = yield* fork(() => serve(listener, around, { grace: 100 }));
      const client = yield* dial(portOf(listener));
      yield* client.send("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
      yield* until(() => upgraded.length === 1);
      const began = socket.gettime();
      const halt = yield* fork(() => fiber.halt());
      expect(yield* client.receive("*a")).to.deep.equal(["bye"]);
      client.close();
      yield* halt;
      expect(socket.gettime() - began).to.be.lessThan(50);
    }));

  it("gives an error of the server's own code to the error handler", () =>
    check(function* () {
      const errors: unknown[] = [];
      const server = http.createServer();
      server.on("connection", () => {
        throw new Error("no");
      });
      const [, port] = yield* served(server, { errorhandler: (error) => void errors.push(error) });
      const client = yield* dial(port);
      expect((yield* client.receive())[1]).to.equal("closed");
      expect(errors.map(String)).to.deep.equal(["Error: no"]);
    }));

  it("refuses what is no server of Node's, and says what would be", () => {
    const app = Object.assign(() => {}, { listen() {}, emit() {} });
    for (const [value, hint] of [
      [app, /: nodeHandler\(http\.createServer\(app\)\)$/],
      [{ server: http.createServer() }, /: nodeHandler\(its \.server\)$/],
      [undefined, /^nodeHandler takes a server of Node's, not undefined/],
    ] as const)
      expect(() => nodeHandler(value as never)).to.throw(TypeError, hint);
  });
});
