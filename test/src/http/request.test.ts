/** What LuaSocket cannot be asked: timeouts, TLS, proxies, who is told secrets, misuse. */
import { expect } from "chai";
import { ensure, type Operation, until } from "effection";
import {
  causeOf,
  type Data,
  fork,
  type Result,
  serve,
  type ServeOptions,
  socket,
  type Tcp,
  within,
} from "cosocket";
import { copas } from "cosocket/copas";
import { http, type HttpRequest } from "cosocket/http";
import { http as promised } from "cosocket/promises";
import { ltn12 } from "cosocket/ltn12";
import { check } from "../../support/check.js";
import { times } from "../../support/counts.js";
import { listening, portOf, thrown } from "../../support/pairs.js";
import { inVirtualTime } from "../../support/simulated.js";
import { authority, identity } from "../../support/transports.js";

const HELLO = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const keys = { key: identity.key, certificate: identity.certificate };
const trusting = { cafile: authority.certificate };

/** The head of a request: its lines. */
function* headOf(client: Tcp): Operation<string[]> {
  const lines: string[] = [];
  for (;;) {
    const [line, err] = yield* client.receive();
    if (err || line === "") return lines;
    lines.push(line);
  }
}

/** A server that sends what `answer` gives for the head of a request, and what was asked of it. */
function* server(
  answer: (head: string[], client: Tcp) => string | Operation<unknown>,
  options: ServeOptions = {},
): Operation<{ port: number; asked: string[][] }> {
  const listener = yield* listening();
  const asked: string[][] = [];
  yield* fork(() =>
    serve(
      listener,
      function* (client) {
        const head = yield* headOf(client);
        asked.push(head);
        const told = answer(head, client);
        if (typeof told !== "string") return void (yield* told);
        yield* client.send(told);
        // A server that has not read all would reset.
        client.shutdown("send");
        yield* client.receive("*a");
      },
      options,
    ),
  );
  return { port: portOf(listener), asked };
}

/** The body that a request has given, or the error, and what its sink was told at the end. */
function* taken(request: HttpRequest<string>): Operation<[body: string, ...ends: unknown[]]> {
  let body = "";
  const ends: unknown[] = [];
  const [ok, code] = yield* http.request({
    ...request,
    *sink(piece, error): Operation<Result<1, undefined, never>> {
      if (piece === undefined) ends.push(error ?? "end");
      else body += String(piece as Buffer);
      return [1];
    },
  });
  return [body, ok === undefined ? code : "ok", ...ends];
}

const at = (port: number, path = "/"): string => `http://127.0.0.1:${port}${path}`;

describe("a timeout of http.request", () => {
  it("is that of each wait: bytes that come slowly are waited for, silence is not", () =>
    inVirtualTime(function* () {
      function* slowly(_: string[], client: Tcp): Operation<void> {
        yield* client.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
        for (const letter of "hello") {
          yield* socket.sleep(4);
          yield* client.send(letter);
        }
        yield* socket.sleep(60);
      }
      const { port } = yield* server(slowly);
      const begun = socket.gettime();
      expect(yield* taken({ url: at(port), timeout: 5 })).to.deep.equal([
        "hello",
        "timeout",
        "timeout",
      ]);
      expect(socket.gettime() - begun).to.be.closeTo(25, 0.1);
    }));

  it("is TIMEOUT of the module, read at each request", () =>
    inVirtualTime(function* () {
      const { port } = yield* server(() => socket.sleep(1000));
      const { TIMEOUT } = http;
      yield* ensure(() => void (http.TIMEOUT = TIMEOUT));
      for (const seconds of [60, 3]) {
        http.TIMEOUT = seconds;
        const begun = socket.gettime();
        expect(yield* http.request(at(port))).to.deep.equal([undefined, "timeout"]);
        expect(socket.gettime() - begun).to.be.closeTo(seconds, 0.1);
      }
    }));

  it("may be total, on a socket that create has made", () =>
    inVirtualTime(function* () {
      const { port } = yield* server(function* (_, client) {
        for (;;) {
          yield* client.send("HTTP/1.1 100 Continue\r\n\r\n");
          yield* socket.sleep(3);
        }
      });
      const create = (): Tcp => {
        const tcp = socket.tcp();
        tcp.settimeout(2, "t");
        return tcp;
      };
      const begun = socket.gettime();
      expect(yield* http.request({ url: at(port), create })).to.deep.equal([undefined, "timeout"]);
      expect(socket.gettime() - begun).to.be.closeTo(2, 0.1);
    }));
});

