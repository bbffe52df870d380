import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { onlyInCI } from "../../support/counts.js";
import { packageFolder } from "../../support/process.js";
import { violations } from "../../support/trace-rules.js";

/** It runs a fiber named "parent"; with an argument it starts itself again first, as a thread or a process whose fiber is "child". */
const PROGRAM = `
  import { spawnSync } from "node:child_process";
  import { once } from "node:events";
  import { isMainThread, Worker } from "node:worker_threads";
  import { run } from "cosocket";
  const how = process.argv[2];
  await run(function* () {}, { name: isMainThread && how !== "child" ? "parent" : "child" });
  if (how === "process") spawnSync(process.execPath, [process.argv[1], "child"]);
  if (how === "thread" && isMainThread) await once(new Worker(process.argv[1], { argv: ["child"] }), "exit");
  if (how === "signal") process.kill(process.pid, "SIGTERM");
  console.log("done");
`;

describe("COSOCKET_TRACE", () => {
  const folder = packageFolder();
  const program = join(folder, "program.js");
  writeFileSync(program, PROGRAM);
  after(() => rmSync(folder, { recursive: true }));

  const start = (
    file: string,
    argument: string,
    more: NodeJS.ProcessEnv = {},
  ): { stdout: string; stderr: string } =>
    spawnSync(process.execPath, [program, argument], {
      env: { ...process.env, ...more, COSOCKET_TRACE: file },
      encoding: "utf8",
    });

  for (const kind of ["process", "thread"])
    it(`gives a ${kind} that inherits it a file of its own`, function () {
      if (kind === "thread") onlyInCI(this, "it starts a program");
      const file = join(folder, `${kind}.json`);
      start(file, kind);
      const texts = readdirSync(folder)
        .filter((name) => name.startsWith(`${kind}.`) && name.endsWith(".json"))
        .map((name) => readFileSync(join(folder, name), "utf8"));
      expect(texts.map(violations)).to.deep.equal([[], []]);
      expect(texts.filter((text) => text.includes('"child"'))).to.have.length(1);
      expect(readFileSync(file, "utf8")).to.include('"parent"').and.not.include('"child"');
    });

  it("lets a program run whose trace cannot be written, and says so", () => {
    const { stdout, stderr } = start(join(folder, "nowhere", "run.json"), "");
    expect(stdout).to.equal("done\n");
    expect(stderr).to.match(/^COSOCKET_TRACE: ENOENT/);
  });

  it("says also of traces that the program records that the disk was full, in the end and just before", function () {
    onlyInCI(this, "it starts two programs");
    if (!existsSync("/dev/full")) this.skip();
    const code = `
      import { record } from "cosocket/inspect";
      record("/dev/full", { seconds: 60 });
      record("/dev/full", { seconds: 60 }).stop();
      process.exit(3);`;
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--input-type=module", "--eval", code],
      { cwd: folder, encoding: "utf8" },
    );
    expect(status).to.equal(3);
    const told = /TraceWarning: the trace \/dev\/full is not complete: .*ENOSPC/g;
    expect(stderr.match(told)).to.have.length(2);
  });

  it("says that the disk was full, even if the process ends at that moment", function () {
    if (!existsSync("/dev/full")) this.skip();
    const { stderr } = start("/dev/full", "signal", { COSOCKET_TRACE_SECONDS: "60" });
    expect(stderr).to.match(/^COSOCKET_TRACE: the trace is not complete: ENOSPC/);
  });
});
