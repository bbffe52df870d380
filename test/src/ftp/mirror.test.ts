/** examples/luasocket/mirror.lua and its port, beside each other. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Operation } from "effection";
import { fork, serve } from "cosocket";
import { check } from "../../support/check.js";
import { FtpServer, ftpWorld } from "../../support/ftp-server.js";
import type { Replies } from "../../support/mail-server.js";
import { type Told, told } from "../../support/originals.js";
import { listening, portOf } from "../../support/pairs.js";
import { needs } from "../../support/peers.js";

const FILES = {
  "pub/read me": "read me\r\n",
  "pub/empty": "",
  "pub/music/one": Array.from({ length: 100_000 }, (_, i) =>
    String.fromCharCode((i * i * 7) & 255),
  ).join(""),
  "pub/music/old/it's": "quoted",
  "pub/../x": "in a folder by a name that leads elsewhere",
  "secret/x": "not asked for",
};

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket.ftp'",
)("examples/luasocket/mirror", () => {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-mirror-"));
  after(() => rmSync(folder, { recursive: true }));

  /** What it says, what the server has heard, and the files that have come. */
  function* mirrored(
    language: "lua" | "ts",
    to: string,
    replies?: Replies,
  ): Operation<Told & { lines: string; files: Record<string, string> }> {
    const world = ftpWorld(FILES);
    const server = yield* listening();
    const serving = yield* fork(() =>
      serve(server, (client) => new FtpServer(client, world, replies).serve()),
    );
    const into = join(folder, `${language}-${to}`, "here");
    const address = `ftp://me:secret@127.0.0.1:${portOf(server)}/pub/`;
    const said = yield* told(language, "mirror", [address, into]);
    yield* serving.halt();
    const files = Object.fromEntries(
      readdirSync(into, { recursive: true, encoding: "utf8" })
        .filter((name) => statSync(join(into, name)).isFile())
        .map((name) => [name, readFileSync(join(into, name), "latin1")]),
    );
    return { ...said, lines: world.lines, files };
  }

  it("get all files of a folder, and of those in it, and no others, whole", () =>
    check(function* () {
      const ours = yield* mirrored("ts", "all");
      const asked = Object.entries(FILES).filter(([name]) => /^pub\/\w/.test(name));
      expect(ours.files).to.deep.equal(
        Object.fromEntries(asked.map(([name, text]) => [name.slice("pub/".length), text])),
      );
      expect(ours.out).to.match(/^pub\/music\/one: 100000 bytes$/m);
      expect(ours.out).to.match(/\n4 files, 100015 bytes\n$/);
      expect(yield* mirrored("lua", "all")).to.deep.equal(ours);
    }));

  it("say what the server says that breaks off, and leave no half under the file's name", () =>
    check(function* () {
      let transfers = 0;
      const replies: Replies = (command) =>
        // The list is the first.
        command === "data" && ++transfers % 3 === 2 ? "426 cut off\r\n" : undefined;
      const ours = yield* mirrored("ts", "half", replies);
      expect(ours.out).to.equal("mirror: 426 cut off\n");
      expect(ours.exit.code).to.equal(1);
      expect(Object.keys(ours.files)).to.deep.equal(["read me.part"]);
      transfers = 0;
      expect(yield* mirrored("lua", "half", replies)).to.deep.equal(ours);
    }));
});
