import { expect } from "chai";
import { HELP, parseOptions } from "../../bench/options.js";
import { plan } from "../../bench/plan.js";
import { allRows, select } from "../../bench/rows/index.js";
import { within } from "../../bench/rows/curves.js";
import { SYSTEMS } from "../../bench/systems.js";
import { UsageError } from "../../bench/usage-error.js";

const ids = (...words: string[]): string[] => select(allRows(50_000), words).map(({ id }) => id);
const planned = (...args: string[]) => plan(parseOptions(args), 50_000);

describe("the command line of the benchmark", () => {
  it("takes rows and options in any order, with = or a space", () => {
    const options = parseOptions(["--quick", "echo", "--json=a.json", "udp", "--plot", "b.svg"]);
    expect(options).to.deep.include({
      rows: ["echo", "udp"],
      quick: true,
      json: "a.json",
      plot: "b.svg",
      markdown: false,
    });
    expect(parseOptions(["--rounds", "5", "--seconds=0.5", "--warmup=2"])).to.deep.include({
      rounds: 5,
      seconds: 0.5,
      warmup: 2,
    });
    expect(parseOptions(["--systems=node,cosocket"]).systems).to.deep.equal(["node", "cosocket"]);
    expect(parseOptions(["--server", "a=b c=d", "--server=e=f"]).servers).to.deep.equal([
      ["a", "b c=d"],
      ["e", "f"],
    ]);
  });

  for (const [args, text] of [
    ["--quik", "there is no option --quik: did you mean --quick?"],
    ["--xyzzy=1", "there is no option --xyzzy: --help lists them"],
    ["-q", "there is no option -q: --help lists them"],
    ["--quick=yes", '--quick takes no value, not "yes"'],
    ["--json", "--json needs a value"],
    ["--json=", "--json needs a value"],
    ["--json --quick", "--json needs a value"],
    ["--toString", "there is no option --toString: --help lists them"],
    ["--rounds=1.5", '--rounds takes a whole number above 0, not "1.5"'],
    ["--rounds=0", '--rounds takes a whole number above 0, not "0"'],
    ["--seconds=soon", '--seconds takes a number above 0, not "soon"'],
    ["--server=node", "--server takes NAME=COMMAND, as in mine='node echo.js', not \"node\""],
    ["--from=a --rounds=3", "--from measures nothing: leave out --rounds"],
    ["--from=a --quick", "--from measures nothing: leave out --quick"],
    ["--from=a echo", "--from takes all rows of a run: leave out echo"],
    ["ehco", 'there is no row "ehco": did you mean "echo"?'],
    ["echo-2", 'there is no row "echo-2": did you mean "echo"?'],
    ["--systems=cosocet", 'there is no system "cosocet": did you mean "cosocket"?'],
    ["spawn --systems=go", "--systems: none of these rows has one of them"],
    ["udp --server=a=b", "--server: none of these rows is a work of a line echo server"],
    ["--server=go=b", 'there is a system "go" already'],
    ["--server=a=b --server=a=c", 'there is a system "a" already'],
  ] as const) {
    it(`says of ${args} what would be right`, () => {
      expect(() => planned(...args.split(" "))).to.throw(UsageError, text);
    });
  }

  it("tells of every option and every group of rows in its help", () => {
    const groups = new Set(allRows(50_000).map(({ id }) => id.split("-")[0]!));
    for (const group of groups) expect(HELP).to.match(new RegExp(`^  .*\\b${group}\\b`, "m"));
    for (const name of HELP.match(/^ {2}--\w+/gm)!)
      expect(() => parseOptions([`${name.trim()}=1`]), name).to.not.throw(/there is no option/);
  });

  it("means by a word the row of that name, and those that begin with it", () => {
    expect(ids("echo")).to.deep.equal(["echo-1", "echo-16"]);
    expect(ids("udp")).to.deep.equal(["udp", "udp-connected"]);
    expect(ids("churn-rst", "spawn")).to.deep.equal(["churn-rst", "spawn"]);
    expect(ids("curve-lines")).to.deep.equal(
      [1, 2, 4, 8, 16, 32, 64, 128, 256].map((x) => `curve-lines@${x}`),
    );
  });

  it("runs the curves only when they are asked for", () => {
    expect(ids().some((id) => id.startsWith("curve"))).to.equal(false);
    expect(ids("curve").length).to.equal(15);
    expect(ids("all")).to.deep.equal(allRows(50_000).map(({ id }) => id));
  });

  it("measures as many connections as there may be open files, and says what it leaves out", () => {
    expect(within(50_000, [1, 2, 50_000])).to.deep.equal([1, 2, 50_000]);
    expect(within(1000, [1, 2000, 50_000])).to.deep.equal([1, 1000]);
    const { rows, skipped } = plan(parseOptions(["curve-memory"]), 5000);
    expect(rows.map(({ curve }) => curve!.x)).to.deep.equal([1000, 2000, 5000]);
    expect(skipped).to.deep.equal({
      "curve-memory@50000": "open files are limited: at most 5000 connections",
    });
    expect(planned("curve-memory").skipped).to.deep.equal({});
  });

  it("leaves out of a quick run what no target is about, unless it is named", () => {
    const quick = planned("--quick").rows;
    expect(quick.find(({ id }) => id === "echo-1")!.systems).to.deep.equal([
      "node",
      "copas-luajit",
      "cosocket-socket",
      "cosocket",
    ]);
    expect(quick.every(({ targets }) => targets.length > 0)).to.equal(true);
    expect(planned("--quick", "segments").rows.length).to.equal(4);
    expect(planned("--quick", "--systems=async").rows.map(({ systems }) => systems)).to.deep.equal(
      Array.from({ length: 5 }, () => ["async"]),
    );
  });

  it("draws those rows that were named, and of a whole run those that are featured", () => {
    const drawn = (...args: string[]) => planned(...args).rows.filter(({ featured }) => featured);
    expect(drawn("udp").map(({ id }) => id)).to.deep.equal(["udp", "udp-connected"]);
    expect(drawn("all").map(({ id }) => id)).to.deep.equal(drawn().map(({ id }) => id));
    expect(drawn().length).to.equal(5);
  });

  it("lets a server of the user's do what line echo servers do", () => {
    const { rows, systems } = planned("--server", "mine=node mine.js");
    const with_ = rows.filter((row) => row.systems.includes("mine")).map(({ id }) => id);
    expect(with_).to.deep.equal(["echo-1", "echo-16", "churn-fin", "churn-rst", "idle"]);
    expect(systems.at(-1)!.server("echo")).to.deep.equal({
      words: ["sh", "-c", "exec node mine.js"],
    });
  });

  it("has rows with ids of their own, and targets about systems of their own row", () => {
    const rows = allRows(50_000);
    expect(new Set(rows.map(({ id }) => id)).size).to.equal(rows.length);
    for (const { id, systems, targets } of rows)
      for (const { system, to } of targets) expect(systems, id).to.include.members([system, to]);
    expect(new Set(SYSTEMS.map(({ name }) => name)).size).to.equal(SYSTEMS.length);
  });
});