describe("a server that does not read a request", () => {
  for (const [name, request] of [
    ["TIMEOUT", { timeout: 2 }],
    ["a halt", { timeout: 60 }],
  ] as const)
    it(`makes nobody wait longer than ${name}`, () =>
      inVirtualTime(function* () {
        const listener = yield* listening();
        yield* fork(() => serve(listener, () => socket.sleep(3600)));
        const piece = Buffer.alloc(60_000);
        const source = function* (): Operation<[Buffer]> {
          return [piece];
        };
        const begun = socket.gettime();
        const asking = (): Operation<unknown> =>
          http.request({ url: at(portOf(listener)), method: "PUT", source, ...request });
        // Its fiber has ended, too.
        yield* name === "TIMEOUT" ? yield* fork(asking) : within(2, asking);
        expect(socket.gettime() - begun).to.be.closeTo(2, 0.5);
      }));
});

describe("https by http.request", () => {
  it("verifies the certificate and the name, unless it is told not to, also when it is redirected", () =>
    check(function* () {
      const secure = yield* server(
        ([line]) =>
          line!.includes("/moved") ? "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n" : HELLO,
        { tls: keys, onhandshakeerror: () => {} },
      );
      const url = `https://127.0.0.1:${secure.port}/moved`;
      expect((yield* taken({ url }))[1]).to.match(/^certificate verify failed: /);
      expect(yield* taken({ url, ...trusting })).to.deep.equal(["hello", "ok", "end"]);
      expect(yield* taken({ url, verify: "none" })).to.deep.equal(["hello", "ok", "end"]);
      expect(yield* taken({ url, sslparams: socket.tls.newcontext(trusting) })).to.deep.equal([
        "hello",
        "ok",
        "end",
      ]);
      const other = `https://localhost:${secure.port}/`;
      expect((yield* taken({ url: other, ...trusting, servername: "other.test" }))[1]).to.match(
        /^certificate verify failed: /,
      );
    }));

  it("takes no cut for the end of a body without a length", () =>
    check(function* () {
      const listener = yield* listening();
      yield* fork(() =>
        serve(listener, function* (client) {
          // A connection below TLS that is just closed, without its farewell.
          const stream = client.duplex();
          const tls = socket.stream(stream);
          yield* tls.dohandshake({ mode: "server", ...keys });
          yield* tls.receive();
          yield* tls.send("HTTP/1.1 200 OK\r\n\r\nhalf");
          yield* tls.flush();
          stream.destroy();
        }),
      );
      const url = `https://127.0.0.1:${portOf(listener)}/`;
      const [body, error, end] = yield* taken({ url, ...trusting });
      expect([body, error, end]).to.deep.equal(["half", "closed", "closed"]);
    }));

  it("goes through a proxy by a tunnel, in which the host shows its certificate", () =>
    check(function* () {
      const secure = yield* server(() => HELLO, { tls: keys });
      const proxy = yield* server(function* ([line], client) {
        if (!line!.startsWith("CONNECT localhost:443 ")) return;
        const behind = socket.try(yield* socket.connect("127.0.0.1", secure.port));
        yield* client.send("HTTP/1.1 200 Connection established\r\n\r\n");
        const a = client.duplex({ allowHalfOpen: true });
        const b = behind.duplex({ allowHalfOpen: true });
        a.pipe(b).pipe(a);
        yield* ensure(() => void b.destroy());
        yield* socket.sleep(1000);
      });
      const request = {
        url: "https://localhost/",
        proxy: `http://me:secret@127.0.0.1:${proxy.port}`,
      };
      expect(yield* taken({ ...request, ...trusting })).to.deep.equal(["hello", "ok", "end"]);
      expect(proxy.asked[0]).to.include("Proxy-Authorization: Basic bWU6c2VjcmV0");
      expect(secure.asked[0]!.join()).to.not.match(/proxy-authorization/i);
      const refusing = yield* server(() => "HTTP/1.1 407 Who are you\r\n\r\n");
      const refused = yield* taken({ ...request, proxy: at(refusing.port) });
      expect(refused[1]).to.equal("proxy refused: HTTP/1.1 407 Who are you");
    }));
});

