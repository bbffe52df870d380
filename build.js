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

/** With tsc's source maps: those of dist/lib lead to the sources, too. What package.json says of side effects is of dist/lib; it is the same. */
const compiled = {
  name: "compiled",
  load: (file) => ({
    moduleSideEffects: file.includes("/environment/"),
    code: readFileSync(file, "utf8").replace(/^\/\/# sourceMappingURL=.*$/m, ""),
    map: readFileSync(`${file}.map`, "utf8"),
  }),
};

/**
 * What is shared by more than rolldown would find out: it takes a module for one that needs whatever can be reached from it, and most reach
 * all, by the doors of folders. Without `words`, whoever wants to parse a URL would load the reactor; `objects` would become part of entry
 * points, which would have names more. Neither takes with it what its modules import.
 */
const shared = [
  {
    name: "words",
    test: /dist\/(reactor\/(show|names)|src\/(object\/(data|callback)|ltn12\/(filter|checks)))\.js$/,
    priority: 1,
  },
  { name: "objects", test: /dist\/src\/object\// },
];

const compiler = join(root, "node_modules/typescript-native/bin/tsc");
const { status } = spawnSync(process.execPath, [compiler], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(1);
const options = { cwd: root, platform: "node", external: /^[^./]/, plugins: [compiled] };
await build({
  ...options,
  input: entryPoints(),
  // Rolldown wants it for the sake of `shared`; that no entry point has names more is tested.
  preserveEntrySignatures: "allow-extension",
  output: {
    dir: "dist/lib",
    cleanDir: true,
    codeSplitting: { groups: shared, includeDependenciesRecursively: false },
    chunkFileNames: "shared-[name].js",
    sourcemap: true,
  },
});
// `npx cosocket` is a process of its own: it shares nothing.
await build({
  ...options,
  input: { command: "dist/src/inspect/command/main.js" },
  output: { dir: "dist/lib", sourcemap: true },
});
