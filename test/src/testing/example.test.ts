/** examples/testing, by node:test and by mocha. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import { socket } from "cosocket";
import { onlyInCI, times } from "../../support/counts.js";
import { check } from "../../support/check.js";
import { packageFolder, program, root } from "../../support/process.js";

const folder = join(root, "dist/examples/testing");

/** The test as it is run here: of what it explores a part. */
function tried(): string {
  const code = readFileSync(join(folder, "seats.test.js"), "utf8");
  expect(code.split("runs: 100").length).to.equal(2);
  return code.replace("runs: 100", `runs: ${times(20, 100)}`);
}

/** A folder with a copy of the example. */
function* copied(test: string): Operation<string> {
  const copy = packageFolder();
  yield* ensure(() => rmSync(copy, { recursive: true }));
  cpSync(join(folder, "seats.js"), join(copy, "seats.js"));
  const file = join(copy, "seats.test.js");
  writeFileSync(file, test);
  return file;
}

describe("the example of a test", function () {
  // Seconds of work: more on a machine that has other things to do.
  this.timeout(180_000);

  it("passes with node:test", () =>
    check(function* () {
      const file = yield* copied(tried());
      const run = yield* program(process.execPath, ["--test", file]);
      expect((yield* call(() => run.ends())).code, run.out).to.equal(0);
      expect(run.out).to.match(/pass [34]\n/);
    }));

  it("passes with mocha, without its first import", function () {
    onlyInCI(this, "the same test passes with node:test");
    return check(function* () {
      const code = tried();
      const without = code.replace('import { describe, it } from "node:test";\n', "");
      expect(without).to.not.equal(code);
      const file = yield* copied(without);
      const mocha = join(root, "node_modules/mocha/bin/mocha.js");
      const run = yield* program(process.execPath, [
        mocha,
        "--no-config",
        "--timeout",
        "50000",
        file,
      ]);
      expect((yield* call(() => run.ends())).code, run.out).to.equal(0);
      expect(run.out).to.match(/3 passing/);
    });
  });

  it("tests a server that runs", () =>
    check(function* () {
      const run = yield* program(process.execPath, [join(folder, "seats.js")], { PORT: "0" });
      const [, port] = yield* call(() => run.prints(/listening on tcp\{server\} [\d.]+:(\d+)/));
      const client = socket.try(yield* socket.connect("127.0.0.1", Number(port)));
      yield* client.send("BOOK 1 ada\nBOOK 1 bob\nWHO 1\n");
      for (const answer of ["OK", "TAKEN", "ada"])
        expect(yield* client.receive()).to.deep.equal([answer]);
      client.close();
    }));
});
