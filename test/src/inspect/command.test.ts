/** `npx cosocket`: how it finds a process, what it shows, and that it leaves the terminal as it was. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import { fork, serve, sleep, socket } from "cosocket";
import { inspect } from "cosocket/inspect";
import { settle } from "cosocket/testing";
import { list } from "../../../src/inspect/command/list.js";
import { Problem } from "../../../src/inspect/command/problem.js";
import { find } from "../../../src/inspect/command/reach.js";
import { FiberTable, type Shown } from "../../../src/inspect/command/table.js";
import { fit, styleFor } from "../../../src/inspect/command/text.js";
import { processes, rendezvous, socketOf } from "../../../src/inspect/rendezvous.js";
import type { FiberRow } from "../../../src/inspect/server/feed.js";
import { duration, size } from "../../../src/inspect/view/format.js";
import { Model } from "../../../src/inspect/view/model.js";
import { check } from "../../support/check.js";
import { onlyInCI } from "../../support/counts.js";
import { until } from "../../support/pairs.js";
import { available, type Program, program, root } from "../../support/process.js";

const MAIN = join(root, "dist/lib/command.js");

/** A new folder for what the user's processes leave at run time. */
function* runtime(): Operation<string> {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-runtime-"));
  yield* ensure(() => rmSync(folder, { recursive: true }));
  return folder;
}

function* inspected(XDG_RUNTIME_DIR: string, ...args: string[]): Operation<[Program, string]> {
  const fixture = join(root, "dist/test/process/inspected.js");
  const env = { COSOCKET_INSPECT: "1", XDG_RUNTIME_DIR };
  const running = yield* program(process.execPath, [fixture, ...args], env);
  const [, pid] = yield* call(() => running.prints(/ready (\d+)/));
  // It is opened beside what the program does.
  yield* until(() => existsSync(join(XDG_RUNTIME_DIR, `cosocket/${pid}.sock`)));
  return [running, pid!];
}

/** What it has said, and its code. */
function* command(XDG_RUNTIME_DIR: string, ...args: string[]): Operation<[string, number | null]> {
  const running = yield* program(process.execPath, [MAIN, ...args], { XDG_RUNTIME_DIR });
  const { code } = yield* call(() => running.ends());
  return [running.out, code];
}

