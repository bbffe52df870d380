/** The files of the page: those that are there, by their names. Nothing else can be asked for, whatever a path looks like. */
import { readdirSync, readFileSync } from "node:fs";
import Module from "node:module";
import { dirname, extname, join, relative, sep } from "node:path";

export interface File {
  type: string;
  content: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/** As the package has them: of browser modules the source is what runs; what the terminal uses, too, is compiled. */
const FOLDERS = { "": "src/inspect/page/", "view/": "dist/src/inspect/view/" };

/** Where this runs: in a bundle of CommonJS nobody knows. */
const here: string | undefined = import.meta.url;
let all: Map<string, File> | null = null;

/** By the path of a request. Read once, when the first is wanted. */
export function fileAt(path: string): File | undefined {
  all ??= read();
  return all.get(path === "/" ? "/index.html" : path);
}

function read(): Map<string, File> {
  const files = new Map<string, File>();
  // Where the package is installed: this code may be in a bundle of the program's. By Module, of which webpack knows nothing: the file is looked for when it runs.
  const { resolve } = Module.createRequire(here ?? join(process.cwd(), "/"));
  const root = dirname(resolve("cosocket/package.json"));
  for (const [prefix, path] of Object.entries(FOLDERS)) {
    const folder = join(root, path);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const type = TYPES[extname(entry.name)];
      if (!entry.isFile() || type === undefined) continue;
      const file = join(entry.parentPath, entry.name);
      const name = relative(folder, file).split(sep).join("/");
      files.set(`/${prefix}${name}`, { type, content: readFileSync(file) });
    }
  }
  return files;
}
