/** What is published: the tarball that `npm pack` makes, as a program that installs it gets it. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { root } from "./support/process.js";

/** By their names only: what checks the package is not needed to build it. So the compiler does not know what they give. */
const PUBLINT: string = "publint";
const TYPES_WRONG: string = "@arethetypeswrong/core";

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
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const told = execFileSync(npm, pack, { cwd: root, encoding: "utf8" });
    const [packed] = JSON.parse(told) as [{ filename: string; files: { path: string }[] }];
    tarball = join(folder, packed.filename);
    files = packed.files.map(({ path }) => path);
    execFileSync("tar", ["xzf", tarball, "-C", folder]);
    installed = join(folder, "node_modules/cosocket");
    mkdirSync(dirname(installed));
    renameSync(join(folder, "package"), installed);
    const peers = ["effection", "eslint", "typescript", "typescript-eslint"];
    for (const peer of peers)
      symlinkSync(join(root, "node_modules", peer), join(folder, "node_modules", peer));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const text = (file: string): string => readFileSync(join(installed, file), "utf8");

  it("has what was built, the sources that its maps lead to, the documentation, the examples, and nothing else", () => {
    const kinds = [
      /^(dist\/)?(src|reactor)\/.+\.ts$/,
      /^dist\/(src|reactor)\/.+\.(js|js\.map|d\.ts\.map)$/,
      /^(docs|reactor)\/[\w-]+\.md$/,
      /^docs\/[\w-]+\.svg$/,
      /^examples\/.+\.(ts|lua|md)$/,
      /^([A-Z]+\.md|LICENSE|package\.json)$/,
    ];
    expect(files.filter((file) => !kinds.some((kind) => kind.test(file)))).to.deep.equal([]);
    const built = files.filter((file) => file.startsWith("dist/") && file.endsWith(".js"));
    expect(built).to.include("dist/src/index.js");
    const source = (file: string): string => file.replace(/^dist\/(.*)\.js$/, "$1.ts");
    expect(built.filter((file) => !files.includes(source(file)))).to.deep.equal([]);
    for (const file of built) expect(files).to.include(file.replace(/js$/, "d.ts"));
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

  it("can be imported and, by this Node, required: every entry point", () => {
    const { exports } = JSON.parse(text("package.json")) as { exports: object };
    const entries = Object.keys(exports)
      .filter((path) => !path.endsWith(".json"))
      .map((path) => `cosocket${path.slice(1)}`);
    expect(entries).to.include("cosocket/copas");
    const run = (...args: string[]): string =>
      execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    const names = `.map((module) => Object.keys(module).length > 1)`;
    const all = entries.map(() => true);
    const imported = `Promise.all(${JSON.stringify(entries)}.map((name) => import(name)))`;
    const script = `console.log(JSON.stringify((await ${imported})${names}))`;
    expect(JSON.parse(run("--input-type=module", "-e", script))).to.deep.equal(all);
    const required = `${JSON.stringify(entries)}.map((name) => require(name))${names}`;
    expect(
      JSON.parse(run("--no-warnings", "-e", `console.log(JSON.stringify(${required}))`)),
    ).to.deep.equal(all);
  });

  it("needs ESLint for its rules only, and finds with them what nobody performs", () => {
    const file = join(folder, "program.ts");
    writeFileSync(
      join(folder, "eslint.config.js"),
      `import cosocket from "cosocket/eslint";\nexport default [cosocket.configs.recommended];\n`,
    );
    writeFileSync(
      join(folder, "tsconfig.json"),
      `{ "compilerOptions": { "module": "nodenext", "target": "es2022", "types": [], "strict": true } }`,
    );
    writeFileSync(
      file,
      `import { run, socket } from "cosocket";
run(function* () {
  const client = socket.try(yield* socket.connect("127.0.0.1", 7777));
  client.send("hello");
});\n`,
    );
    const eslint = spawnSync(
      process.execPath,
      [join(root, "node_modules/eslint/bin/eslint.js"), "--fix", "--format", "json", file],
      { cwd: folder, encoding: "utf8" },
    );
    const [told] = JSON.parse(eslint.stdout) as [{ messages: unknown[] }];
    expect(told.messages).to.deep.equal([]);
    expect(readFileSync(file, "utf8")).to.include(`\n  yield* client.send("hello");\n`);
    for (const peer of ["eslint", "typescript", "typescript-eslint"])
      rmSync(join(folder, "node_modules", peer));
    const without = ["cosocket", "cosocket/copas", "cosocket/testing", "cosocket/reactor"]
      .map((name) => `await import("${name}");`)
      .join("");
    execFileSync(process.execPath, ["--input-type=module", "-e", without], { cwd: folder });
  });

  it("has nothing that publint finds", async () => {
    const { publint } = (await import(PUBLINT)) as {
      publint(options: object): Promise<{ messages: unknown[] }>;
    };
    const { messages } = await publint({ pkgDir: installed, strict: true, pack: false });
    expect(messages).to.deep.equal([]);
  });

  it("has types that are right, however it is resolved by a Node that can run it", async () => {
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