describe("cosocket in a terminal", function () {
  // Programs are started: more on a machine that has other things to do.
  this.timeout(30_000);

  it("lists the fibers of a process that was started with COSOCKET_INSPECT=1, and nothing that a terminal would obey", () =>
    check(function* () {
      const folder = yield* runtime();
      const [, pid] = yield* inspected(folder);
      const [said, code] = yield* command(folder, "fibers", pid);
      expect(code).to.equal(0);
      expect(said).to.match(/^inspected\.js \d+: 4 fibers\n/);
      expect(said).to.match(
        /\n {4}waiter \(parked\): accept on tcp\{server\} 127\.0\.0\.1:\d+ for /,
      );
      expect(said).to.match(/\n {4}evil\u00b7\[2J\u00b7 \(parked\): sleep\(2000\)/);
    }));

  it("is not what keeps a process alive, and leaves nothing behind; a trace of all of it is written beside", function () {
    onlyInCI(this, "it starts processes");
    return check(function* () {
      const folder = yield* runtime();
      const file = join(folder, "run.json");
      const fixture = join(root, "dist/test/process/inspected.js");
      const env = {
        XDG_RUNTIME_DIR: folder,
        COSOCKET_INSPECT: "127.0.0.1:0",
        COSOCKET_TRACE: file,
      };
      const running = yield* program(process.execPath, [fixture, "ends"], env);
      expect(yield* call(() => running.ends())).to.deep.equal({ code: 0, signal: null });
      expect(running.out).to.match(/^ready \d+\n/);
      const { traceEvents } = JSON.parse(readFileSync(file, "utf8")) as { traceEvents: object[] };
      expect(JSON.stringify(traceEvents)).to.include('"sleeper"');
      expect(existsSync(join(folder, "cosocket", `${running.child.pid}.sock`))).to.equal(false);
    });
  });

  it("tells on stderr where the page is, and what is wrong with COSOCKET_INSPECT", function () {
    onlyInCI(this, "it starts processes");
    return check(function* () {
      const folder = yield* runtime();
      const said = function* (COSOCKET_INSPECT: string, pattern: RegExp): Operation<void> {
        const env = { XDG_RUNTIME_DIR: folder, COSOCKET_INSPECT };
        const fixture = join(root, "dist/test/process/inspected.js");
        const running = yield* program(process.execPath, [fixture], env);
        expect(yield* call(() => running.prints(pattern))).to.have.length.above(0);
      };
      yield* said("127.0.0.1:0", /cosocket: look at http:\/\/127\.0\.0\.1:\d+\/\n/);
      yield* said("what", /COSOCKET_INSPECT: "1" for the terminal, .* not "what"\n/);
    });
  });

  it("is told apart what cannot be looked into, and what is not there", function () {
    onlyInCI(this, "it starts processes");
    return check(function* () {
      const folder = yield* runtime();
      const [none, failed] = yield* command(folder, "fibers");
      expect([none, failed]).to.deep.equal([
        "cosocket: no process of yours can be looked into: start it with COSOCKET_INSPECT=1, or let it call inspect() of cosocket/inspect\n",
        1,
      ]);
      const [said] = yield* command(folder, "fibers", String(process.pid));
      expect(said).to.match(/process \d+ cannot be looked into: start it with COSOCKET_INSPECT=1/);
      expect((yield* command(folder, "topp"))[0]).to.include('there is no command "topp"');
    });
  });

  it("shows a table that is sorted, searched and left by keys, and the terminal is as it was", function () {
    if (!available("script", "--version")) {
      console.log("    skipped: there is no script (util-linux), which makes a terminal");
      return this.skip();
    }
    return check(function* () {
      const folder = yield* runtime();
      const [, pid] = yield* inspected(folder);
      const top = function* (end: (running: Program) => void): Operation<string> {
        const words = `stty -a > '${folder}/before'; '${process.execPath}' '${MAIN}' top ${pid}; echo "code $?"; stty -a > '${folder}/after'; echo over`;
        const running = yield* program("script", ["-qec", words, "/dev/null"], {
          XDG_RUNTIME_DIR: folder,
          TERM: "xterm",
        });
        yield* call(() => running.prints(/sleeper/));
        end(running);
        yield* call(() => running.prints(/over/));
        const settings = (name: string): string => readFileSync(join(folder, name), "utf8");
        expect(settings("after")).to.equal(settings("before"));
        return running.out;
      };
      const keyed = yield* top(({ child }) => child.stdin!.write("s/sleeper\rq"));
      expect(keyed).to.match(/code 0/);
      // The alternate screen is entered and left once; what is evil is only shown.
      expect(keyed.split("\u001b[?1049h").length).to.equal(2);
      expect(keyed.split("\u001b[?1049l").length).to.equal(2);
      expect(keyed.indexOf("\u001b[?1049l")).to.be.above(keyed.lastIndexOf("sleeper"));
      expect(keyed).to.not.include("\u001b[2J");
      expect(yield* top(({ child }) => child.stdin!.write("\u0003"))).to.match(/code 130/);
    });
  });
});

describe("the list of cosocket fibers", () => {
  it("shows two of many that are alike, and how many more there are; with --all each", () =>
    check(function* () {
      const [inspector] = yield* inspect();
      const parents = [];
      for (const name of ["server", "other"])
        parents.push(
          yield* fork(
            function* () {
              for (let i = 0; i < (name === "server" ? 1202 : 3); i++) {
                yield* fork(() => sleep(1000), { name: `${name}:client_${i}` });
                if (i === 1) yield* fork(() => sleep(5), { name: "the ticker" });
              }
              yield* sleep(1000);
            },
            { name },
          ),
        );
      yield* settle();
      const ask = { options: { socketPath: inspector!.path!, host: "localhost" }, secure: false };
      const target = { name: "1", pid: 1, program: "program.js", workers: [], ask };
      const said = yield* call(() => list([target], { all: false }));
      const names = said.split("\n").map((line) => line.replace(/ \(.*/, ""));
      expect(names).to.deep.equal([
        ...["program.js 1: 1209 fibers", "  server", "    server:client_0", "    server:client_1"],
        ...["    the ticker", "    ... 1,200 more like this", "  other", "    other:client_0"],
        ...["    other:client_1", "    the ticker", "    other:client_2", ""],
      ]);
      const all = yield* call(() => list([target], { all: true }));
      expect(all.split("\n")).to.have.length(1209 + 2);
      for (const parent of parents) yield* parent.halt();
    }));
});

describe("a process that is named by its address", () => {
  const asking = (port: number, token?: string): Promise<unknown> => {
    if (token !== undefined) process.env["COSOCKET_INSPECT_TOKEN"] = token;
    return find([`127.0.0.1:${port}`])
      .catch((error: unknown) => error)
      .finally(() => delete process.env["COSOCKET_INSPECT_TOKEN"]);
  };

  it("may want a token, which is taken from the environment, too", () =>
    check(function* () {
      const token = "sesame-sesame-sesame";
      const [inspector] = yield* inspect({ port: 0, token });
      const port = Number(new URL(inspector!.url!).port);
      expect(String(yield* call(() => asking(port)))).to.match(/it wants its token/);
      const found = yield* call(() => asking(port, token));
      expect(found).to.have.nested.property("[0].pid", process.pid);
    }));

  it("may answer what it likes: a terminal obeys none of it", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const evil = "no\u001b[2J\u009b31m";
      const answers = [
        `403 Forbidden\r\nContent-Length: ${Buffer.byteLength(evil)}\r\n\r\n${evil}`,
        "200 OK\r\nContent-Length: 2\r\n\r\n{}",
      ];
      const service = yield* fork(() =>
        serve(server, (client) => client.send(`HTTP/1.1 ${answers.shift()!}`)),
      );
      const port = server.getsockname()[1] as number;
      expect(String(yield* call(() => asking(port)))).to.equal("Error: no\u00b7[2J\u00b731m");
      expect(yield* call(() => asking(port))).to.be.instanceOf(Problem);
      yield* service.halt();
    }));
});

