/** The examples in docstrings, as programs that the compiler can look at. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./process.js";
import { entryPoints, entryProgram } from "./surface.js";

/** What an example may speak of without saying where it comes from: what its page is about is there already. */
const GIVEN = {
  client: "Tcp",
  server: "Tcp",
  tcp: "Tcp",
  other: "Tcp",
  udp: "Udp",
  unix: "Unix",
  fiber: "Fiber",
  wait: "Wait<unknown>",
  gate: "Wait<unknown>",
  list: "WaitList",
  resumer: "Resumer",
  thread: "Thread",
  world: "World",
  params: "TlsParams",
  control: "Tp",
  mailer: "Smtp",
  uploader: "Ftp",
  from: "Source",
  to: "Sink",
  fancySource: "FancySource",
  fancySink: "FancySink",
  handler: "(client: Tcp) => Operation<void>",
  program: "() => Operation<void>",
  signal: "AbortSignal",
  backoff: "Backoff",
  worker: "Worker",
  primary: "Primary",
};

const EFFECTION = ["call", "main", "Operation", "spawn", "until"];

export function docstringExamples(): { name: string; code: string }[] {
  const first = ["cosocket", "cosocket/copas", "cosocket/testing", "cosocket/reactor"];
  const others = [...entryPoints().keys()].filter((module) => module !== "cosocket/promises");
  const everywhere = exported([...first, ...others]);
  const below = exported(["cosocket/reactor", "cosocket"]);
  const promised = exported(["cosocket/promises", "cosocket", "cosocket/ltn12", "cosocket/mime"]);
  const names = (file: string): Map<string, string> =>
    file.startsWith("reactor/") ? below : file.startsWith("src/promises/") ? promised : everywhere;
  return sources().flatMap((file) => {
    const examples = examplesIn(readFileSync(join(root, file), "utf8"));
    return examples.length === 0
      ? []
      : [
          {
            name: nameFor(file),
            code: program(examples, names(file)),
          },
        ];
  });
}

/** Where each name is imported from; of those that two modules have, from the first. */
function exported(order: string[]): Map<string, string> {
  const modules = entryPoints();
  const built = entryProgram();
  const checker = built.getTypeChecker();
  const names = new Map(EFFECTION.map((name) => [name, "effection"]));
  for (const module of order) {
    const file = built.getSourceFile(modules.get(module)!)!;
    const symbol = checker.getSymbolAtLocation(file)!;
    for (const { name } of checker.getExportsOfModule(symbol))
      if (!names.has(name)) names.set(name, module);
  }
  return names;
}

function sources(): string[] {
  return ["reactor", "src"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
}

function nameFor(file: string): string {
  return `${file.replaceAll(/\W/g, "-")}-examples.ts`;
}

/** What stands behind `@example`, up to the next tag, of every docstring of a file. */
export function examplesIn(text: string): string[] {
  return [...text.matchAll(/\/\*\*[^]*?\*\//g)].flatMap(([doc]) =>
    doc
      .replace(/^\/\*\*|\*\/$/g, "")
      .replace(/^ *\* ?/gm, "")
      .split(/^(?=@\w)|(?<=\. )(?=@example)/m)
      .filter((part) => part.startsWith("@example"))
      .map((part) => part.replace("@example", "").trim()),
  );
}

/** Each example in a function of its own: a generator, since almost all perform operations. */
function program(examples: string[], from: Map<string, string>): string {
  const imports = new Map<string, string>();
  const add = (code: string): void => {
    for (const [name] of code.matchAll(/\b[A-Za-z_]\w*\b/g))
      if (from.has(name)) imports.set(name, from.get(name)!);
  };
  const functions = examples.map((code, i) => {
    const given = Object.entries(GIVEN).filter(([name]) => new RegExp(`\\b${name}\\b`).test(code));
    const parameters = given.map(([name, type]) => `${name}: ${type}`).join(", ");
    add(`${code} ${parameters}`);
    const kind = /\bawait\b/.test(code) ? "async function" : "function*";
    return `export ${kind} example${i}(${parameters}) {{\n${code}\n}}`;
  });
  const header = [...imports].map(([name, module]) => `import { ${name} } from "${module}";`);
  return [...header, ...functions].join("\n");
}
