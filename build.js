/**
 * npm run build
 *
 * Compiles everything (dist/src and dist/reactor are the package's modules, which the tests look into), and then makes of the package's
 * modules a file for each entry point and some that they share (dist/lib, which programs get): Node takes half a millisecond for each
 * module that it loads. Bundlers get the same, although they could leave more out of the modules: some would load one copy, and Node another.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { build } from "rolldown";

const root = import.meta.dirname;

/** The condition of package.json for who wants the modules: the tests. */
const MODULES = "cosocket:modules";

/** The module of each entry point, by the name of its file. */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.fromEntries(
    Object.values(exports)
      .filter((entry) => entry[MODULES] !== undefined)
      .map((entry) => [/^\.\/dist\/lib\/(.+)\.js$/.exec(entry.default)[1], entry[MODULES]]),
  );
}

/** With tsc's source maps: those of dist/lib lead to the sources, too. What package.json says of side effects is of dist/lib. */
const compiled = {
  name: "compiled",
  load: (file) => ({
    moduleSideEffects: true,
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