describe("where the terminal finds a process", () => {
  /** With another folder for what is there at run time. */
  const within = (test: (folder: string) => void): Promise<void> =>
    check(function* () {
      const before = process.env["XDG_RUNTIME_DIR"];
      const folder = yield* runtime();
      process.env["XDG_RUNTIME_DIR"] = folder;
      try {
        test(folder);
      } finally {
        if (before === undefined) delete process.env["XDG_RUNTIME_DIR"];
        else process.env["XDG_RUNTIME_DIR"] = before;
      }
    });

  it("is a folder of mode 700, made when it is wanted", () =>
    within((folder) => {
      expect(rendezvous()).to.equal(join(folder, "cosocket"));
      expect(statSync(rendezvous()).mode & 0o777).to.equal(0o700);
    }));

  it("is not a folder that others can enter, a link to one, or a file", () =>
    within((folder) => {
      const path = join(folder, "cosocket");
      mkdirSync(path);
      chmodSync(path, 0o750);
      expect(() => rendezvous()).to.throw("is open to others: chmod 700");
      rmSync(path, { recursive: true });
      mkdirSync(join(folder, "elsewhere"), { mode: 0o700 });
      symlinkSync(join(folder, "elsewhere"), path);
      expect(() => rendezvous()).to.throw("is not a folder");
      rmSync(path);
      writeFileSync(path, "");
      expect(() => rendezvous()).to.throw("is not a folder");
    }));

  it("is cleared of what dead processes have left behind, and of nothing else", () =>
    within(() => {
      const folder = rendezvous();
      const [dead, other] = [socketOf(folder, 2 ** 22 + 1), join(folder, "other.sock")];
      for (const path of [dead, other, socketOf(folder, process.pid)]) writeFileSync(path, "");
      expect(processes(folder)).to.deep.equal([process.pid]);
      expect([existsSync(dead), existsSync(other)]).to.deep.equal([false, true]);
    }));
});

