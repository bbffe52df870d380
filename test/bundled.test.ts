/** A program that a bundler has made one file of, with the package in it. */
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { call, ensure } from "effection";
import { socket } from "cosocket";
import { check } from "./support/check.js";
import { onlyInCI } from "./support/counts.js";
import { packageFolder, program, root } from "./support/process.js";
import { ask } from "./support/web.js";

const PROGRAM = `
  import { main } from "effection";
  import { serve, socket } from "cosocket";
  main(function* () {
    const server = socket.try(yield* socket.bind("127.0.0.1", 0));
    console.log("listening on", server.getsockname()[1]);
    yield* serve(server, function* echo(client) {
      for (;;) {
        const [line, err] = yield* client.receive("*l");
        if (err) return;
        yield* client.send(line + "\\n");
      }
    });
  });`;

/** Of webpack, which CI installs: what it is told, and what it answers. */
type Webpack = (
  config: object,
  done: (error: Error | null, stats: { hasErrors(): boolean; hasWarnings(): boolean }) => void,
) => void;
const WEBPACK = pathToFileURL(join(root, ".ci/node_modules/webpack/lib/index.js")).href;

/** Each makes of a program the file that it is given. */
const bundlers: Record<string, (from: string, to: string) => Promise<void>> = {
  rolldown: (from, to) => rolled(from, to, "esm"),
  "rolldown, to CommonJS": (from, to) => rolled(from, to, "cjs"),
  webpack: async (from, to) => {
    const { default: webpack } = (await import(WEBPACK)) as { default: Webpack };
    const config = {
      ...{ mode: "none", target: "node", entry: from, experiments: { outputModule: true } },
      output: { path: dirname(to), filename: basename(to), module: true, asyncChunks: false },
    };
    await new Promise<void>((made, failed) =>
      webpack(config, (error, stats) =>
        error === null && !stats.hasErrors() && !stats.hasWarnings()
          ? made()
          : failed(error ?? new Error(String(stats))),
      ),
    );
  },
};

async function rolled(input: string, file: string, format: "esm" | "cjs"): Promise<void> {
  const { rolldown } = await import("rolldown");
  // As other bundlers have it: rolldown alone has another way to tell where the file is.
  const define: Record<string, string> = format === "cjs" ? { "import.meta.url": "undefined" } : {};
  const bundle = await rolldown({ input, platform: "node", transform: { define } });
  await bundle.write({ file, format, codeSplitting: false });
}

describe("a program in a bundle", function () {
  this.timeout(60_000);
  before(function () {
    onlyInCI(this, "bundlers take seconds");
  });

  for (const [name, bundle] of Object.entries(bundlers)) {
    it(`runs, is recorded, and can be looked into: ${name}`, () =>
      check(function* () {
        const folder = packageFolder();
        yield* ensure(() => rmSync(folder, { recursive: true }));
        const source = join(folder, "program.js");
        writeFileSync(source, PROGRAM);
        const made = join(folder, name.includes("CommonJS") ? "bundle.cjs" : "bundle.mjs");
        yield* call(() => bundle(source, made));
        expect(readFileSync(made, "utf8")).to.not.match(/from\s*"cosocket"|require\("cosocket"\)/);
        const recorded = join(folder, "trace.json");
        const running = yield* program(process.execPath, [made], {
          COSOCKET_INSPECT: "127.0.0.1:0",
          COSOCKET_TRACE: recorded,
          XDG_RUNTIME_DIR: folder,
        });
        const [, port] = yield* call(() => running.prints(/listening on (\d+)/));
        const client = socket.try(yield* socket.connect("127.0.0.1", Number(port)));
        yield* client.send("hello\n");
        expect(yield* client.receive()).to.deep.equal(["hello"]);
        client.close();
        const [, url] = yield* call(() => running.prints(/look at (\S+)/));
        for (const path of ["", "main.js", "view/model.js"]) {
          const { status, body } = yield* call(() => ask(`${url}${path}`));
          expect(status, path).to.equal(200);
          expect(body).to.not.equal("");
        }
        running.child.kill("SIGINT");
        yield* call(() => running.ends());
        expect(statSync(recorded).size).to.be.above(100);
      }));
  }
});
