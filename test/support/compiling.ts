/** TypeScript programs of tests that look at code. What they have in common is read once a process: declarations of the language, of Node, and our own. */
import ts from "typescript";

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