describe("a redirect", () => {
  it("tells secrets to nobody but the one whom they were for", () =>
    check(function* () {
      const other = yield* server(() => HELLO);
      const first = yield* server(
        ([line]) =>
          `HTTP/1.1 302 Found\r\nLocation: ${line!.includes("/here") ? "/there" : at(other.port)}\r\n\r\n`,
      );
      const headers = {
        Authorization: "a",
        "Proxy-Authorization": "e",
        cookie: "b",
        host: "c",
        "x-other": "d",
      };
      yield* taken({ url: at(first.port, "/here"), headers, maxredirects: 2 });
      yield* taken({ url: at(first.port), user: "me", password: "secret" });
      const secrets = /^((Proxy-)?Authorization|Cookie|Host: c)/;
      expect(
        first.asked.slice(0, 2).map((head) => head.filter((line) => secrets.test(line)).length),
      ).to.deep.equal([4, 4]);
      expect(other.asked.map((head) => head.filter((line) => secrets.test(line)))).to.deep.equal([
        [],
        [],
      ]);
      expect(other.asked[0]).to.include("x-other: d");
    }));

  it("from https to http is not followed; copas.http says so, and follows it if it is told to", () =>
    check(function* () {
      const plain = yield* server(() => HELLO);
      const secure = yield* server(
        () => `HTTP/1.1 302 Found\r\nLocation: ${at(plain.port)}\r\nContent-Length: 4\r\n\r\ngone`,
        { tls: keys },
      );
      const url = `https://127.0.0.1:${secure.port}/`;
      expect(yield* taken({ url, ...trusting })).to.deep.equal(["gone", "ok", "end"]);
      const refused = yield* copas.http.request({ url, ...trusting });
      expect(refused).to.deep.equal([undefined, "Unallowed insecure redirect https to http"]);
      const [ok, code] = yield* copas.http.request({ url, ...trusting, redirect: "all" });
      expect([ok, code]).to.deep.equal([1, 200]);
    }));
});

