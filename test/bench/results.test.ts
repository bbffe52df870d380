import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { machine } from "../../bench/machine.js";
import { systemsTable, targetsTable } from "../../bench/markdown.js";
import type { Plan } from "../../bench/plan.js";
import { readResults, type Results } from "../../bench/results.js";
import { type Listener, runAll } from "../../bench/run.js";
import type { Found, System } from "../../bench/systems.js";
import { digits, rowText, targetsText } from "../../bench/text.js";
import { UsageError } from "../../bench/usage-error.js";
import { measured, results, row } from "./support.js";

describe("the results of the benchmark", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "cosocket-"))));
  after(() => rmSync(folder, { recursive: true }));

  function file(text: string): string {
    const name = join(folder, "results.json");
    writeFileSync(name, text);
    return name;
  }

  it("have medians, ratios to the first system within each round, and whether targets hold", () => {
    const { base, figures, targets } = measured({ node: [10, 20, 30], cosocket: [12, 26, 30] });
    expect(base).to.equal("node");
    expect(figures).to.deep.equal([
      { name: "node", values: [10, 20, 30], median: 20, low: 10, high: 30, ratio: null },
      {
        name: "cosocket",
        values: [12, 26, 30],
        median: 26,
        low: 12,
        high: 30,
        ratio: { median: 1.2, low: 1, high: 1.3 },
      },
    ]);
    expect(targets).to.deep.equal([
      {
        system: "cosocket",
        bound: 1.1,
        to: "node",
        ratio: { median: 1.2, low: 1, high: 1.3 },
        holds: true,
      },
    ]);
  });

  it("hold a target at its bound, and where less is better if the ratio is not above it", () => {
    const holds = (cosocket: number, better: "more" | "less", bound: number) =>
      measured(
        { node: [10], cosocket: [cosocket] },
        { better, targets: [{ system: "cosocket", bound, to: "node" }] },
      ).targets[0]!.holds;
    expect(holds(11, "more", 1.1)).to.equal(true);
    expect(holds(10.9, "more", 1.1)).to.equal(false);
    expect(holds(6, "less", 0.6)).to.equal(true);
    expect(holds(6.1, "less", 0.6)).to.equal(false);
  });

  it("take the first system that there is for the base, and leave a target open whose system is missing", () => {
    const { base, figures, targets } = measured({ node: [], go: [5], cosocket: [10] });
    expect(base).to.equal("go");
    expect(figures.map(({ name }) => name)).to.deep.equal(["go", "cosocket"]);
    expect(targets).to.deep.equal([{ system: "cosocket", bound: 1.1, to: "node" }]);
  });

  it("are the same when they have been written and read, also the noise of a single round", () => {
    const all = results(
      measured({ node: [1], cosocket: [2] }),
      measured({ node: [1, 2, 3], cosocket: [2, 3, 4] }, { id: "udp" }),
    );
    expect(readResults(file(JSON.stringify(all)))).to.deep.equal(all);
  });

  for (const [text, message] of [
    ["{", /results\.json cannot be read: .*JSON/],
    ["{}", /is not of this benchmark, or of another version of it: it has format undefined, not 1/],
    ["null", /is not of this benchmark/],
    ['{"format":2,"rows":[]}', /it has format 2, not 1/],
  ] as const) {
    it(`are not read from a file that holds ${text}`, () => {
      expect(() => readResults(file(text))).to.throw(UsageError, message);
    });
  }

  it("tell on what machine, Node and commit they were found", () => {
    const here = machine();
    expect(here).to.include({ node: process.version, v8: process.versions.v8 });
    expect(here.libuv).to.equal(process.versions.uv);
    expect(here.cosocket.version).to.match(/^\d+\.\d+\.\d+/);
    expect(new Date(here.date).toISOString()).to.equal(here.date);
    for (const key of ["cpu", "kernel", "arch"] as const) expect(here[key]).to.be.a("string");
  });

  it("can be read in a terminal, with a mark for each target", () => {
    const text = rowText(
      measured(
        { node: [100, 100, 100], cosocket: [120, 121, 122] },
        {
          targets: [
            { system: "cosocket", bound: 1.1, to: "node" },
            { system: "cosocket", bound: 6, to: "node" },
            { system: "cosocket", bound: 1, to: "go" },
          ],
        },
      ),
      results(),
    );
    expect(text.split("\n")).to.deep.equal([
      "echo-1: line echo (k lines per CPU second; more is better)",
      "  plain node:net      100",
      "  cosocket            121   1.21 [1.20, 1.22] x",
      "  ✓ cosocket >= 1.1 x plain node:net: 1.21 [1.20, 1.22], holds",
      "  ✗ cosocket >= 6 x plain node:net: 1.21 [1.20, 1.22], does not hold",
      "  - cosocket >= 1 x Go & <bufio>: not measured",
    ]);
  });

  it("show three digits of a figure, so that one below a bound does not look as if it were at it", () => {
    const shown = [1234.5, 99.96, 12.34, 0.997, 0.1, 0.0432, -0.5, 0];
    expect(shown.map(digits)).to.deep.equal(
      "1235 100 12.3 0.997 0.100 0.0432 -0.500 0.00".split(" "),
    );
  });

  it("count the targets that hold, that do not, and that were not measured", () => {
    const target = (bound: number, to: string) => ({ system: "cosocket", bound, to });
    const targets = [target(1, "node"), target(9, "node"), target(1, "go")];
    expect(targetsText(results(measured({ node: [1], cosocket: [2] }, { targets })))).to.equal(
      "1 of 2 targets hold, 1 was not measured",
    );
    expect(targetsText(results(measured({ node: [1], cosocket: [2] })))).to.equal(
      "1 of 1 target holds",
    );
  });

  it("can be put on a page, by systems and by targets", () => {
    const all = results(
      measured({ node: [10], cosocket: [12] }),
      measured({ go: [1], cosocket: [2] }, { id: "a", title: "another" }),
      measured({ "1460": [1], "7": [2] }, { id: "b", targets: [] }),
      measured({ node: [1] }, { id: "c", targets: [] }),
    );
    expect(systemsTable(all).split("\n")).to.deep.equal([
      "| work | plain node:net | Go & <bufio> | cosocket |",
      "| --- | --- | --- | --- |",
      "| line echo (k lines/s) | 10.0 |  | 12.0 (**1.20**) |",
      "| another (k lines/s) |  | 1.00 | 2.00 (**2.00**) |",
    ]);
    expect(targetsTable(all).split("\n").slice(2)).to.deep.equal([
      "| line echo | cosocket >= 1.1 x plain node:net | 1.20 | yes |",
      "| another | cosocket >= 1.1 x plain node:net | not measured |  |",
    ]);
  });
});

