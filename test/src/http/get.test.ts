/** LuaSocket's sample get.lua and its port, beside each other. */
import { createServer, type Server } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { call, type Operation } from "effection";
import { check } from "../../support/check.js";
import { needs } from "../../support/peers.js";
import { program, root } from "../../support/process.js";

const BODY = "a page\n".repeat(20_000);

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket.http'",
)("get.lua and get.ts", () => {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-get-"));
  let server: Server;
  let at: string;
  before((done) => {
    server = createServer((request, response) => {
      if (request.url === "/moved") response.writeHead(302, { location: "/page" }).end();
      else if (request.url === "/page") response.setHeader("content-length", BODY.length).end(BODY);
      else response.writeHead(404).end("no such page\n");
    });
    server.listen(0, "127.0.0.1", () => {
      at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after((done) => {
    rmSync(folder, { recursive: true });
    server.close(done);
  });

  /** What both print, without the figures, and what they have put into the file. */
  function* both(path: string, file?: string): Operation<[lua: unknown, ts: unknown]> {
    const told: unknown[] = [];
    for (const [command, script] of [
      ["lua5.4", "examples/luasocket/get.lua"],
      [process.execPath, "dist/examples/luasocket/get.js"],
    ] as const) {
      const name = file && join(folder, `${told.length}-${file}`);
      const run = yield* program(command, [join(root, script), at + path, ...(name ? [name] : [])]);
      const exit = yield* call(() => run.ends());
      // Two streams, of which one is buffered: in whatever order.
      const lines = run.out
        .split(/[\r\n]+/)
        .sort()
        .join("\n");
      const text = lines.replace(/received, .* elapsed */, "received");
      told.push([exit, text, name && readFileSync(name, "utf8")]);
    }
    return told as [unknown, unknown];
  }

  for (const [what, path, file] of [
    ["a page", "/page", undefined],
    ["a page that has moved, into a file", "/moved", "page.txt"],
    ["a page that there is not", "/none", undefined],
  ] as const)
    it(`print the same of ${what}`, () =>
      check(function* () {
        const [lua, ts] = yield* both(path, file);
        expect(ts).to.deep.equal(lua);
      }));
});
