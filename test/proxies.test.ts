import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ensure, type Operation, spawn } from "effection";
import { serve, type ServeOptions, sleep, socket, type Tcp } from "cosocket";
import { A_MOMENT, check } from "./support/check.js";
import { listening, portOf } from "./support/pairs.js";
import { needs } from "./support/peers.js";
import { program } from "./support/process.js";
import { serverParams, trusting } from "./support/tls.js";

/** A port that nobody listens on. */
function* freePort(): Operation<number> {
  const server = yield* listening();
  const port = portOf(server);
  server.close();
  return port;
}

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

/** HAProxy before a server of ours, which tells who the client is. */
function* behindHAProxy(speaks: string, options: ServeOptions = {}): Operation<number> {
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