describe("a run of the benchmark", () => {
  function system(name: string, found: Found = { version: "1" }): System {
    return { name, title: name, collects: true, find: () => found, server: () => ({ words: [] }) };
  }
  const effort = { rounds: 2, seconds: 1, warmup: 1 };
  const all = (plan: Partial<Plan>): Plan => ({
    rows: [],
    systems: [system("node"), system("cosocket")],
    skipped: {},
    effort,
    ...plan,
  });
  async function log(plan: Plan): Promise<[string[], Results]> {
    const events: string[] = [];
    const listener: Listener = {
      begins: ({ skipped }) => events.push(`begins ${JSON.stringify(skipped)}`),
      round: ({ id }, round, of, name) => events.push(`${id} ${round}/${of} ${name}`),
      fails: ({ id }, name, { message }) => events.push(`${id} ${name} fails: ${message}`),
      row: ({ figures }, { rows }) =>
        events.push(`${figures.map(({ name, values }) => `${name} ${values}`)}, ${rows.length}`),
    };
    return [events, await runAll(plan, listener)];
  }

  it("is interleaved: each system in turn in each round", async () => {
    let next = 1;
    const rows = [row({ measure: async () => next++ })];
    const [events] = await log(all({ rows }));
    expect(events).to.deep.equal([
      "begins {}",
      "echo-1 1/2 node",
      "echo-1 1/2 cosocket",
      "echo-1 2/2 node",
      "echo-1 2/2 cosocket",
      "node 1,3,cosocket 2,4, 1",
    ]);
  });

  it("skips what is not installed, what is too old for a row, and says why", async () => {
    const systems = [system("node", { missing: "no node" }), system("cosocket"), system("old")];
    const rows = [
      row({
        systems: ["node", "old", "cosocket", "1460"],
        missing: (version) => (version === "0" ? "too old" : undefined),
      }),
    ];
    systems[2]!.find = () => ({ version: "0" });
    const [events, { skipped, systems: found }] = await log(all({ rows, systems }));
    expect(skipped).to.deep.equal({ node: "no node", "echo-1, old": "too old" });
    expect(Object.keys(found)).to.deep.equal(["cosocket", "old"]);
    expect(events.at(-1)).to.equal("cosocket 1,1,1460 1,1, 1");
  });

  it("looks only for systems that a row needs", async () => {
    const systems = [system("node"), system("cosocket"), system("go", { missing: "no go" })];
    const [events] = await log(all({ rows: [row()], systems }));
    expect(events[0]).to.equal("begins {}");
  });

  it("goes on without a system that fails, and tells of it once", async () => {
    const rows = [
      row({
        measure: async (name) => {
          if (name === "node") throw new Error("no");
          return 1;
        },
      }),
      row({ id: "next" }),
    ];
    const [events, { rows: done }] = await log(all({ rows, effort: { ...effort, rounds: 2 } }));
    expect(events.filter((event) => event.includes("fails"))).to.deep.equal([
      "echo-1 node fails: no",
    ]);
    expect(done.map(({ id, base }) => `${id} ${base}`)).to.deep.equal([
      "echo-1 cosocket",
      "next node",
    ]);
  });

  it("leaves out a row of which nothing could be measured", async () => {
    const rows = [row({ measure: () => Promise.reject(new Error("no")) })];
    const [, { rows: done }] = await log(all({ rows }));
    expect(done).to.deep.equal([]);
  });

  it("does no more rounds of a row than tell something", async () => {
    const [events] = await log(all({ rows: [row({ mostRounds: 1 })] }));
    expect(events.length).to.equal(4);
  });
});
