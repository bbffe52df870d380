/** The inspector: who may ask, what is answered, and that it does not disturb what is looked at. */
import { statSync } from "node:fs";
import { request } from "node:http";
import { request as secureRequest } from "node:https";
import { dirname } from "node:path";
import { expect } from "chai";
import { call, type Operation } from "effection";
import { fork, sleep, socket } from "cosocket";
import { inspect, type Inspector, type InspectOptions } from "cosocket/inspect";
import { check, RawPeer, until } from "../../support/check.js";
import { serverParams, trusting } from "../../support/tls.js";
import { violations } from "../../support/trace-rules.js";
import { ask, Events, type Reply } from "../../support/web.js";
import { Feed } from "../../../src/inspect/server/feed.js";
import { Model, type Message } from "../../../src/inspect/view/model.js";

function* opened(options: InspectOptions = { port: 0 }): Operation<Inspector & { url: string }> {
  const [inspector, err] = yield* inspect(options);
  if (err) throw new Error(err);
  return inspector as Inspector & { url: string };
}

function* get(url: string, headers: Record<string, string> = {}): Operation<Reply> {
  return yield* call(() => ask(url, { headers }));
}

function* events(url: string): Operation<Events<Message>> {
  return yield* call(() => Events.open<Message>(`${url}events`));
}

