/** What the documentation says is so: its code compiles, its server runs, its links lead somewhere. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import { socket } from "cosocket";
import { copas } from "cosocket/copas";
import ts from "typescript";
import { check } from "./support/check.js";
import { errorsIn } from "./support/compiling.js";
import { docstringExamples } from "./support/docstrings.js";
import { packageFolder, type Program, program, root } from "./support/process.js";

const pages = [
  "README.md",
  "reactor/README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(join(root, "docs"))
    .filter((file) => !/\.(png|svg)$/.test(file))
    .map((page) => `docs/${page}`),
];

const blocks = pages.flatMap((page) =>
  [...readFileSync(join(root, page), "utf8").matchAll(/^```ts\n([^]*?)^```/gm)].map(
    ([, code], i) => ({
      name: `${page.replaceAll(/\W/g, "-")}-${i}.ts`,
      code: code!,
    }),
  ),
);

/** The one piece of code on `page` in which `part` is. */
function printed(page: string, part: string): string {
  const code = blocks.filter(
    (block) => block.name.startsWith(page.replaceAll(/\W/g, "-")) && block.code.includes(part),
  );
  expect(code.length, part).to.equal(1);
  return inJavaScript(code[0]!.code);
}

function inJavaScript(code: string): string {
  return ts.transpile(code, { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext });
}

function* programOf(text: string): Operation<Program> {
  const folder = packageFolder();
  yield* ensure(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "program.mjs"), text);
  return yield* program(process.execPath, [join(folder, "program.mjs")]);
}

function* ended(text: string): Operation<Program> {
  const running = yield* programOf(text);
  yield* call(() => running.ends());
  return running;
}

describe("the documentation", function () {
  // Seconds of work: more on a machine that has other things to do.
  this.timeout(180_000);

  it("has code that compiles, on its pages and in the examples of docstrings", () => {
    const examples = docstringExamples();
    const files = new Map([...blocks, ...examples].map(({ name, code }) => [name, code]));
    expect(errorsIn(files)).to.equal("");
    expect(blocks.length).to.be.greaterThan(3);
    expect(examples.length).to.be.greaterThan(30);
  });

  it("begins with a server that runs as printed", () =>
    check(function* () {
      const { code } = blocks[0]!;
      expect(code.match(/7777/g)?.length).to.equal(1);
      // A free port instead, and a word about it.
      const text = inJavaScript(code)
        .replace("7777", "0")
        .replace("yield* serve", "console.log(server.getsockname()[1]);\nyield* serve");
      const server = yield* programOf(text);
      const [port] = yield* call(() => server.prints(/\d+/));
      const client = socket.try(yield* socket.connect("127.0.0.1", Number(port)));
      yield* client.send("as printed\r\n");
      expect(yield* client.receive()).to.deep.equal(["as printed"]);
      client.close();
    }));

  it("shows async functions in a simulation, and a handler that says good-bye, which run as printed", () =>
    check(function* () {
      const test = printed("docs/promises.md", "await simulate");
      const handler = printed("docs/promises.md", "client.closing()");
      const goodBye = `
        await simulate({ seed: 1 }, function* (world) {
          const stop = new AbortController();
          const service = yield* world.host("server", () => until((async () => {
            const server = socket.try(await socket.bind("*", 7777));
            await serve(server, handler, { signal: stop.signal }).catch(() => {});
          })()));
          yield* until((async () => {
            for (const aborts of [false, true]) {
              const client = socket.try(await socket.connect("server", 7777));
              await client.send("a line\\n");
              console.log(await client.receive());
              if (aborts) stop.abort();
              if (aborts) console.log(await client.receive());
              client.close();
            }
          })());
          yield* service;
        });`;
      const { out, exit } = yield* ended(`${test}\n${handler}\n${goodBye}`);
      expect(out).to.equal("hello\n[ 'a line' ]\n[ 'a line' ]\n[ 'good-bye' ]\n");
      expect(exit).to.deep.equal({ code: 0, signal: null });
    }));

  it("shows a server of async functions that a signal stops", () =>
    check(function* () {
      const stop = 'setTimeout(() => process.kill(process.pid, "SIGTERM"));\n';
      const { out, exit } = yield* ended(
        printed("docs/promises.md", "SIGTERM")
          .replace("7777", "0")
          .replace("await serve", `${stop}await serve`),
      );
      expect(out).to.equal("");
      expect(exit).to.deep.equal({ code: 0, signal: null });
    }));

  it("shows the port of every function of LuaSocket and Copas", () => {
    const luaSocket = `
      accept bind close connect dirty getfd getoption getpeername getsockname
      getstats listen receive receivefrom send sendto setoption setpeername
      setsockname settimeout setstats shutdown gettimeout
      select skip protect newtry sleep gettime toip tohostname getaddrinfo
      getnameinfo gethostname source sink unix udp tcp`;
    const objects = `
      get release destroy take give get_count get_wait push pop stop finish
      add_worker get_size arm cancel try`;
    const page = readFileSync(join(root, "docs/porting.md"), "utf8");
    const names = [
      ...Object.keys(Object.getOwnPropertyDescriptors(copas)),
      ...luaSocket.trim().split(/\s+/),
      ...objects.trim().split(/\s+/),
    ];
    const old = /^(_|setErrorHandler|receivePartial|length|name)/;
    const missing = names.filter(
      (name) => !old.test(name) && !new RegExp(`\\b${name}\\b`).test(page),
    );
    expect(missing).to.deep.equal([]);
    expect(names.length).to.be.greaterThan(100);
  });

  it("has links that lead somewhere", () => {
    for (const page of pages) {
      for (const [, link] of readFileSync(join(root, page), "utf8").matchAll(
        /\]\(([^)#]+)[^)]*\)/g,
      )) {
        if (!/^https?:/.test(link!))
          expect(existsSync(join(root, dirname(page), link!)), `${page}: ${link}`).to.equal(true);
      }
    }
  });

  it("names files of the tree that are there, in the page of the architecture and that of the reactor", () => {
    for (const [page, folder] of [
      ["docs/architecture.md", ""],
      ["reactor/README.md", "reactor"],
    ] as const) {
      const named = [
        ...readFileSync(join(root, page), "utf8").matchAll(/`([\w./-]+(?:\.(?:ts|md)|\/))`/g),
      ].map(([, file]) => file!);
      expect(named.length).to.be.above(20);
      // A file beside one that was named by its path, or a folder within one.
      const paths = named.filter((file) => folder !== "" || /^\w+\/\w/.test(file));
      for (const file of paths)
        expect(existsSync(join(root, folder, file)), `${page}: ${file}`).to.equal(true);
    }
  });

  it("tells the version that the package has", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      version: string;
    };
    expect(socket._VERSION).to.equal(`cosocket ${version}`);
    expect(readFileSync(join(root, "CHANGELOG.md"), "utf8")).to.include(`## ${version}`);
  });
});
