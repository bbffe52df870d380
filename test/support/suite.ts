/**
 * npm test [-- <arguments of mocha>]
 *
 * The tests, with their coverage; and beside them, on another processor, the linters and those tests that look at the package from
 * outside: neither needs anything of the other. It fails if one of them does.
 */
import { spawn } from "node:child_process";
import { root } from "./process.js";

const npx = process.platform === "win32" ? "npx.cmd" : "npx";

/** Whether a command succeeds; what it prints, if that is not to be seen at once. */
function runs(args: string[], shown: boolean): Promise<[ok: boolean, printed: string]> {
  const stdio = shown ? "inherit" : "pipe";
  const child = spawn(npx, ["--no-install", ...args], { cwd: root, stdio });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve([code === 0, printed]));
  });
}

/** They run the compiler, npm, or programs of their own, and little of the library in their own process. */
const OUTSIDE = ["docs", "examples", "heap", "package", "surface", "src/testing/example"].map(
  (name) => `dist/test/${name}.test.js`,
);
const chosen = process.argv.slice(2);
const options = [
  "--enable-source-maps",
  "--timeout",
  "180000",
  "--require",
  "dist/test/support/assertions.js",
];

const beside: [name: string, args: string[]][] = [
  ["eslint", ["eslint", "."]],
  ["prettier", ["prettier", "--check", "."]],
];
if (chosen.length === 0)
  beside.push(["tests from outside", ["mocha", "--no-config", ...options, ...OUTSIDE]]);

/** One after the other: the tests have a processor for themselves where there are two. */
async function runBeside(): Promise<[ok: boolean, printed: string][]> {
  const results: [ok: boolean, printed: string][] = [];
  for (const [, args] of beside) results.push(await runs(args, false));
  return results;
}

const others = runBeside();
const ignored = chosen.length === 0 ? OUTSIDE.flatMap((file) => ["--ignore", file]) : [];
const [passed] = await runs(["c8", "mocha", ...ignored, ...chosen], true);
for (const [i, [ok, printed]] of (await others).entries()) {
  const [name] = beside[i]!;
  const count = /^ +\d+ passing.*$/m.exec(printed)?.[0].trim();
  console.log(`${name}: ${ok ? (count ?? "passed") : `failed\n${printed}`}`);
  if (!ok) process.exitCode = 1;
}
if (!passed) {
  console.log("the tests, or their coverage, failed");
  process.exitCode = 1;
}
