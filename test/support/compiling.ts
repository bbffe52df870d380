/** TypeScript programs of tests that look at code. What they have in common is read once a process: declarations of the language, of Node, and our own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./process.js";

const declarations = new Map<string, ts.SourceFile | undefined>();

/**
 * A program of files.
 *
 * @param written files that are not there, with their text
 */
export function compiled(
  files: Iterable<string>,
  options: ts.CompilerOptions,
  written: ReadonlyMap<string, string> = new Map(),
): ts.Program {
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (file) => written.has(file) || fileExists(file);
  host.readFile = (file) => written.get(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) => {
    const code = written.get(file);
    if (code !== undefined) return ts.createSourceFile(file, code, version, true);
    if (!file.endsWith(".d.ts")) return getSourceFile(file, version, ...rest);
    const key = `${file}\n${JSON.stringify(version)}`;
    if (!declarations.has(key)) declarations.set(key, getSourceFile(file, version, ...rest));
    return declarations.get(key);
  };
  return ts.createProgram([...files], options, host);
}

/**
 * What the compiler that builds the package says of files, in the strictness of its own: nothing, if they are right.
 *
 * @param files names, and what is in them
 */
export function errorsIn(files: ReadonlyMap<string, string>): string {
  const folder = mkdtempSync(join(root, "dist/compiled-"));
  const compilerOptions = {
    // What is imported are the declarations that are shipped: with these it would be the sources.
    rootDir: null,
    outDir: null,
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    verbatimModuleSyntax: false,
  };
  const config = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  for (const [name, code] of files) writeFileSync(join(folder, name), code);
  const compiler = join(root, "node_modules/typescript-native/bin/tsc");
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, "-p", folder], {
    encoding: "utf8",
  });
  rmSync(folder, { recursive: true });
  return stdout + stderr;
}
