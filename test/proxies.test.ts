import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ensure, type Operation, spawn } from "effection";
import { serve, type ServeOptions, sleep, socket, type Tcp } from "cosocket";
import { A_MOMENT, check } from "./support/check.js";
import { freePort, listening, portOf } from "./support/pairs.js";
import { needs } from "./support/peers.js";
import { program } from "./support/process.js";
import { serverParams, trusting } from "./support/tls.js";

/** Connect once somebody listens there. */
function* connected(port: number): Operation<Tcp> {
  for (;;) {
    const tcp = socket.tcp();
    const [, err] = yield* tcp.connect("127.0.0.1", port);
    if (!err) {
      yield* ensure(() => void tcp.close());
      return tcp;
    }
    tcp.close();
    yield* sleep(A_MOMENT);
  }
}

/** HAProxy, told how it listens and how it speaks to the server at `to`; where it listens. */
function* haproxy(to: number, listens: string, speaks: string): Operation<number> {
  const port = yield* freePort();
  const folder = mkdtempSync(join(tmpdir(), "cosocket-haproxy-"));
  yield* ensure(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "haproxy.cfg");
  const lines = [
    "defaults",
    "  mode tcp",
    ...["connect 5s", "client 60s", "server 60s"].map((time) => `  timeout ${time}`),
    "listen front",
    `  bind 127.0.0.1:${port} ${listens}`,
    `  server one 127.0.0.1:${to} ${speaks}`,
  ];
  writeFileSync(file, lines.join("\n") + "\n");
  yield* program("haproxy", ["-f", file, "-db"]);
  return port;
}

/** Debian's package libnginx-mod-stream. */
const MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

/** A server behind a proxy, which tells who the client is. */
function* telling(options: ServeOptions = {}): Operation<Tcp> {
  const server = yield* listening();
  yield* spawn(() =>
    serve(
      server,
      function* (client) {
        const [line, err] = yield* client.receive();
        if (err) return;
        const { version, command } = client.getproxy()!;
        yield* client.send(`${client.getpeername().join(" ")} ${version} ${command} ${line}\n`);
      },
      { proxy: ["127.0.0.1"], ...options },
    ),
  );
  return server;
}

/** HAProxy before such a server. */
function* behindHAProxy(speaks: string, options: ServeOptions = {}): Operation<number> {
  const server = yield* telling(options);
  return yield* haproxy(portOf(server), "", speaks);
}

needs(
  "haproxy",
  "haproxy",
  "-v",
)("behind HAProxy", () => {
  for (const [how, version] of [
    ["send-proxy", 1],
    ["send-proxy-v2", 2],
    ["send-proxy-v2 proxy-v2-options crc32c,unique-id", 2],
  ] as const) {
    it(`${how}: getpeername is the client's address`, () =>
      check(function* () {
        const client = yield* connected(yield* behindHAProxy(how));
        const { 0: ip, 1: port } = client.getsockname();
        yield* client.send("hello\n");
        expect(yield* client.receive()).to.deep.equal([
          `${ip} ${port} inet ${version} PROXY hello`,
        ]);
      }));

    it(`${how}: so it is with TLS inside`, () =>
      check(function* () {
        const client = yield* connected(yield* behindHAProxy(how, { tls: serverParams }));
        const { 0: ip, 1: port } = client.getsockname();
        socket.try(yield* client.dohandshake(trusting));
        yield* client.send("hello\n");
        expect(yield* client.receive()).to.deep.equal([
          `${ip} ${port} inet ${version} PROXY hello`,
        ]);
      }));
  }

  it("tells it who the client is: HAProxy passes on what connect said", () =>
    check(function* () {
      const server = yield* listening();
      yield* spawn(() =>
        serve(server, (client) => client.send(`${client.getpeername().join(" ")}\n`), {
          proxy: "require",
        }),
      );
      const port = yield* haproxy(portOf(server), "accept-proxy", "send-proxy");
      (yield* connected(port)).close();
      const destination = { address: "2001:db8::1", port: 443 };
      for (const version of [1, 2] as const) {
        const tcp = socket.tcp();
        const source = { address: "2001:db8::7", port: 5000 + version };
        const proxy = { version, source, destination };
        socket.try(yield* tcp.connect("127.0.0.1", port, { proxy }));
        expect(yield* tcp.receive()).to.deep.equal([`2001:db8::7 ${5000 + version} inet6`]);
        tcp.close();
      }
    }));
});

/** nginx before `to`, by the stream module: where it listens itself, and where it wants to be told by a header who the client is. */
function* nginx(to: number): Operation<[plain: number, told: number]> {
  const [plain, told] = [yield* freePort(), yield* freePort()];
  const folder = mkdtempSync(join(tmpdir(), "cosocket-nginx-"));
  yield* ensure(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "nginx.conf");
  const server = (listens: string, more = ""): string =>
    `server { listen 127.0.0.1:${listens}; ${more} proxy_protocol on; proxy_pass 127.0.0.1:${to}; }`;
  const lines = [
    `load_module ${MODULE};`,
    "daemon off; master_process off;",
    `pid ${folder}/pid; error_log ${folder}/error.log;`,
    "events {}",
    "stream {",
    server(String(plain)),
    // Whoever says so is believed: then the client's address is what it passes on.
    server(`${told} proxy_protocol`, "set_real_ip_from 127.0.0.0/8;"),
    "}",
  ];
  writeFileSync(file, lines.join("\n") + "\n");
  yield* program("nginx", ["-c", file, "-p", folder, "-e", join(folder, "error.log")]);
  return [plain, told];
}

needs(
  "nginx with its stream module",
  "sh",
  "-c",
  `command -v nginx && test -e ${MODULE}`,
)("behind nginx", () => {
  for (const tls of [false, true])
    it(`proxy_protocol on: getpeername is the client's address${tls ? ", with TLS inside" : ""}`, () =>
      check(function* () {
        const server = yield* telling(tls ? { tls: serverParams } : {});
        const [plain] = yield* nginx(portOf(server));
        const client = yield* connected(plain);
        const { 0: ip, 1: port } = client.getsockname();
        if (tls) socket.try(yield* client.dohandshake(trusting));
        yield* client.send("hello\n");
        expect(yield* client.receive()).to.deep.equal([`${ip} ${port} inet 1 PROXY hello`]);
      }));

  it("listen ... proxy_protocol: nginx understands what connect says, in both versions, and passes it on", () =>
    check(function* () {
      const server = yield* telling();
      const [, told] = yield* nginx(portOf(server));
      (yield* connected(told)).close();
      const destination = { address: "192.0.2.1", port: 443 };
      for (const version of [1, 2] as const) {
        const tcp = socket.tcp();
        const source = { address: "192.0.2.7", port: 5000 + version };
        const proxy = { version, source, destination };
        socket.try(yield* tcp.connect("127.0.0.1", told, { proxy }));
        yield* tcp.send("hello\n");
        expect(yield* tcp.receive()).to.deep.equal([
          `192.0.2.7 ${5000 + version} inet 1 PROXY hello`,
        ]);
        tcp.close();
      }
    }));
});
