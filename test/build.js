/**
 * What `tsc` does, in another order: JavaScript is written before types are looked at, which takes most of the time. So tests can begin meanwhile.
 * It is the same program, and the same files come out of it.
 *
 * Says "written" to the process that has forked it as soon as all of the JavaScript is there; fails if the types are wrong.
 */
import console from "node:console";
import { resolve } from "node:path";
import process from "node:process";
import ts from "typescript";

const root = resolve(import.meta.dirname, "..");
const host = {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic(problem) {
    throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, "\n"));
  },
};
const config = ts.getParsedCommandLineOfConfigFile(resolve(root, "tsconfig.json"), {}, host);

const files = ts.createCompilerHost(config.options);
const parsed = new Map();
const { getSourceFile } = files;
/** Each is read once, and bound once. */
files.getSourceFile = (name, ...rest) => {
  if (!parsed.has(name)) parsed.set(name, getSourceFile(name, ...rest));
  return parsed.get(name);
};

function program(options) {
  return ts.createProgram({
    rootNames: config.fileNames,
    options: { ...config.options, ...options },
    host: files,
    configFileParsingDiagnostics: config.errors,
  });
}

program({ noCheck: true, declaration: false, declarationMap: false }).emit();
process.send?.("written");

const checked = program({ emitDeclarationOnly: true });
const found = [...ts.getPreEmitDiagnostics(checked), ...checked.emit().diagnostics];
if (found.length > 0) {
  console.log(
    ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(found), {
      getCurrentDirectory: () => root,
      getCanonicalFileName: (name) => name,
      getNewLine: () => "\n",
    }),
  );
  process.exitCode = 1;
}
