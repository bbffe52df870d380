import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { expect } from "chai";

const root = resolve(import.meta.dirname, "../..");

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function text(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** What a file imports, as a path below the root or a package's name. */
function imports(file: string): string[] {
  return [
    ...text(file).matchAll(
      /^\s*(?:import|export)\b[^"';]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"/gm,
    ),
  ].map(([, from, bare]) => {
    const name = (from ?? bare)!;
    return name.startsWith(".") ? relative(root, resolve(root, file, "..", name)) : name;
  });
}

/** Comments may speak of what code may not do. */
function code(file: string): string {
  return text(file)
    .replace(/\/\*[^]*?\*\//g, "")
    .replace(/\/\/.*$/gm, "");
}

/** The classes of a file, each with what it extends. */
function classesOf(file: string): { name: string; base: string | undefined }[] {
  const declared = /\bclass(?: (?!extends\b)(\w+)(?:<[^{]*?>)?)?(?:\s+extends (\w+))?[^{;"'`]*\{/g;
  return [...code(file).matchAll(declared)].map(([, name, base]) => ({ name: name ?? file, base }));
}

/** The folders of src/, from the ground up: each uses only what is below it. */
const STOREYS = [
  ["network", "trace"],
  // It is imported by all entries, and loads what is above only when that is asked for.
  ["environment"],
  ["object"],
  ["address"],
  ["options", "connection"],
  ["tls", "proxy"],
  ["stream", "connect"],
  ["tcp", "unix", "udp"],
  ["serve", "reconnect", "lua", "headers", "url"],
  ["ltn12"],
  ["mime"],
  // The namespace, which lies directly in src/.
  [""],
  ["tp"],
  ["smtp", "ftp", "http", "inspect", "systemd"],
  ["copas", "testing", "eslint", "promises", "cluster"],
];

/** "" for what lies directly in src/. */
function folderOf(file: string): string {
  const [, folder, ...rest] = file.split("/");
  return rest.length === 0 ? "" : folder!;
}

describe("imports point down only", () => {
  const reactor = sources("reactor");
  const src = sources("src");

  it("finds the sources", () => {
    expect(reactor).to.include("reactor/fiber.ts");
    expect(src).to.include("src/tcp/tcp.ts");
    expect(imports("src/tcp/tcp.ts")).to.include("src/tcp/endpoint.js");
  });

  it("reactor/ imports itself, effection, and of Node diagnostics_channel, async_hooks and util", () => {
    for (const file of reactor) {
      for (const name of imports(file)) {
        const allowed =
          name.startsWith("reactor/") ||
          name === "effection" ||
          name === "node:diagnostics_channel" ||
          name === "node:util" ||
          name === "node:async_hooks";
        expect(allowed, `${file} imports ${name}`).to.equal(true);
      }
    }
  });

  it("src/ holds its index, the namespace, and folders that each have a door which says what is inside", () => {
    const loose = src.filter((file) => file.split("/").length === 2);
    expect(loose).to.have.members(["src/index.ts", "src/socket.ts"]);
    const folders = new Set(src.filter((file) => file.split("/").length > 2).map(folderOf));
    expect(["", ...folders]).to.have.members(STOREYS.flat());
    for (const folder of folders) {
      expect(text(`src/${folder}/index.ts`), folder).to.match(/^\/\*\*[ \n]/);
    }
  });

  it("a folder of src/ uses those of lower storeys only, and enters by their doors", () => {
    const storey = (folder: string): number =>
      STOREYS.findIndex((folders) => folders.includes(folder));
    for (const file of src) {
      const from = folderOf(file);
      for (const name of imports(file).filter((name) => name.startsWith("src/"))) {
        const to = folderOf(name);
        if (from === to) continue;
        const door = to === "" ? "src/socket.js" : `src/${to}/index.js`;
        expect(name, `${file} enters by a window`).to.equal(door);
        if (from !== "") expect(storey(from), `${file} imports ${name}`).to.be.above(storey(to));
      }
    }
  });

  it("no file uses one that uses it, directly or by others, not even for a type", () => {
    const open = new Map<string, "open" | "done">();
    const visit = (file: string, path: string[]): void => {
      expect(open.get(file), [...path, file].join(" -> ")).to.not.equal("open");
      if (open.has(file)) return;
      open.set(file, "open");
      for (const name of imports(file)) {
        const used = name.replace(/\.js$/, ".ts");
        if (known.has(used)) visit(used, [...path, file]);
      }
      open.set(file, "done");
    };
    const known = new Set([...reactor, ...src]);
    for (const file of known) visit(file, []);
  });

  it("src/ enters the reactor by its door", () => {
    for (const file of src) {
      for (const name of imports(file)) {
        if (name.startsWith("reactor/")) expect(name, file).to.equal("reactor/index.js");
      }
    }
  });

  it("only src/network touches Node's network modules", () => {
    for (const file of [...reactor, ...src]) {
      const found = imports(file).filter((name) =>
        /^(node:)?(net|dgram|tls|dns|dns\/promises)$/.test(name),
      );
      if (!file.startsWith("src/network/")) expect(found, file).to.deep.equal([]);
    }
  });

  it("only the clock reads the time or sets a timer", () => {
    const time =
      /\b(setTimeout|setInterval|clearTimeout|Date\.now|new Date|performance\.now|process\.hrtime)\b/;
    for (const file of [...reactor, ...src]) {
      // The simulation puts its own in the place of these.
      const seam = file === "reactor/clock.ts" || file.startsWith("src/testing/virtual/");
      // What looks like a socket of Node's has a method of that name.
      if (file === "src/network/transport-stream.ts") continue;
      if (!seam) expect(time.test(code(file)), file).to.equal(false);
    }
  });

  it("no finally waits, but where it is the task's own generator", () => {
    // docs/rationale.md: a yield in a finally that was entered through yield* loses the halt.
    const allowed = [
      ...["reactor/group.ts", "src/serve/serve.ts", "src/promises/visit.ts"],
      ...["src/cluster/primary.ts", "src/cluster/worker.ts"],
    ];
    for (const file of [...reactor, ...src]) {
      const waits = /finally\s*\{(?:[^{}]|\{[^{}]*\})*\byield\b/.test(code(file));
      if (waits) expect(allowed, file).to.include(file);
    }
  });

  it("every file has one subject: none is longer than 300 lines, and half of them have at most 100", () => {
    const lengths = [...reactor, ...src].map((file) => text(file).split("\n").length - 1);
    for (const [i, file] of [...reactor, ...src].entries())
      expect(lengths[i], file).to.be.at.most(300);
    const median = lengths.toSorted((a, b) => a - b)[Math.floor(lengths.length / 2)];
    expect(median).to.be.at.most(100);
  });

  it("no class inherits from more than two of ours", () => {
    const classes = [...reactor, ...src].flatMap(classesOf);
    // Of two classes with one name, whichever is deeper.
    const lines = (name: string): string[] =>
      classes
        .filter((one) => one.name === name)
        .flatMap(({ base }) => [name, ...lines(base ?? "").map((line) => `${name} > ${line}`)]);
    expect(lines("Tcp")).to.include("Tcp > StreamObject > SocketObject");
    const all = classes.flatMap(({ name }) => lines(name));
    expect(all.filter((line) => line.split(" > ").length > 3)).to.deep.equal([]);
  });

  it("what is internal is taken out of the declarations", () => {
    const config = JSON.parse(text("tsconfig.json")) as {
      compilerOptions: { stripInternal?: boolean };
    };
    expect(config.compilerOptions.stripInternal).to.equal(true);
  });
});
