/** Real programs at the other end of UDP, Unix and TLS: LuaSocket, LuaSec, openssl, curl, socat. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import { fork, serve, socket } from "cosocket";
import { check } from "./support/check.js";
import { against, lua, needs } from "./support/peers.js";
import { program } from "./support/process.js";
import { authority, identity, socketPath } from "./support/transports.js";

const tls = { key: identity.key, certificate: identity.certificate };
const trusting = { cafile: authority.certificate };

/** The certificates as files, by the names of LuaSec's parameters. */
function* certificateFiles(): Operation<{ CAFILE: string; KEY: string; CERTIFICATE: string }> {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-peers-"));
  yield* ensure(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    CAFILE: file("ca.pem", authority.certificate),
    KEY: file("key.pem", identity.key),
    CERTIFICATE: file("cert.pem", identity.certificate),
  };
}

const luaSocket = ["LuaSocket for Lua 5.4", "lua5.4", "-e", "require'socket'"] as const;

needs(...luaSocket)("LuaSocket's UDP", () => {
  it("its server serves our client", () =>
    check(function* () {
      const server = yield* program("lua5.4", [lua("udp.lua"), "server"]);
      const [, port] = yield* call(() => server.prints(/port (\d+)/));
      const udp = socket.udp();
      yield* ensure(() => void udp.close());
      yield* udp.setpeername("127.0.0.1", Number(port));
      yield* udp.send("hello");
      expect(String((yield* udp.receive())[0])).to.equal("HELLO");
      yield* udp.send(Buffer.alloc(2000));
      yield* call(() => server.ends());
      expect(server.out).to.match(/hello\t127.0.0.1\n2000\n$/);
    }));

  it("its client is served by our server", () =>
    check(function* () {
      const udp = socket.udp();
      yield* ensure(() => void udp.close());
      yield* udp.setsockname("127.0.0.1", 0);
      const port = String(udp.getsockname()[1]);
      const client = yield* program("lua5.4", [lua("udp.lua"), "client", port]);
      const [question, ip, from] = yield* udp.receivefrom();
      expect(String(question)).to.equal("what time is it?");
      yield* udp.sendto("late", ip!, from as number);
      yield* udp.sendto("", ip!, from as number);
      yield* call(() => client.ends());
      expect(client.out).to.equal("late\nempty\n");
    }));
});

needs(
  "LuaSocket's Unix sockets",
  "lua5.4",
  "-e",
  "require'socket.unix'.stream()",
)("LuaSocket's Unix sockets", () => {
  it("its server serves our client", () =>
    check(function* () {
      const path = yield* socketPath();
      const server = yield* program("lua5.4", [lua("unix.lua"), "server", path]);
      yield* call(() => server.prints(/listening/));
      const client = socket.unix();
      socket.try(yield* client.connect(path));
      yield* client.send("to lua\n");
      expect(yield* client.receive()).to.deep.equal(["from lua"]);
      client.close();
      yield* call(() => server.ends());
      expect(server.out).to.match(/to lua\n$/);
    }));

  it("its client is served by our server", () =>
    check(function* () {
      const path = yield* socketPath();
      const server = socket.unix();
      yield* ensure(() => void server.close());
      socket.try(yield* server.bind(path));
      const peer = yield* program("lua5.4", [lua("unix.lua"), "client", path]);
      const client = socket.try(yield* server.accept());
      expect(yield* client.receive()).to.deep.equal(["to us"]);
      yield* client.send("from us\n");
      client.close();
      yield* call(() => peer.ends());
      expect(peer.out).to.equal("from us\n");
    }));
});

