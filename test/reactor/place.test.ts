/** Places in a program, in the frames of a stack. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "chai";
import { filesOf, pathIn, placeIn } from "../../reactor/place.js";

/** As V8 writes them when a program and the library were made one file of, and its source map is known. */
const BUNDLED = `Error
    at Receive.begin (/home/me/node_modules/cosocket/src/connection/receive.ts:40:5)
    at receive (/home/me/node_modules/cosocket/src/stream/stream.ts:12:3)
    at line (/home/me/app/protocol.ts:4:10)
    at handler (/home/me/app/server.ts:5:17)
    at GeneratorFiber.step (/home/me/node_modules/cosocket/reactor/fiber.ts:159:59)
    at run (/home/me/node_modules/effection/esm/lib/run.js:10:3)
    at main (/home/me/app/server.ts:20:1)`;

/** As Node loads the package: the driver is in a file with others. */
const SHARED = BUNDLED.replaceAll(/cosocket\/[\w/-]+\.ts/g, "cosocket/dist/lib/shared-reactor.js");
const PROMOTED = SHARED.replace(
  /GeneratorFiber\.step (.*)/,
  "#step $1\n    at Forwarder.next $1\n    at step (/home/me/app/not-of-the-fiber.ts:1:1)",
);

describe("places in a program", () => {
  it("are told from the library's, in a bundle, by its source map", () => {
    tells(BUNDLED);
  });

  it("are told from the library's where it has one file for many modules", () => {
    tells(SHARED);
    tells(PROMOTED);
  });

  it("are those of a bundle's project, whatever its folders are called", () => {
    for (const bundle of ["/app/dist/main.js", "/app/dist/lib/main.js", "/app/dist/server/a.js"])
      expect(filesOf(`file://${bundle}`)).to.deep.equal([]);
    expect(filesOf(undefined)).to.deep.equal([]);
    expect(filesOf("file:///C:/a%20b/dist/reactor/place.js")).to.include("C:/a b/reactor/");
  });

  it("are told from those of the file that programs load", () => {
    const folder = fileURLToPath(
      new URL("dist/lib/", import.meta.resolve("cosocket/package.json")),
    );
    const file = readdirSync(folder).find(
      (name) =>
        name.endsWith(".js") &&
        readFileSync(join(folder, name), "utf8").includes("function filesOf("),
    );
    const files = filesOf(pathToFileURL(join(folder, file!)).href);
    expect(files).to.include(folder);
    expect(files).to.deep.equal(filesOf(new URL("../../reactor/place.js", import.meta.url).href));
  });

  function tells(stack: string): void {
    expect(placeIn({ stack })).to.equal("line (/home/me/app/protocol.ts:4:10)");
    expect(pathIn({ stack })).to.deep.equal([
      "handler (/home/me/app/server.ts:5:17)",
      "line (/home/me/app/protocol.ts:4:10)",
    ]);
  }
});
