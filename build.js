/**
 * npm run build
 *
 * Compiles everything (dist/src and dist/reactor are the package's modules: for bundlers, which leave out of them what is not used, and for
 * the tests), and then makes of the package's modules a file for each entry point and some that they share (dist/lib: for Node, which
 * takes half a millisecond for each module that it loads).
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { build } from "rolldown";

const root = import.meta.dirname;

/** The module of each entry point, by the name of its file. */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.fromEntries(
    Object.values(exports)
      .filter((entry) => entry.module !== undefined)
      .map(({ module, default: file }) => [/^\.\/dist\/lib\/(.+)\.js$/.exec(file)[1], module]),
  );
}

/** With tsc's source maps: those of dist/lib lead to the sources, too. */
const compiled = {
  name: "compiled",
  load: (file) => ({
    code: readFileSync(file, "utf8").replace(/^\/\/# sourceMappingURL=.*$/m, ""),
    map: readFileSync(`${file}.map`, "utf8"),
  }),
};

const compiler = join(root, "node_modules/typescript-native/bin/tsc");
const { status } = spawnSync(process.execPath, [compiler], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(1);
await build({
  cwd: root,
  input: entryPoints(),
  platform: "node",
  external: /^[^./]/,
  plugins: [compiled],
  output: { dir: "dist/lib", cleanDir: true, chunkFileNames: "shared-[name].js", sourcemap: true },
});
