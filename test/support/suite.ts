/**
 * npm test [-- <arguments of mocha>]
 *
 * The tests, with their coverage, and the linters beside them on another processor: neither needs anything of the other. It fails if one of them does.
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

const linters = [
  ["eslint", "."],
  ["prettier", "--check", "."],
];
/** One after the other: the tests have a processor for themselves where there are two. */
async function lint(): Promise<[ok: boolean, printed: string][]> {
  const results: [ok: boolean, printed: string][] = [];
  for (const args of linters) results.push(await runs(args, false));
  return results;
}

const linted = lint();
const [passed] = await runs(["c8", "mocha", ...process.argv.slice(2)], true);
for (const [i, [ok, printed]] of (await linted).entries()) {
  console.log(`${linters[i]![0]}: ${ok ? "passed" : `failed\n${printed}`}`);
  if (!ok) process.exitCode = 1;
}
if (!passed) {
  console.log("the tests, or their coverage, failed");
  process.exitCode = 1;
}
