/** Traces in Chrome's own viewer, that of `about:tracing`: Go's sources have it in one file. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { all, fork, run, sleep, within } from "cosocket";
import { record } from "cosocket/inspect";
import { Browser, needsBrowser } from "../../support/browser.js";
import { pair } from "../../support/pairs.js";
import type { TraceFile } from "../../support/trace-rules.js";

/** What the viewer has understood. */
interface Seen {
  warnings: string[];
  processes: string[];
  threads: string[];
  slices: Record<string, number>;
  arrows: number;
  bound: number;
  counts: Record<string, number>;
}

/** Debian's golang-*-src. */
function viewerFile(): string | undefined {
  if (!existsSync("/usr/share")) return undefined;
  const versions = readdirSync("/usr/share").filter((name) => /^go-\d/.test(name));
  const folders = ["src/cmd/trace/static", "src/internal/trace/traceviewer/static"];
  return versions
    .flatMap((go) =>
      folders.map((folder) => join("/usr/share", go, folder, "trace_viewer_full.html")),
    )
    .find(existsSync);
}

function served(file: string): Server {
  const page = `<script src="/webcomponents.min.js"></script><link rel="import" href="/viewer.html">`;
  const contents = new Map([
    ["/", () => page],
    ["/viewer.html", () => readFileSync(file, "utf8")],
    [
      "/webcomponents.min.js",
      () => readFileSync(join(dirname(file), "webcomponents.min.js"), "utf8"),
    ],
  ]);
  return createServer(({ url }, response) => {
    const content = contents.get(url!);
    response.setHeader("content-type", url!.endsWith(".js") ? "text/javascript" : "text/html");
    response.writeHead(content === undefined ? 404 : 200).end(content?.());
  });
}

/** It runs in the browser, where the viewer's classes are. */
const LOOK = `(text) => {
  const model = new tr.Model();
  new tr.importer.Import(model, new tr.importer.ImportOptions()).importTraces([text]);
  const processes = Object.values(model.processes);
  const threads = processes.flatMap((one) => Object.values(one.threads));
  const slices = {};
  for (const { category } of threads.flatMap((one) => one.sliceGroup.slices)) slices[category] = (slices[category] ?? 0) + 1;
  const counts = {};
  for (const one of processes.flatMap((process) => Object.values(process.counters)))
    counts[one.name] = one.series.reduce((sum, { samples }) => sum + samples.length, 0);
  return {
    warnings: model.importWarnings.map(({ type, message }) => type + ": " + message),
    processes: processes.map(({ name }) => name).sort(),
    threads: threads.map(({ name }) => name).sort(),
    slices,
    arrows: model.flowEvents.length,
    bound: model.flowEvents.filter(({ startSlice, endSlice }) => startSlice && endSlice).length,
    counts,
  };
}`;

/** What is in the file, counted as the viewer does. */
function written(text: string): Omit<Seen, "warnings" | "bound"> {
  const { traceEvents: events } = JSON.parse(text) as TraceFile;
  const told = (what: string): string[] =>
    events.filter(({ name }) => name === what).map(({ args }) => String(args!["name"]));
  const slices: Record<string, number> = {};
  const counts: Record<string, number> = {};
  for (const { ph, cat, name } of events)
    if (ph === "X" || ph === "i") slices[cat!] = (slices[cat!] ?? 0) + 1;
    else if (ph === "C") counts[name] = (counts[name] ?? 0) + 1;
  const arrows = events.filter(({ ph }) => ph === "s").length;
  return {
    processes: told("process_name").sort(),
    threads: told("thread_name").sort(),
    ...{ slices, arrows, counts },
  };
}

describe("a trace in Chrome's viewer", function () {
  this.timeout(60_000);
  const browser = new Browser();
  let server: Server | null = null;
  before(async function () {
    const file = viewerFile();
    if (file === undefined) {
      console.log("    skipped: there is no trace_viewer_full.html (Debian: golang-1.19-src)");
      this.skip();
    }
    needsBrowser(this);
    server = served(file);
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    await browser.close();
    server?.close();
  });

  const seenIn = (text: string): Promise<Seen> =>
    browser.whileItRuns(async () => {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server!.address() as AddressInfo).port}/`);
      await page.waitForFunction("window.tr?.importer?.Import !== undefined");
      return await page.evaluate(`(${LOOK})(${JSON.stringify(text)})`);
    });

  it("has all its rows, slices, marks, arrows and curves, without a warning", async () => {
    const recording = record();
    await run(function* () {
      const [client, peer] = yield* pair();
      const echo = yield* fork(function* () {
        for (;;) yield* peer.send(`${(yield* peer.receive("*l"))[0]}\n`);
      });
      for (let i = 0; i < 20; i++) {
        yield* client.send("hello\n");
        yield* client.receive("*l");
        yield* within(0, () => sleep(60));
        yield* all([sleep(0), sleep(0)]);
      }
      yield* echo.halt();
    });
    recording.stop();
    const text = recording.text();
    const { warnings, bound, ...seen } = await seenIn(text);
    const { arrows, ...rest } = written(text);
    expect(seen).to.deep.include(rest);
    expect(arrows).to.be.above(40);
    // It counts in microseconds: an arrow whose slice is shorter than that is left out, and it says so.
    expect(warnings.filter((one) => !one.startsWith("flow_"))).to.deep.equal([]);
    expect(seen.arrows).to.equal(bound);
    expect(bound).to.be.above(0);
  });
});
