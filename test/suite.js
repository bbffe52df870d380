/**
 * npm test [-- <arguments of mocha>]
 *
 * Builds (so this file is JavaScript), and runs the tests, each part in a process of its own. As many processes at a time as there are processors: each takes the next job when it has done its last.
 * What a job prints is shown whole when it ends, what failed once more at the end. Fails if one of them does. CI=1 also measures how much
 * of the library they run.
 */
import { spawn } from "node:child_process";
import console from "node:console";
import { readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import process from "node:process";

const root = resolve(import.meta.dirname, "..");
/** Coverage makes everything slower: it is measured by CI, and for those who ask. */
const measured = process.env["CI"] !== undefined;
const coverage = measured ? { NODE_V8_COVERAGE: join(root, "coverage/tmp") } : {};

/** But for compilers, nothing runs for long enough for V8's optimizing compiler to give back what it costs. CI does without this. */
const HASTY = measured ? [] : ["--node-option", "no-opt"];

/** They start compilers, npm, or other processes, and run little of the library in their own: coverage would only slow them down. */
const OUTSIDE = [
  ...["docs", "example", "examples", "heap", "opentelemetry", "package", "rules"],
  ...["surface", "untyped"],
];
/** A process for each: those, and of the others each folder without those within it that are named, too. They begin in this order: what takes longest is not to be the last. */
const PARTS = ["src", "outside", "src/testing", ".", "src/copas"];

/**
 * The files of each part, compiled.
 *
 * @returns {Map<string, string[]>}
 */
function parts() {
  const all = new Map(PARTS.map((name) => [name, []]));
  for (const file of readdirSync(join(root, "test"), { recursive: true })) {
    if (!file.endsWith(".test.ts")) continue;
    const around = PARTS.filter((name) => name === "." || file.startsWith(join(name, "/")));
    const nearest = around.reduce((one, other) => (other.length > one.length ? other : one));
    const part = OUTSIDE.includes(basename(file, ".test.ts")) ? "outside" : nearest;
    all.get(part).push(join("dist/test", file.replace(/ts$/, "js")));
  }
  return all;
}

/**
 * Run a program, named by its path from the root.
 *
 * @returns {Promise<{ ok: boolean, printed: string }>} nothing is printed here of one that is shown at once
 */
function runs(file, args, { env = {}, shown = false } = {}) {
  const child = spawn(process.execPath, [join(root, file), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", ...(shown ? ["inherit", "inherit"] : ["pipe", "pipe"])],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text) => (printed += text));
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (code) => done({ ok: code === 0, printed: printed.trimEnd() }));
  });
}

const started = Date.now();
const counts = { passing: 0, pending: 0, failing: 0 };
/** What is to be told of the jobs that failed. */
const failures = [];

const mocha = (args, options) => runs("node_modules/mocha/bin/mocha.js", args, options);

async function tests(name, files) {
  const args = name === "outside" ? files : [...HASTY, ...files];
  const { ok, printed } = await mocha(args, { env: name === "outside" ? {} : coverage });
  console.log(`\ntests: ${name}\n${printed}`);
  for (const [, number, what] of printed.matchAll(/^ +(\d+) (passing|pending|failing)\b/gm))
    counts[what] += Number(number);
  // A process that was ended by a test has not come to its last line.
  if (ok && / passing \(/.test(printed)) return;
  failures.push(`tests of ${name} failed\n${/^ +\d+ failing$[^]*/m.exec(printed)?.[0] ?? printed}`);
}

/** Those that were asked for, as they run. */
async function chosen(args) {
  const { ok } = await mocha(args, { env: coverage, shown: true });
  if (!ok) failures.push("the tests failed");
}

rmSync(join(root, "coverage"), { recursive: true, force: true });
const args = process.argv.slice(2);
const jobs = [...parts()].map(
  ([name, files]) =>
    () =>
      tests(name, files),
);

async function lane() {
  for (let job; (job = jobs.shift()) !== undefined;) await job();
}
const { ok: built } = await runs("build.js", [], { shown: true });
if (!built) failures.push("build failed");
else if (args.length > 0) await chosen(args);
else {
  const lanes = Math.min(4, Math.max(2, availableParallelism()));
  await Promise.all(Array.from({ length: lanes }, lane));
}

if (measured && built) {
  const { ok } = await runs(".ci/node_modules/c8/bin/c8.js", ["report"], { shown: true });
  if (!ok) failures.push("the coverage could not be told");
}
for (const failure of failures) console.log(`\n${failure}`);
if (args.length === 0)
  console.log(
    `${counts.passing} passing, ${counts.pending} pending, ${counts.failing} failing; ${((Date.now() - started) / 1000).toFixed()} s`,
  );
process.exitCode = failures.length > 0 ? 1 : 0;
