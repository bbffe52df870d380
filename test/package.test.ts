/** What is published: the tarball that `npm pack` makes, as a program that installs it gets it. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { inFull, onlyInCI } from "./support/counts.js";
import { root } from "./support/process.js";

/** By their names only: what checks the package is not needed to build it. So the compiler does not know what they give. */
const PUBLINT: string = "publint";
/** With a compiler of its own, a fifth of all that would be installed: CI's. */
const TYPES_WRONG = new URL(
  ".ci/node_modules/@arethetypeswrong/core/dist/index.js",
  pathToFileURL(`${root}/`),
).href;

/** They open none: those of words alone, and those above which there is always another. */
const DEAF = ["reactor", "headers", "url", "mime", "ltn12", "inspect", "testing", "eslint"].map(
  (name) => `./${name}`,
);

/** Of package.json. */
interface Entry {
  "cosocket:modules"?: string;
  default: string;
}
/** Of package.json. */
interface Listed {
  files: string[];
}

interface Problem {
  kind: string;
  entrypoint?: string;
  resolutionKind?: string;
}

describe("the package", function () {
  // Seconds of work: more on a machine that has other things to do.
  this.timeout(120_000);
  let folder: string;
  let tarball: string;
  let files: string[];
  /** The package as it is installed. */
  let installed: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "cosocket-package-"));
    installed = join(folder, "node_modules/cosocket");
    mkdirSync(dirname(installed), { recursive: true });
    symlinkSync(join(root, "node_modules/effection"), join(folder, "node_modules/effection"));
    if (!inFull) return asNpmTakesThem();
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const told = execFileSync(npm, pack, { cwd: root, encoding: "utf8" });
    const [packed] = JSON.parse(told) as [{ filename: string; files: { path: string }[] }];
    tarball = join(folder, packed.filename);
    files = packed.files.map(({ path }) => path);
    execFileSync("tar", ["xzf", tarball, "-C", folder]);
    renameSync(join(folder, "package"), installed);
  });

  /** The same files by the list in package.json: npm takes seconds to read and to compress them. CI lets npm do it. */
  function asNpmTakesThem(): void {
    const list = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Listed).files;
    const leftOut = list.filter((path) => path.startsWith("!"));
    const taken = list.filter((path) => !path.startsWith("!"));
    // "!folder/**/*.ending"
    const unwanted = leftOut.map((pattern) => pattern.slice(1).split("**/*"));
    const filter = (path: string): boolean =>
      !unwanted.some(
        ([folder, end]) => relative(root, path).startsWith(folder!) && path.endsWith(end!),
      );
    for (const path of [...taken, "package.json", "README.md", "LICENSE"])
      cpSync(join(root, path), join(installed, path), { recursive: true, filter });
    files = readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(installed, join(entry.parentPath, entry.name)));
  }
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const text = (file: string): string => readFileSync(join(installed, file), "utf8");

  it("tells bundlers which files do something when they are imported: they leave out what is imported for nothing else", () => {
    const effects = files
      .filter((file) => /^dist\/lib\/.*\.js$/.test(file))
      .filter((file) => /^import "/m.test(text(file)) || file === "dist/lib/shared-environment.js");
    const { sideEffects } = JSON.parse(text("package.json")) as { sideEffects: string[] };
    expect(sideEffects).to.have.members(effects.map((file) => `./${file}`));
  });

  /** Those of package.json that are code. */
  function entryPoints(): [name: string, entry: Required<Entry>][] {
    const { exports } = JSON.parse(text("package.json")) as { exports: Record<string, Entry> };
    return Object.entries(exports).filter(
      (one): one is [string, Required<Entry>] => one[1]["cosocket:modules"] !== undefined,
    );
  }

  /** The files of dist/lib that are loaded with one of them, by their names. */
  function loadedWith(name: string, found = new Set<string>()): Set<string> {
    if (found.has(name)) return found;
    found.add(name);
    for (const [, next] of text(`dist/lib/${name}`).matchAll(
      /^(?:import|export)\b.*"\.\/(.+\.js)";$/gm,
    ))
      loadedWith(next!, found);
    return found;
  }

  it("reads the environment from every entry point that opens sockets", () => {
    const deaf = (reads: (entry: Required<Entry>) => boolean): string[] =>
      entryPoints().flatMap(([name, entry]) => (reads(entry) ? [] : [name]));
    const ofModules = deaf((entry) =>
      /^import ".*environment/m.test(text(entry["cosocket:modules"])),
    );
    expect(ofModules).to.have.members(DEAF);
    const ofFiles = deaf((entry) =>
      loadedWith(basename(entry.default)).has("shared-environment.js"),
    );
    expect(ofFiles).to.have.members(DEAF);
  });

  it("loads no reactor for who wants words alone: URLs, headers, MIME's encodings", () => {
    const loaded = (name: string): string[] => [...loadedWith(`${name}.js`)];
    expect(loaded("url")).to.deep.equal(["url.js", "shared-words.js"]);
    expect(loaded("headers")).to.deep.equal(["headers.js"]);
    expect(loaded("mime")).to.deep.equal(["mime.js", "shared-words.js"]);
    expect(loaded("reactor")).to.deep.equal(["reactor.js", "shared-words.js"]);
  });

  it("has a command that is one file, and asks for nothing that is not Node's", () => {
    const { bin } = JSON.parse(text("package.json")) as { bin: { cosocket: string } };
    const code = text(bin.cosocket);
    expect(code).to.match(/^#!\/usr\/bin\/env node\n/);
    const imported = [...code.matchAll(/^import\b.*"(.+)";$/gm)].map(([, name]) => name!);
    expect(imported).to.include("node:http");
    expect(imported.filter((name) => !name.startsWith("node:"))).to.deep.equal([]);
  });

  it("has what was built, the sources that its maps lead to, the documentation, the examples, and nothing else", () => {
    const kinds = [
      /^(dist\/)?(src|reactor)\/.+\.ts$/,
      /^dist\/(src|reactor)\/.+\.(js|d\.ts\.map)$/,
      /^dist\/lib\/[\w-]+\.js(\.map)?$/,
      /^(docs|reactor)\/[\w-]+\.md$/,
      /^docs\/[\w-]+\.(svg|png)$/,
      // What the inspector's page is made of, as a browser gets it.
      /^src\/inspect\/page\/[\w/-]+\.(js|css|html)$/,
      /^examples\/.+\.(ts|lua|md|cfg)$/,
      /^([A-Z]+\.md|LICENSE|package\.json)$/,
    ];
    expect(files.filter((file) => !kinds.some((kind) => kind.test(file)))).to.deep.equal([]);
    const built = files.filter((file) => /^dist\/(?!lib\/).*\.js$/.test(file));
    expect(built).to.include("dist/src/index.js");
    const source = (file: string): string => file.replace(/^dist\/(.*)\.js$/, "$1.ts");
    expect(built.filter((file) => !files.includes(source(file)))).to.deep.equal([]);
    for (const file of built) expect(files).to.include(file.replace(/js$/, "d.ts"));
    const maps = files.filter((file) => /^dist\/lib\/.*\.map$/.test(file));
    const sources = maps.flatMap((map) => (JSON.parse(text(map)) as { sources: string[] }).sources);
    expect(sources).to.include("../../reactor/fiber.ts");
    expect(sources.filter((path) => !files.includes(join("dist/lib", path)))).to.deep.equal([]);
  });

  it("has every file that one of its pages links to", () => {
    for (const page of files.filter((file) => file.endsWith(".md"))) {
      for (const [, link] of text(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g))
        if (!/^https?:/.test(link!))
          expect(existsSync(join(installed, dirname(page), link!)), `${page}: ${link}`).to.equal(
            true,
          );
    }
  });

  it("gives nothing internal in the declarations", () => {
    for (const file of files.filter((file) => file.endsWith(".d.ts")))
      expect(text(file), file).to.not.include("@internal");
  });

  /** What programs import, but the rules for ESLint. */
  function entries(): string[] {
    const { exports } = JSON.parse(text("package.json")) as { exports: object };
    return Object.keys(exports)
      .filter((path) => !/json$|eslint$/.test(path))
      .map((path) => `cosocket${path.slice(1)}`);
  }

  /** What a stack, and whoever prints them, calls the functions and classes of a module. */
  function named(module: object): Record<string, string> {
    const all = Object.entries(module) as [string, unknown][];
    return Object.fromEntries(
      all.flatMap(([key, value]) => (typeof value === "function" ? [[key, value.name]] : [])),
    );
  }

  it("has the same names, from every entry point, as the modules that the tests look into", async function () {
    onlyInCI(this, "it loads everything twice");
    expect(entryPoints()).to.have.length.above(10);
    for (const [name, { "cosocket:modules": module, default: file }] of entryPoints()) {
      const [one, other] = await Promise.all(
        [module, file].map(
          (path) => import(pathToFileURL(join(root, path)).href) as Promise<object>,
        ),
      );
      expect(Object.keys(other!), name).to.have.members(Object.keys(one!));
      expect(named(other!), name).to.deep.equal(named(one!));
    }
  });

  it("can be imported and, by this Node, required: every entry point, without ESLint", () => {
    expect(entries()).to.include("cosocket/copas");
    writeFileSync(
      join(folder, "import.mjs"),
      `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const named = (module) => Object.keys(module).length > 0;
const all = ${JSON.stringify(entries())};
const required = all.map((name) => named(require(name)));
const imported = (await Promise.all(all.map((name) => import(name)))).map(named);
console.log(JSON.stringify([...required, ...imported]));`,
    );
    const told = execFileSync(process.execPath, ["--no-warnings", "import.mjs"], {
      cwd: folder,
      encoding: "utf8",
    });
    const all = entries().map(() => true);
    expect(JSON.parse(told)).to.deep.equal([...all, ...all]);
  });

  it("has rules for ESLint, which are imported and required, and find what nobody performs", function () {
    onlyInCI(this, "it starts ESLint, whose rules are tried by themselves");
    for (const peer of ["eslint", "typescript", "typescript-eslint"])
      symlinkSync(join(root, "node_modules", peer), join(folder, "node_modules", peer));
    const written = {
      "eslint.config.mjs": `import { createRequire } from "node:module";
import cosocket from "cosocket/eslint";
const required = createRequire(import.meta.url)("cosocket/eslint").default;
export default [required === cosocket && cosocket.configs.recommended];`,
      "tsconfig.json": `{ "compilerOptions": { "module": "nodenext", "target": "es2022", "lib": ["es2022"], "types": [], "strict": true } }`,
      "program.ts": `import { run, socket } from "cosocket";
run(function* () {
  const client = socket.try(yield* socket.connect("127.0.0.1", 7777));
  client.send("hello");
});`,
    };
    for (const [name, code] of Object.entries(written)) writeFileSync(join(folder, name), code);
    const { stdout } = spawnSync(
      process.execPath,
      ["node_modules/eslint/bin/eslint.js", "--fix", "--format", "json", "program.ts"],
      { cwd: folder, encoding: "utf8" },
    );
    const [told] = JSON.parse(stdout) as [{ messages: unknown[] }];
    expect(told.messages).to.deep.equal([]);
    const fixed = readFileSync(join(folder, "program.ts"), "utf8");
    expect(fixed).to.include(`\n  yield* client.send("hello");\n`);
  });

  it("has nothing that publint finds", async () => {
    const { publint } = (await import(PUBLINT)) as {
      publint(options: object): Promise<{ messages: unknown[] }>;
    };
    const { messages } = await publint({ pkgDir: installed, strict: true, pack: false });
    expect(messages).to.deep.equal([]);
  });

  it("has types that are right, however it is resolved by a Node that can run it", async function () {
    // A compiler for each entry and each way to resolve it: eight seconds of the processor.
    onlyInCI(this, "it takes long");
    const { checkPackage, createPackageFromTarballData } = (await import(TYPES_WRONG)) as {
      createPackageFromTarballData(data: Uint8Array): object;
      checkPackage(data: object): Promise<{ types: unknown; problems: Problem[] }>;
    };
    const found = createPackageFromTarballData(new Uint8Array(readFileSync(tarball)));
    const { types, problems } = await checkPackage(found);
    expect(types).to.deep.equal({ kind: "included" });
    const wrong = problems.filter(
      ({ kind, resolutionKind }) =>
        // Of before there were exports, for a Node that there is no more.
        resolutionKind !== "node10" &&
        // Node 20.19 and later can require it: seen above.
        kind !== "CJSResolvesToESM",
    );
    expect(wrong).to.deep.equal([]);
  });
});
