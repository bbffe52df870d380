/** What is public, by the declarations that are shipped: nothing is named that cannot be imported, and nothing waits in silence. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import * as operations from "cosocket";
import * as promises from "cosocket/promises";
import { onlyInCI } from "./support/counts.js";
import { compiled } from "./support/compiling.js";
import { root } from "./support/process.js";
import { entryPoints, Surface } from "./support/surface.js";

/** Parts of the definition of one type, which nobody has to name. */
const PARTS = [
  "Kind names Objects",
  "PromisedFunction names Signature",
  "PromisedNamespace names Namespace",
  "PromisedNamespace names Special",
  "PromisedNamespace.dns names Namespace",
  "PromisedNamespace.unix names Namespace",
  "PromisedSink names Selectable",
  "PromisedSource names Selectable",
  "OptionsOf names Row",
  "OptionsOf names Rows",
  "SocketError names OwnWord",
  "TlsParams names Params",
  "copas names Functions",
  // It has the name of what it is made of.
  "cosocket/promises: HttpRequest names HttpRequest",
  "socket.dns.getnameinfo names Names",
  "socket.dns.tohostname names Answer",
  "socket.dns.toip names Answer",
  "Try names AnyResult",
  "Try names ValueOf",
  "socket.protect names Awaited",
  "Within names Values",
  "Connected names AnyFailure",
  "Reconnecting names Successes",
  "Reconnecting names WordsOf",
];

/** Functions that users write. */
const GIVEN = [
  "HttpConnect",
  "Callback",
  "Handler",
  "Program",
  "Sink",
  "AnySink",
  "Source",
  "AnySource",
  "Task",
  "PumpStep",
  "Create",
  "FancySource",
  "FancySink",
  "primary",
];

/** What there is no promise for, and why. */
const WITHOUT = [
  // About the fiber that calls: async code has none. `run` gives it one, or is what it needs.
  "fork",
  "useFiber",
  // What fibers are combined by, and tell each other by: promises have Promise.all and its like, and signals.
  "all",
  "allSettled",
  "race",
  "within",
  "reconnecting",
  "Channel",
  "Each",
  "OnceEvent",
  // Of functions that the user gives, or that are parts of others.
  "Handler",
  "PumpStep",
  "Sink",
  "Source",
  // What these give are functions, seen below.
  "BoundaryReader",
  "SocketSink",
  "SocketSource",
];

type Class = keyof typeof CLASSES;
const CLASSES = {
  StreamObject: () => promises.promised(operations.socket.tcp()),
  OpenRestyMethods: () => promises.socket.tcp(),
  SecureMethods: () => promises.socket.tcp(),
  Tcp: () => promises.socket.tcp(),
  Unix: () => promises.socket.unix(),
  Udp: () => promises.socket.udp(),
};

describe("what the package gives", function () {
  this.timeout(60_000);
  let surface: Surface;
  before(() => {
    surface = new Surface();
  });

  it("is found by reading the declarations of every entry point", () => {
    const names = new Set(surface.all.map(({ path }) => path));
    for (const name of [
      "cosocket: StreamObject.receive",
      "cosocket: socket.dns.toip",
      "cosocket/copas: Lock.get",
      "cosocket/testing: World.host",
    ])
      expect(names).to.include(name);
  });

  it("names no type that cannot be imported from the same entry point, or the first", () => {
    const missing = [...surface.unexported].filter(
      (line) => !PARTS.some((part) => line.endsWith(part)),
    );
    expect(missing).to.deep.equal([]);
  });

  it("has no function that gives an operation which is silent when it was not performed", () => {
    const silent = surface.silent.filter(({ name }) => !GIVEN.includes(name));
    expect(silent.map(({ path }) => path)).to.deep.equal([]);
  });

  it("has no method of an object that the pages do not tell of", () => {
    const pages = readdirSync(join(root, "docs")).map((page) =>
      readFileSync(join(root, "docs", page), "utf8"),
    );
    const methods = surface.all.filter(
      ({ path, name }) =>
        /^cosocket: (StreamObject|Tcp|Udp|Unix|Stream)\.\w+$/.test(path) && name !== "toString",
    );
    expect(methods.length).to.be.above(60);
    const untold = methods.filter(
      ({ name }) => !pages.some((page) => new RegExp(`\\b${name}\\b`).test(page)),
    );
    expect(untold.map(({ path }) => path)).to.deep.equal([]);
  });

  it("has a docstring for everything that can be imported", () => {
    const undocumented = surface.undocumented.filter(({ path }) => !path.includes("."));
    expect(undocumented.map(({ path }) => path)).to.deep.equal([]);
  });

  it("has an example for every function", () => {
    expect(surface.unshown.map(({ path }) => path)).to.deep.equal([]);
  });

  it("has a promise for every operation of cosocket", () => {
    const paths = surface.operations
      .map(({ path }) => path)
      .filter((path) => path.startsWith("cosocket: "))
      .map((path) => path.slice("cosocket: ".length));
    expect(paths).to.include.members(["Tcp.connect", "socket.dns.toip", "StreamObject.receive"]);
    const unpromised = paths.filter((path) => {
      const [first, ...rest] = path.split(".") as [string, ...string[]];
      if (WITHOUT.includes(first)) return false;
      let at: unknown = Object.hasOwn(CLASSES, first)
        ? CLASSES[first as Class]()
        : (promises as Record<string, unknown>)[first];
      for (const name of rest) at = (at as Record<string, unknown> | undefined)?.[name];
      return typeof at !== "function";
    });
    expect(unpromised).to.deep.equal([]);
  });

  it("has each of its operations in the list of those that are tried without yield*", () => {
    const tried =
      readFileSync(join(root, "test/src/object/operations.test.ts"), "utf8") +
      readFileSync(join(root, "test/reactor/operation.test.ts"), "utf8");
    const untried = surface.operations.filter(
      ({ name }) => !new RegExp(`\\b${name}\\(`).test(tried),
    );
    expect(untried.map(({ path }) => path)).to.deep.equal([]);
  });

  it("compiles as it is shipped, in strict mode, with nothing skipped", function () {
    onlyInCI(this, "a compiler reads all of it once more; what it is made from has been compiled");
    // The options of the README, and the strictest there are.
    const program = compiled(entryPoints().values(), {
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      types: ["node"],
    });
    const ours = program
      .getSourceFiles()
      .filter(({ fileName }) => fileName.startsWith(join(root, "dist")));
    expect(ours.length).to.be.above(100);
    // Each file by itself: that Node's own declarations are right is not ours to see, and takes long.
    const found = ours
      .flatMap((file) => [
        ...program.getSyntacticDiagnostics(file),
        ...program.getSemanticDiagnostics(file),
      ])
      .map(({ file, messageText }) => {
        const text = ts.flattenDiagnosticMessageText(messageText, " ");
        return `${relative(root, file!.fileName)}: ${text}`;
      });
    expect(found).to.deep.equal([]);
  });
});