needs(
  "socat",
  "socat",
  "-V",
)("socat", () => {
  it("relays its standard streams to our Unix server", () =>
    check(function* () {
      const path = yield* socketPath();
      const server = socket.unix();
      yield* ensure(() => void server.close());
      socket.try(yield* server.bind(path));
      const serving = yield* fork(() =>
        serve(server, function* (client) {
          const [all] = yield* client.receive("*a");
          yield* client.send(all!.toUpperCase());
        }),
      );
      const peer = yield* program("sh", ["-c", `printf 'one\\ntwo\\n' | socat -t5 - UNIX:${path}`]);
      yield* call(() => peer.ends());
      expect(peer.out).to.equal("ONE\nTWO\n");
      yield* serving.halt();
    }));
});

needs(
  "LuaSec for Lua 5.4",
  "lua5.4",
  "-e",
  "require'ssl'",
)("LuaSec", () => {
  it("its server serves our client", () =>
    check(function* () {
      const env = yield* certificateFiles();
      const server = yield* program("lua5.4", [lua("tls.lua"), "server"], env);
      const [, port] = yield* call(() => server.prints(/port (\d+)/));
      const client = socket.tcp();
      yield* ensure(() => void client.close());
      socket.try(yield* client.connect("localhost", Number(port)));
      socket.try(yield* client.dohandshake(trusting));
      yield* client.send("to lua\n");
      expect(yield* client.receive()).to.deep.equal(["from lua"]);
      yield* call(() => server.ends());
      expect(server.out).to.match(/to lua\nTLSv1.3\n$/);
    }));

  it("its client is served by our server, with the names of its own parameters", () =>
    check(function* () {
      const env = yield* certificateFiles();
      const peer = yield* against(
        function* (client) {
          const [line] = yield* client.receive();
          yield* client.send(`${line}, and ${client.getsniname()[0]}\n`);
        },
        (port) => ["lua5.4", lua("tls.lua"), "client", port],
        { tls: { mode: "server", key: env.KEY, certificate: env.CERTIFICATE }, env },
      );
      expect(peer.out).to.equal("from lua, and localhost\nTLSv1.3\n");
    }));
});

needs(
  "openssl",
  "openssl",
  "version",
)("openssl", () => {
  it("s_client speaks to our server, and verifies it", () =>
    check(function* () {
      const { CAFILE } = yield* certificateFiles();
      const peer = yield* against(
        function* (client) {
          const [line] = yield* client.receive();
          yield* client.send(`${line} yourself\n`);
        },
        (port) => [
          "sh",
          "-c",
          `echo hello | openssl s_client -quiet -verify_return_error -verify_hostname localhost -CAfile ${CAFILE} -connect localhost:${port} -servername localhost 2>/dev/null`,
        ],
        { tls },
      );
      expect(peer.out).to.equal("hello yourself\n");
    }));

  it("s_server serves our client", () =>
    check(function* () {
      const { KEY, CERTIFICATE } = yield* certificateFiles();
      const server = yield* program("openssl", [
        ..."s_server -accept 127.0.0.1:0 -rev -key".split(" "),
        KEY,
        "-cert",
        CERTIFICATE,
      ]);
      const [, port] = yield* call(() => server.prints(/ACCEPT 127.0.0.1:(\d+)/));
      const client = socket.tcp();
      yield* ensure(() => void client.close());
      socket.try(yield* client.connect("127.0.0.1", Number(port)));
      socket.try(yield* client.dohandshake(trusting));
      yield* client.send("abc\n");
      expect(yield* client.receive()).to.deep.equal(["cba"]);
    }));
});

needs(
  "curl",
  "curl",
  "--version",
)("curl", () => {
  it("is served HTTPS", () =>
    check(function* () {
      const { CAFILE } = yield* certificateFiles();
      const peer = yield* against(
        function* (client) {
          for (let line; line !== "";) [line = ""] = yield* client.receive();
          const { protocol } = client.info()[0]!;
          yield* client.send(`HTTP/1.0 200 OK\r\n\r\nover ${protocol}\n`);
        },
        (port) => ["curl", "-s", "--http1.0", "--cacert", CAFILE, `https://localhost:${port}/`],
        { tls },
      );
      expect(peer.out).to.match(/^over TLSv1\.[23]\n$/);
    }));
});