describe("http.request", () => {
  it("knows methods in whatever letters: all are sent in capital ones", () =>
    check(function* () {
      const { port, asked } = yield* server(([line]) =>
        line!.startsWith("HEAD /here")
          ? "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 5\r\n\r\n"
          : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
      );
      const url = at(port, "/here");
      expect(yield* taken({ url, method: "head" })).to.deep.equal(["", "ok"]);
      expect(asked.map(([line]) => line)).to.deep.equal([
        "HEAD /here HTTP/1.1",
        "HEAD /there HTTP/1.1",
      ]);
    }));

  it("asks create for a socket, which may say why not; copas.http tells it the request", () =>
    check(function* () {
      const { port } = yield* server(() => HELLO);
      const told: unknown[] = [];
      const create = (...args: unknown[]): Tcp => {
        told.push(args.length);
        return socket.tcp();
      };
      expect(yield* taken({ url: at(port), create })).to.deep.equal(["hello", "ok", "end"]);
      yield* copas.http.request({ url: at(port), create });
      expect(told).to.deep.equal([0, 1]);
      const none = {
        url: at(port),
        create: () => [undefined, "no sockets today"] as [undefined, string],
      };
      expect(yield* taken(none)).to.deep.equal(["", "no sockets today"]);
      function* bound(): Operation<[Tcp]> {
        const tcp = socket.tcp();
        socket.try(yield* tcp.bind("127.0.0.1", 0));
        return [tcp];
      }
      expect(yield* taken({ url: at(port), create: bound })).to.deep.equal(["hello", "ok", "end"]);
      expect(
        (yield* thrown(http.request({ url: at(port), create: () => ({}) as Tcp }))) as Error,
      ).to.match(/create gives a socket/);
    }));

  it("moves both bodies with the step that it is given", () =>
    check(function* () {
      const { port } = yield* server(() => HELLO);
      let steps = 0;
      const step: typeof ltn12.pump.step = (from, to) => {
        steps++;
        return ltn12.pump.step(from, to);
      };
      const source = ltn12.source.table(["a", "b"]);
      expect(
        yield* taken({
          url: at(port),
          method: "PUT",
          source,
          step,
          headers: { "content-length": 2 },
        }),
      ).to.deep.equal(["hello", "ok", "end"]);
      expect(steps).to.equal(3 + 2);
    }));

  it("ends no body whose source fails, and gives that error", () =>
    check(function* () {
      let came = "";
      const { port } = yield* server(function* (_, client) {
        came = String((yield* client.receive("*a"))[0]);
      });
      const source = ltn12.source.cat<"oh">(ltn12.source.string("half"), ltn12.source.error("oh"));
      const [ok, error] = yield* http.request({ url: at(port), method: "PUT", source });
      expect([ok, error]).to.deep.equal([undefined, "oh"]);
      yield* socket.sleep(0);
      while (came === "") yield* socket.sleep(0);
      expect(came).to.equal("4\r\nhalf\r\n");
    }));

  it("takes the answer of a server that did not want all of the body", () =>
    check(function* () {
      const { port } = yield* server(function* (_, client) {
        yield* client.send("HTTP/1.1 413 Too much\r\nContent-Length: 2\r\n\r\nno");
        yield* client.flush();
      });
      const piece = Buffer.alloc(64 * 1024);
      const source = ltn12.source.table(Array.from({ length: 200 }, () => piece));
      const [ok, code] = yield* http.request({ url: at(port), method: "PUT", source });
      // The kernel may have taken the answer away with the reset: then it says so.
      if (ok === 1) expect(code).to.equal(413);
      else expect(code).to.equal("closed");
    }));

  it("says of which host a failure is, with its cause, and tells no secret", () =>
    check(function* () {
      const listener = yield* listening();
      const port = portOf(listener);
      listener.close();
      const result = yield* http.request(`http://me:secret@127.0.0.1:${port}/token?key=secret`);
      expect(result).to.deep.equal([undefined, "connection refused"]);
      expect(causeOf(result)).to.have.property("code", "ECONNREFUSED");
      const error = (yield* thrown(
        (function* (): Operation<unknown> {
          return socket.try(result);
        })(),
      )) as Error;
      expect(error.message).to.equal(`connect to 127.0.0.1:${port}: connection refused`);
      const { port: broken } = yield* server(() => "HTTP/1.1 nonsense\r\n\r\n");
      const odd = yield* http.request(`http://me:secret@127.0.0.1:${broken}/token?key=secret`);
      expect(odd).to.deep.equal([undefined, "HTTP/1.1 nonsense"]);
      expect((causeOf(odd) as NodeJS.ErrnoException).code).to.match(/^HPE_/);
      expect(String(http.request(`http://me:secret@127.0.0.1/token`))).to.not.match(/secret|token/);
    }));

  it("tells a status line that is none as it came, however it was cut into segments", () =>
    check(function* () {
      for (const [head, word] of [
        ["HTTP/1.1 two hundred\r\n\r\n", "HTTP/1.1 two hundred"],
        ["HTTP/1.1 OK\r\nX: y\r\n\r\n", "HTTP/1.1 OK"],
        ["HTTP/x.y 200 OK\n\n", "HTTP/x.y 200 OK"],
        ["HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 2000 \u00fc\r\n\r\n", "HTTP/1.1 2000 \u00fc"],
        ["HTTP/1.1 100 Go on\r\n\r\nnonsense\r\n\r\n", "malformed response headers"],
        ["HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "malformed response headers"],
        ["HTTP/1.1 nonsense", "closed"],
      ] as const) {
        const { port } = yield* server(() => head);
        // Each size in CI: every one is a request.
        for (let size = 1; size <= head.length + 1; size += times(5, 1)) {
          const create = (): Tcp => {
            const tcp = socket.tcp();
            const receiveany = tcp.receiveany.bind(tcp);
            return Object.assign(tcp, { receiveany: () => receiveany(size) });
          };
          const result = yield* http.request({ url: at(port), create });
          expect(result, `${size} of ${JSON.stringify(head)}`).to.deep.equal([undefined, word]);
        }
      }
    }));

  it("refuses what is misspelt or no request at the call, and what cannot be asked for as a result", () =>
    check(function* () {
      const wrong: [unknown, RegExp][] = [
        [5, /takes options as an object, not 5/],
        [{ url: "http://a/", headres: {} }, /no option "headres": did you mean "headers"/],
        [{ url: 5 }, /url is a string, not 5/],
        [{ sink: "x" }, /sink is a function, not "x"/],
        [{ headers: { a: true } }, /headers is an object of strings and numbers/],
        [{ redirect: 1 }, /redirect is true, false or "all"/],
        [{ maxredirects: -1 }, /maxredirects is a number/],
        [{ timeout: { conect: 1 } }, /no option "conect"/],
        [{ cafile: "a", sslparams: {} }, /in sslparams or beside it/],
      ];
      for (const [given, why] of wrong)
        expect(() => http.request(given as HttpRequest), String(why)).to.throw(TypeError, why);
      expect(() => http.request("http://a/", 5 as never)).to.throw(TypeError, /the body is/);
      const bad: [HttpRequest | string, string][] = [
        ["", "invalid host 'nil'"],
        ["http:///", "invalid host 'nil'"],
        ["http://a b/", "invalid host 'a b'"],
        ["gopher://a/", "invalid scheme 'gopher'"],
        ["http://a:99999/", "invalid port '99999'"],
        [
          { url: "http://a/", proxy: "https://b" },
          "invalid proxy: a proxy is spoken to in http, not https",
        ],
        [{ url: "http://a/", headers: { "a:b": 1 } }, 'invalid header "a:b"'],
        [
          { url: "http://a/", headers: { "content-length": "x" } },
          'invalid header "content-length": it is a number of bytes',
        ],
        [
          { url: "http://a/", headers: { "content-length": 1, "transfer-encoding": "chunked" } },
          'invalid header "transfer-encoding": there is a "content-length", too',
        ],
      ];
      for (const [given, error] of bad)
        expect(yield* http.request(given as string)).to.deep.equal([undefined, error]);
    }));

  it("of cosocket/promises takes sources and sinks of ltn12, and what genericform gives", () =>
    check(function* () {
      const { port } = yield* server(() => HELLO);
      const pieces: Data[] = [];
      const [source, sink] = [ltn12.source.string("ab"), ltn12.sink.table(pieces)];
      const asked = promised.request({ url: at(port), method: "PUT", source, sink });
      expect((yield* until(asked))[1]).to.equal(200);
      const form = promised.genericform(at(port), "a=b");
      expect((yield* until(promised.request({ ...form, method: "PUT" })))[1]).to.equal(200);
      expect([String(pieces), String(form.target)]).to.deep.equal(["hello", "hello"]);
    }));

  it("of cosocket/promises takes sources and sinks of promises, and a signal", () =>
    check(function* () {
      const { port } = yield* server(function* (_, client) {
        yield* client.send(HELLO);
        yield* socket.sleep(1000);
      });
      const pieces = ["a", "b"];
      let body = "";
      const [ok, code] = yield* until(
        promised.request({
          url: at(port),
          method: "PUT",
          source: async (): Promise<Result<Data | undefined>> => [pieces.shift()],
          sink: async (piece?: Data): Promise<Result<1>> => {
            body += String((piece as Buffer | undefined) ?? "");
            return [1];
          },
          create: async () => socket.tcp(),
        }),
      );
      expect([ok, code, body]).to.deep.equal([1, 200, "hello"]);
      expect((yield* until(promised.request(at(port))))[0]).to.equal("hello");
      const reason = new Error("enough");
      const error = yield* until(
        promised
          .request({ url: at(port), signal: AbortSignal.abort(reason) })
          .catch((e: unknown) => e),
      );
      expect(error).to.equal(reason);
    }));
});