describe("the table of cosocket top", () => {
  const plainly = styleFor({ NO_COLOR: "1" });
  const unstyled = { ...plainly, bold: String, dim: String, inverse: (text: string) => `>${text}` };

  function fiber(id: number, name: string, more: Partial<FiberRow> = {}): FiberRow {
    return {
      ...{ id, name, parent: null, state: "parked", born: 0, waitsFor: "sleep(5)", kind: "timer" },
      ...{ since: 1, until: null, runs: 1, busy: 0, longest: 0, socket: null, lints: "" },
      ...more,
    };
  }

  function tableOf(...fibers: FiberRow[][]): FiberTable {
    const processes = fibers.map((all, i): Shown => {
      const model = new Model();
      const head = { now: 10, reactor: { lag: null }, gone: { fibers: [], sockets: [] } };
      model.apply("all", { ...head, servers: [], sockets: [], fibers: all } as never);
      return { pid: 100 + i, program: "program.js", model, ended: false };
    });
    const table = new FiberTable(processes);
    table.update();
    return table;
  }

  const rows = (table: FiberTable, height = 24): string[] =>
    table
      .draw(120, height, unstyled)
      .slice(2, -1)
      .map((line) => line.trimEnd())
      .filter((line) => line !== "");
  const names = (table: FiberTable): string[] =>
    rows(table).map((line) => line.replace(/^>/, "").trim().split(/ {2,}/)[0]!);
  const press = (table: FiberTable, keys: string): void => {
    for (const key of keys.split(" ")) table.press(key);
  };

  it("shows a tree, which is folded and opened", () => {
    const table = tableOf([fiber(1, "server"), fiber(2, "client", { parent: 1 })]);
    expect(rows(table)[1]).to.match(/^ {2}client /);
    table.press("h");
    expect(names(table)).to.deep.equal(["server +1"]);
    table.press("l");
    expect(names(table)).to.deep.equal(["server", "client"]);
  });

  it("shows in a fiber's details where it waits, once that is known", () => {
    const table = tableOf([fiber(1, "one"), fiber(2, "two")]);
    expect(table.detailed).to.equal(null);
    press(table, "return");
    expect(rows(table).join()).to.not.include("where");
    const { process, line } = table.detailed!;
    const place = { file: "/srv/\u001bchat.ts", line: 15, column: 18 };
    const frames = [
      { function: "handler", ...place },
      { function: "", ...place, line: 16 },
    ];
    process.path = { id: line.fiber.id, frames };
    expect(rows(table).slice(-2)).to.deep.equal([
      "  where      handler (/srv/\u00b7chat.ts:15:18)",
      "             /srv/\u00b7chat.ts:16:18",
    ]);
    press(table, "escape j return");
    expect(rows(table).join()).to.not.include("where");
  });

  it("sorts by what is greatest, over several processes", () => {
    const table = tableOf(
      [fiber(1, "a", { since: 5 })],
      [fiber(1, "b", { since: 2 }), fiber(2, "c")],
    );
    press(table, "s g");
    expect(rows(table).map((line) => /\b[abc]\b/.exec(line)![0])).to.deep.equal(["c", "b", "a"]);
    expect(rows(table)[0]).to.match(/^> +101 c/);
  });

  it("shows the workers of a cluster below rows of their own, in a column where it is sorted, and one of them", () => {
    const model = new Model();
    const rest = {
      time: 1,
      servers: [],
      sockets: [],
      gone: { fibers: [], sockets: [] },
      memory: 5e7,
    };
    const told = {
      ...rest,
      now: 10,
      pid: 1,
      interval: 1,
      cpu: 1,
      lag: 0,
      reactor: { turns: 1 },
      bytes: {},
    };
    const worker = { state: "ready", seconds: 5, failures: 0, restarts: 2, problem: null };
    const workers = [1, 2].map((slot) => ({ ...worker, id: slot, slot, pid: 700 + slot }));
    const fibers = (since: number): FiberRow[] => [fiber(1, "main", { since })];
    model.apply("all", { ...told, workers, fibers: fibers(7) } as never);
    // Their clocks are their own.
    for (const id of [1, 2])
      model.apply("all", {
        ...told,
        worker: id,
        now: 100,
        pid: 700 + id,
        fibers: fibers(95 - id),
      } as never);
    const table = new FiberTable([{ pid: 1, program: "program.js", model, ended: false }]);
    table.update();
    expect(names(table)).to.deep.equal(["primary", "main", "worker 1", "main", "worker 2", "main"]);
    expect(rows(table)[2]).to.include("ready \u00b7 pid 701 \u00b7 0 connections \u00b7 50 MB");
    press(table, "s g");
    // 100 on their clocks is 10 on the primary process's.
    const whose = rows(table).map((line) => /(primary|worker .) {2}/.exec(line)![1]);
    expect(whose).to.deep.equal(["worker 2", "worker 1", "primary"]);
    expect(rows(table)[0]).to.match(/ 7\.0 s/);
    press(table, "s s s s s w w");
    expect(names(table)).to.deep.equal(["main"]);
    expect(table.draw(120, 24, unstyled)[0]).to.include("worker 1 only");
  });

  it("finds by words, and shows what is found below whom", () => {
    const table = tableOf([
      fiber(1, "server"),
      fiber(2, "ada", { parent: 1 }),
      fiber(3, "bob", { parent: 1 }),
    ]);
    press(table, "/ b o x backspace b return");
    expect(names(table)).to.deep.equal(["server", "bob"]);
    expect(table.draw(80, 24, unstyled).at(-1)).to.match(/^found: 1 for bob/);
    press(table, "escape");
    expect(names(table)).to.have.length(3);
  });

  it("keeps the selected fiber while others come and go, and scrolls to it", () => {
    const all = Array.from({ length: 100 }, (_, i) => fiber(i + 1, `f${i + 1}`));
    const table = tableOf(all);
    press(table, "G");
    expect(rows(table, 10).at(-1)).to.match(/^>f100 /);
    press(table, "g pagedown");
    expect(rows(table, 10)[0]).to.match(/^>f7 /);
  });

  it("fits into any width, with characters that take two columns, or none", () => {
    expect(fit("abc", 5)).to.equal("abc  ");
    expect(fit("abc", 5, true)).to.equal("  abc");
    expect(fit("abcdef", 5)).to.equal("abcd\u2026");
    expect(fit("\u65e5\u672c\u8a9e", 5)).to.equal("\u65e5\u672c\u2026");
    expect(fit("\u65e5\u672c", 5)).to.equal("\u65e5\u672c ");
    expect(fit("e\u0301x", 3)).to.equal("e\u0301x ");
    expect(fit("a\u001b[31m\n", 9)).to.equal("a\u00b7[31m\u00b7  ");
    const table = tableOf([fiber(1, "x".repeat(300))]);
    for (const width of [1, 10, 20, 40, 79, 200])
      for (const line of table.draw(width, 8, plainly))
        // eslint-disable-next-line no-control-regex
        expect([...line.replace(/\u001b\[\d+m/g, "")].length, `${width}`).to.equal(width);
  });

  it("says seconds and bytes in a few characters", () => {
    const seconds = [0, 0.0004, 0.012, 0.9996, 4.25, 59.4, 59.6, 185, 7800, 400_000];
    expect(seconds.map(duration)).to.deep.equal([
      ...["0.0 ms", "0.4 ms", "12 ms", "1.0 s", "4.3 s", "59 s", "1 min 00 s", "3 min 05 s"],
      ...["2 h 10 min", "4 d 15 h"],
    ]);
    expect([0, 999, 1000, 9949, 999_499, 999_500, 2.5e9].map(size)).to.deep.equal([
      ...["0 B", "999 B", "1.0 kB", "9.9 kB", "999 kB", "1.0 MB", "2.5 GB"],
    ]);
  });
});