describe("inspect: who may ask", () => {
  it("listens at 127.0.0.1 unless it is told otherwise, and asks nobody there for a token", () =>
    check(function* () {
      const { url } = yield* opened();
      expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/$/);
      expect((yield* get(url)).status).to.equal(200);
    }));

  it("wants a token where others can reach it, takes it from the address once, and from then on from a cookie", () =>
    check(function* () {
      const { url } = yield* opened({ port: 0, host: "0.0.0.0" });
      const address = url.replace("0.0.0.0", "127.0.0.1");
      const [base, token] = address.split("?token=") as [string, string];
      expect(token.length).to.be.at.least(32);
      for (const path of ["", "main.js", "events", "snapshot", "nothing"])
        expect((yield* get(base + path)).status, path).to.equal(401);
      const first = yield* get(address);
      expect([first.status, first.headers.location]).to.deep.equal([303, "/"]);
      const [cookie] = first.headers["set-cookie"]!;
      expect(cookie).to.match(/; HttpOnly; SameSite=Strict; Path=\/$/);
      const given = { Cookie: `other=1; ${cookie!.split(";")[0]!}` };
      expect((yield* get(base, given)).status).to.equal(200);
      expect((yield* get(`${base}snapshot`, { Authorization: `Bearer ${token}` })).status).to.equal(
        200,
      );
    }));

  it("lets nobody in with a part of the token, with more than it, or with another cookie", () =>
    check(function* () {
      const token = "sesame-sesame-sesame";
      const { url } = yield* opened({ port: 0, token });
      const [base] = url.split("?") as [string];
      for (const wrong of [
        "",
        "sesame",
        `${token}x`,
        token.toUpperCase(),
        "%00",
        "a".repeat(4000),
      ]) {
        expect((yield* get(`${base}?token=${wrong}`)).status, wrong).to.equal(401);
        expect((yield* get(base, { Authorization: `Bearer ${wrong}` })).status).to.equal(401);
      }
      expect((yield* get(base, { Cookie: `cosocket=${token}` })).status).to.equal(401);
      expect((yield* get(base, { Authorization: `Basic ${token}` })).status).to.equal(401);
    }));

  it("answers to addresses and localhost, and to no name that may lead elsewhere tomorrow", () =>
    check(function* () {
      const { url } = yield* opened({ port: 0, hosts: ["debug.example"] });
      const status = function* (host: string): Operation<number> {
        return (yield* get(url, { Host: host })).status;
      };
      for (const host of ["127.0.0.1", "[::1]:7070", "localhost:1", "LOCALHOST", "debug.example"])
        expect(yield* status(host), host).to.equal(200);
      for (const host of [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "a@127.0.0.1",
        "1",
      ])
        expect(yield* status(host), host).to.equal(403);
      const peer = RawPeer.connect(Number(new URL(url).port));
      peer.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n");
      yield* call(() => until(() => peer.ended));
      expect(String(peer.received)).to.match(/^HTTP\/1.1 403 /);
      peer.socket.destroy();
    }));

  it("answers no request of another site, but shows the page to who is led there", () =>
    check(function* () {
      const { url } = yield* opened();
      const from = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" };
      for (const path of ["events", "snapshot", "trace?seconds=1", "main.js"])
        expect((yield* get(url + path, from)).status, path).to.equal(403);
      const led = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" };
      expect((yield* get(url, led)).status).to.equal(200);
      expect((yield* get(`${url}trace?seconds=1`, led)).status).to.equal(403);
      // Of a browser that says only whose page it is; what has no origin says "null".
      for (const Origin of ["https://evil.example", "http://127.0.0.1:1", "null"])
        expect((yield* get(`${url}events`, { Origin })).status, Origin).to.equal(403);
      const own = { Origin: url.slice(0, -1), "Sec-Fetch-Site": "same-origin" };
      expect((yield* get(`${url}snapshot`, own)).status).to.equal(200);
      const { headers } = yield* get(url);
      expect(headers["access-control-allow-origin"]).to.equal(undefined);
      expect(headers["content-security-policy"]).to.match(
        /^default-src 'none'; script-src 'self';/,
      );
      expect(headers["content-security-policy"]).to.include("frame-ancestors 'none'");
    }));

  it("gives the files of the page, and no other, whatever the path looks like", () =>
    check(function* () {
      const { url } = yield* opened();
      for (const path of ["main.js", "style.css", "index.html", "view/model.js"])
        expect((yield* get(url + path)).status, path).to.equal(200);
      const { hostname, port } = new URL(url);
      for (const path of [
        ...[
          "/../package.json",
          "/..%2f..%2fpackage.json",
          "/view/../../../package.json",
          "//etc/passwd",
        ],
        ...[
          "/%2e%2e/%2e%2e/package.json",
          "/main.js%00",
          "/constructor",
          "/__proto__",
          "/view",
          "/view/",
        ],
        ...["/main.js/../../server/guard.js", "/view/model.js.map", "/..\\..\\package.json"],
      ])
        expect(
          (yield* call(() => ask("http://x", { hostname, port, path }))).status,
          path,
        ).to.equal(404);
    }));

  it("takes nothing but GET, reads no body, also of a GET, and closes the connection of who sends one", () =>
    check(function* () {
      const { url } = yield* opened();
      const peers: RawPeer[] = [];
      const answered = function* (head: string, body = Buffer.alloc(100_000)): Operation<string> {
        const peer = RawPeer.connect(Number(new URL(url).port));
        peers.push(peer);
        peer.socket.write(`${head}\r\n\r\n`);
        peer.socket.write(body);
        yield* call(() => until(() => peer.ended || peer.closed));
        return String(peer.received).split("\r\n")[0]!;
      };
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
        const reply = yield* call(() => ask(url, { method }, "x".repeat(1000)));
        expect([reply.status, reply.headers.connection], method).to.deep.equal([405, "close"]);
      }
      const [here, long] = ["HTTP/1.1\r\nHost: localhost", "Content-Length: 1000000000"];
      expect(yield* answered(`POST / ${here}\r\n${long}`)).to.include(" 405 ");
      for (const path of ["/", "/process", "/nothing"])
        expect(yield* answered(`GET ${path} ${here}\r\n${long}`), path).to.include(" 413 ");
      const chunked = `GET / ${here}\r\nTransfer-Encoding: chunked`;
      expect(yield* answered(chunked, Buffer.from("5\r\nhello\r\n"))).to.include(" 413 ");
      const both = `${chunked}\r\nContent-Length: 5`;
      expect(yield* answered(both, Buffer.from("0\r\n\r\n"))).to.include(" 400 ");
      expect(yield* answered(`GET /${"a".repeat(20_000)} ${here}`)).to.include(" 431 ");
      for (const { socket } of peers) socket.destroy();
    }));

  it("gives who asks for heads only no place among those who look, and takes no trace for him", () =>
    check(function* () {
      const { url } = yield* opened();
      for (let i = 0; i < 33; i++) {
        const { status, body } = yield* call(() => ask(`${url}events`, { method: "HEAD" }));
        expect([status, body]).to.deep.equal([200, ""]);
      }
      for (const path of ["", "process", "trace?seconds=600"])
        expect((yield* call(() => ask(url + path, { method: "HEAD" }))).status, path).to.equal(200);
      expect((yield* call(() => ask(`${url}none`, { method: "HEAD" }))).status).to.equal(404);
      const stream = yield* events(url);
      stream.close();
    }));
});

describe("inspect: the Unix socket for the terminal", () => {
  it("is the user's own: mode 600, in a folder of mode 700", () =>
    check(function* () {
      const { path } = yield* opened({});
      expect(path).to.match(new RegExp(`/${process.pid}\\.sock$`));
      expect(statSync(path!).mode & 0o777).to.equal(0o600);
      expect(statSync(dirname(path!)).mode & 0o777).to.equal(0o700);
      const reply = yield* call(() => ask("http://any.name/process", { socketPath: path! }));
      expect(JSON.parse(reply.body)).to.include({ pid: process.pid });
    }));
});

