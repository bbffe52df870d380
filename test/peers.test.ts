/** Real programs at the other end: LuaSocket on Lua in both roles, curl, nc. */
import { createHash } from "node:crypto";
import { expect } from "chai";
import { call } from "effection";
import { socket } from "cosocket";
import { check } from "./support/check.js";
import { listening, portOf } from "./support/pairs.js";
import { against, lua, needs } from "./support/peers.js";
import { program } from "./support/process.js";

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket'",
)("LuaSocket", function () {
  this.timeout(20_000);

  it("its client is served by our server, in every pattern", () =>
    check(function* () {
      const seen: unknown[] = [];
      const peer = yield* against(
        function* (client) {
          yield* client.send("first\r\nse\rcond\n");
          yield* client.send(Buffer.from("12345cde"), 1, 6);
          yield* client.send("tail\n");
          seen.push(yield* client.receive("*l"), yield* client.receive("*l"));
          seen.push(yield* client.receive(5), yield* client.receive("*a"));
          yield* client.send(["all ", Buffer.of(0, 0x80)]);
        },
        (port) => ["lua5.4", lua("client.lua"), port],
      );
      expect(peer.out.split("\n")).to.deep.equal([
        '"first"',
        '"second"',
        '"12345"',
        '"abc"',
        '"prefix tail"',
        '"all \\0\x80"'.replace("\x80", "\ufffd"),
        'nil "closed" ""',
        "",
      ]);
      expect(seen).to.deep.equal([["one"], ["two"], [Buffer.from("bytes")], ["to the end"]]);
      expect(peer.exit).to.deep.equal({ code: 0, signal: null });
    }));

  it("its server serves our client, in every pattern", () =>
    check(function* () {
      const server = yield* program("lua5.4", [lua("server.lua")]);
      const [, port] = yield* call(() => server.prints(/port (\d+)/));
      const client = socket.try(yield* socket.connect("127.0.0.1", Number(port)));
      yield* client.send("hel\rlo\r\n");
      yield* client.send("sixsix");
      yield* client.send("-y-", 2, 2);
      expect(yield* client.receive()).to.deep.equal(["line"]);
      expect(yield* client.receive("*L")).to.deep.equal(["more\n"]);
      expect(yield* client.receive(2)).to.deep.equal([Buffer.of(0, 255)]);
      expect(yield* client.receive("*a", "the ")).to.deep.equal(["the bytesrest"]);
      yield* client.send("last words");
      client.close();
      yield* call(() => server.ends());
      expect(server.out.split("\n").slice(1)).to.deep.equal([
        '"hello"',
        '"sixsix"',
        '"xy"',
        '"last words"',
        "end",
        "",
      ]);
    }));

  it("agrees with us about every error it can meet on loopback", () =>
    check(function* () {
      const words = yield* program("lua5.4", [
        "-e",
        `local s = require"socket"
         local free = assert(s.bind("127.0.0.1", 0)); local _, port = free:getsockname(); free:close()
         print((select(2, s.connect("127.0.0.1", port))))
         local held = assert(s.bind("127.0.0.1", 0)); _, port = held:getsockname()
         local tcp = s.tcp4(); print((select(2, tcp:bind("203.0.113.1", 0))))
         held:settimeout(0); print((select(2, held:accept())))
         print((select(2, s.connect("no.such.host.invalid", 1))))`,
      ]);
      yield* call(() => words.ends());
      const server = yield* listening();
      const port = portOf(server);
      server.close();
      const held = yield* listening();
      held.settimeout(0);
      const ours = [
        (yield* socket.connect("127.0.0.1", port))[1],
        (yield* socket.tcp4().bind("203.0.113.1", 0))[1],
        (yield* held.accept())[1],
        (yield* socket.connect("no.such.host.invalid", 1))[1],
      ];
      expect(ours.map((word) => word?.toLowerCase())).to.deep.equal(
        words.out
          .trim()
          .split("\n")
          .map((word) => word.toLowerCase()),
      );
    }));
});

needs(
  "curl",
  "curl",
  "--version",
)("curl", () => {
  it("is served HTTP, also a large body and a keep-alive connection", () =>
    check(function* () {
      const body = Buffer.alloc(3 << 20, "0123456789abcdef");
      const peer = yield* against(
        function* (client) {
          for (;;) {
            const [request, err] = yield* client.receive();
            if (err) return;
            for (;;) {
              const [header, err] = yield* client.receive();
              if (err || header === "") break;
            }
            const [, path] = request.split(" ");
            const answer = path === "/big" ? body : Buffer.from(`you asked for ${path}\n`);
            yield* client.send([
              `HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n`,
              answer,
            ]);
          }
        },
        (port) => [
          "sh",
          "-c",
          `curl -s http://127.0.0.1:${port}/a http://127.0.0.1:${port}/b && curl -s http://127.0.0.1:${port}/big | md5sum`,
        ],
      );
      const sum = createHash("md5").update(body).digest("hex");
      expect(peer.out).to.equal(`you asked for /a\nyou asked for /b\n${sum}  -\n`);
    }));
});

needs(
  "nc (OpenBSD)",
  "sh",
  "-c",
  "nc -h 2>&1 | grep -q OpenBSD",
)("nc", () => {
  it("gets its lines back, and the half-close is kept", () =>
    check(function* () {
      const peer = yield* against(
        function* (client) {
          const [all] = yield* client.receive("*a");
          yield* client.send(all!.toUpperCase());
        },
        (port) => ["sh", "-c", `printf 'one\\ntwo\\n' | nc -N 127.0.0.1 ${port}`],
      );
      expect(peer.out).to.equal("ONE\nTWO\n");
    }));
});
