/** The benchmark as a command, and the smallest of its runs. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import { HELP } from "../../bench/options.js";
import { readResults } from "../../bench/results.js";
import { onlyInCI } from "../support/counts.js";
import { check } from "../support/check.js";
import { program, root } from "../support/process.js";

function* bench(...args: string[]): Operation<{ code: number | null; out: string }> {
  const command = ["--expose-gc", join(root, "dist/bench/main.js"), ...args];
  const run = yield* program(process.execPath, command);
  const { code } = yield* call(() => run.ends());
  return { code, out: run.out };
}

describe("npm run bench", function () {
  // It starts servers and loads.
  this.timeout(60_000);

  it("prints its help", () =>
    check(function* () {
      expect(yield* bench("--help")).to.deep.equal({ code: 0, out: HELP });
    }));

  it("says in one line what is wrong with a command, and fails", () =>
    check(function* () {
      expect(yield* bench("ehco")).to.deep.equal({
        code: 2,
        out: 'bench: there is no row "ehco": did you mean "echo"?\n',
      });
    }));

  it("measures, writes what it found and a plot of it, and finds itself no worse", function () {
    onlyInCI(this, "it starts servers, and loads them");
    return check(function* () {
      const folder = mkdtempSync(join(tmpdir(), "cosocket-"));
      yield* ensure(() => rmSync(folder, { recursive: true }));
      const [json, svg] = [join(folder, "a.json"), join(folder, "a.svg")];
      const short = ["--rounds=1", "--seconds=0.01", "--warmup=0.01"];
      const files = ["--json", json, "--plot", svg];
      const run = yield* bench("echo-1", "--systems=node,cosocket", ...short, ...files);
      expect(run.code, run.out).to.equal(0);
      const { rows, machine } = readResults(json);
      expect(machine.node).to.equal(process.version);
      const [row] = rows;
      expect(row!.figures.map(({ name }) => name)).to.deep.equal(["node", "cosocket"]);
      for (const { values } of row!.figures) expect(values[0]).to.be.above(0);
      expect(readFileSync(svg, "utf8")).to.match(/^<svg [^]*<\/svg>\n$/);
      const again = yield* bench("--from", json, "--compare", json);
      expect(again.code, again.out).to.equal(0);
      expect(again.out).to.match(/\n0 of 1 worse by more than the noise of both\n$/);
    });
  });
});