describe("inspect: what is told", () => {
  it("tells all at first, then what has changed; put together it is what snapshot() says", () =>
    check(function* () {
      const { url } = yield* opened();
      const stream = yield* events(url);
      const model = new Model();
      const hear = function* (): Operation<string> {
        const { event, data } = yield* call(() => stream.next());
        model.apply(event as "all" | "more", data);
        return event;
      };
      const sleeper = yield* fork(() => sleep(1000), { name: "sleeper" });
      expect(yield* hear()).to.equal("all");
      yield* fork(() => sleep(1000), { name: "second" });
      yield* sleeper.halt();
      expect(yield* hear()).to.equal("more");
      const names = model.fibers().map(({ name }) => name);
      expect(names).to.include("second");
      expect(names).to.not.include("sleeper");
      expect(stream.all[1]!.data.fibers.map(({ name }) => name)).to.deep.equal(["second"]);
      const { body } = yield* get(`${url}snapshot`);
      const told = JSON.parse(body) as Message;
      expect(told.fibers.map(({ id }) => id)).to.have.members(model.fibers().map(({ id }) => id));
      stream.close();
    }));

  it("shows neither its own fibers nor its own sockets", () =>
    check(function* () {
      const { url } = yield* opened();
      const { body } = yield* get(`${url}snapshot`);
      const { fibers, sockets, servers } = JSON.parse(body) as Message;
      expect(fibers.filter(({ name }) => name.startsWith("inspect"))).to.deep.equal([]);
      expect([sockets, servers]).to.deep.equal([[], []]);
    }));

  it("lets 32 look at a time, and is there for others when they have gone", () =>
    check(function* () {
      const { url } = yield* opened();
      const streams: Events<Message>[] = [];
      for (let i = 0; i < 32; i++) streams.push(yield* events(url));
      expect((yield* get(`${url}events`)).status).to.equal(503);
      for (const stream of streams) stream.close();
      let stream: Events<Message> | null = null;
      while (stream === null)
        stream = yield* call(() => Events.open<Message>(`${url}events`).catch(() => null));
      stream.close();
    }));

  it("keeps nothing of what was shown when nobody looks any more", () =>
    check(function* () {
      const feed = new Feed();
      const viewer = { drained: true, write: () => {}, end: () => {} };
      const sleeper = yield* fork(() => sleep(1000));
      feed.add(viewer);
      yield* call(() => until(() => feed.rows > 0));
      feed.delete(viewer);
      expect(feed.rows).to.equal(0);
      yield* sleeper.halt();
    }));

  it("gives counters, a dump, and a trace of the next seconds, one at a time, given up with who has asked", () =>
    check(function* () {
      const { url } = yield* opened();
      const sleeper = yield* fork(() => sleep(1000), { name: "sleeper" });
      const counters = yield* get(`${url}metrics`);
      expect(counters.headers["content-type"]).to.match(/^text\/plain; version=0\.0\.4/);
      expect(counters.body).to.match(/^cosocket_fibers \d+$/m);
      expect((yield* get(`${url}dump`)).body).to.match(/^sleeper: sleep\(1000\) for /m);
      for (const seconds of ["0", "-1", "601", "x", ""])
        expect((yield* get(`${url}trace?seconds=${seconds}`)).status, seconds).to.equal(400);
      const { headers, body } = yield* get(`${url}trace?seconds=0.01`);
      expect(headers["content-disposition"]).to.match(/^attachment; filename="trace-\d+\.json"$/);
      expect(violations(body)).to.deep.equal([]);
      expect(body).to.include('"sleeper"').and.include("sleep(1000)");
      const long = request(`${url}trace?seconds=600`).on("error", () => {});
      long.end();
      const another = function* (): Operation<number> {
        return (yield* get(`${url}trace?seconds=0.001`)).status;
      };
      while ((yield* another()) !== 409);
      long.destroy();
      while ((yield* another()) !== 200);
      yield* sleeper.halt();
    }));

  it("is encrypted, if it is asked to be", () =>
    check(function* () {
      const { url } = yield* opened({ port: 0, tls: serverParams });
      expect(url).to.match(/^https:/);
      const ca = String(trusting.cafile);
      const reply = yield* call(() => ask(`${url}process`, { request: secureRequest, ca }));
      expect(JSON.parse(reply.body)).to.include({ pid: process.pid });
      const clear = yield* call(() =>
        ask(url.replace("https", "http")).then(
          () => "answered",
          () => "refused",
        ),
      );
      expect(clear).to.equal("refused");
    }));

  it("says that an address is in use, and which options are wrong", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const port = server.getsockname()[1] as number;
      expect((yield* inspect({ port }))[1]).to.equal("address already in use");
      server.close();
      expect(() => inspect({ prot: 1 } as never)).to.throw(TypeError, 'did you mean "port"');
      expect(() => inspect({ port: -1 })).to.throw(TypeError, "port must be");
      expect(() => inspect({ port: 0, token: "short secret" })).to.throw(
        TypeError,
        /^((?!short secret)[^])*$/,
      );
    }));
});
