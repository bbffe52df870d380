import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  linkSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { sleep as nap } from "effection";
import { all, type Fiber, fork, race, run, serve, sleep, socket, type Tcp, within } from "cosocket";
import { record, trace } from "cosocket/inspect";
import { check } from "../../support/check.js";
import { times } from "../../support/counts.js";
import { available } from "../../support/process.js";
import { inVirtualTime } from "../../support/simulated.js";
import { type TraceEvent, type TraceFile, violations } from "../../support/trace-rules.js";

let folder: string;
let file: string;

/** What is in a trace. */
const eventsIn = (text: string): TraceEvent[] => (JSON.parse(text) as TraceFile).traceEvents;
const eventsOf = (path = file): TraceEvent[] => eventsIn(readFileSync(path, "utf8"));
const valid = (text = readFileSync(file, "utf8")): void => {
  expect(violations(text).slice(0, 3)).to.deep.equal([]);
};

/** The slices and marks of the fiber of this name, one a line. */
function rowOf(name: string, events: TraceEvent[]): string[] {
  const thread = events.find((e) => e.name === "thread_name" && e.args!["name"] === name)!;
  return events
    .filter(({ ph, pid, tid }) => "Xi".includes(ph) && pid === thread.pid && tid === thread.tid)
    .map((e) => (e.args === undefined ? e.name : `${e.name} on something`));
}

function* echo(client: Tcp) {
  for (;;) {
    const [line, err] = yield* client.receive("*l");
    if (err) return;
    yield* client.send(line + "\n");
  }
}

/** So many clients of an echo server at once, of which each is given a line back. */
function* echoes(clients: number, line = "hello") {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0, 1024));
  const [, port] = server.getsockname() as [string, number, "inet"];
  const serving = yield* fork(() => serve(server, echo));
  const visit = function* () {
    const client = socket.try(yield* socket.connect("127.0.0.1", port));
    yield* client.send(line + "\n");
    expect(yield* client.receive("*l")).to.deep.equal([line]);
    client.close();
  };
  yield* all(Array.from({ length: clients }, () => visit()));
  yield* serving.halt();
}

describe("trace", function () {
  // A thousand connections are work for seconds, on a machine that has other things to do.
  this.timeout(60_000);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "cosocket-trace-"));
    file = join(folder, "run.json");
  });
  after(() => rmSync(folder, { recursive: true }));

  it("of many connections to an echo server is valid, and has a row for each", () =>
    check(function* () {
      const clients = times(100, 1000);
      const recording = yield* trace(file);
      yield* echoes(clients);
      recording.stop();
      valid();
      const names = eventsOf().filter((e) => e.name === "thread_name");
      const handlers = names.filter((e) => /^server:client_\d+$/.test(String(e.args!["name"])));
      expect(handlers).to.have.length(clients);
    }));

  it("groups the fibers that handle connections by their server", () =>
    check(function* () {
      const recording = yield* trace(file);
      yield* echoes(3);
      recording.stop();
      const events = eventsOf();
      const groups = events.filter(({ name }) => name === "process_name");
      const server = groups.find(({ args }) => args!["name"] === "server")!;
      const inside = events.filter((e) => e.name === "thread_name" && e.pid === server.pid);
      expect(groups).to.have.length(2);
      expect(inside).to.have.length(3);
    }));

  it("counts fibers, those that are ready, and bytes, as they change", () =>
    check(function* () {
      const recording = record();
      yield* echoes(3, "twelve bytes");
      recording.stop();
      const counts = eventsIn(recording.text()).filter(({ ph }) => ph === "C");
      const of = (name: string): number[] =>
        counts.filter((one) => one.name === name).map(({ args }) => args!["value"] as number);
      expect(of("fibers").length).to.be.above(0);
      expect(of("ready fibers").length).to.be.above(0);
      // Each line comes, and goes back.
      expect(of("bytes sent").at(-1)! - of("bytes sent")[0]!).to.equal(2 * 3 * 13);
      expect(of("bytes received").at(-1)! - of("bytes received")[0]!).to.equal(2 * 3 * 13);
    }));

  it("marks where connections are accepted, made and closed", () =>
    check(function* () {
      const recording = record();
      yield* echoes(1);
      recording.stop();
      valid(recording.text());
      const names = eventsIn(recording.text()).map(({ name, args }) =>
        typeof args?.["on"] === "string" ? `${name} on ${args["on"]}` : name,
      );
      for (const what of [
        /^accepted tcp\{client\} 127\.0\.0\.1:\d+<-127/,
        /^opened tcp\{client\} 127\.0\.0\.1:\d+->127/,
        /^closed tcp\{client\} .*: 6 bytes received, 6 sent$/,
      ])
        expect(
          names.some((name) => what.test(name)),
          String(what),
        ).to.equal(true);
    }));

  it("has nothing of what is sent", () =>
    check(function* () {
      const recording = record();
      yield* echoes(3, "a secret of mine");
      expect(recording.text()).to.include("receive(").and.not.include("secret");
      recording.stop();
    }));

  it("tells what a fiber did, wait by wait", () =>
    inVirtualTime(function* () {
      const recording = record();
      const fiber = yield* fork(
        function* () {
          yield* sleep(1);
          yield* sleep(2);
        },
        { name: "sleeper" },
      );
      yield* fiber;
      recording.stop();
      valid(recording.text());
      expect(rowOf("sleeper", eventsIn(recording.text()))).to.deep.equal([
        "running",
        "sleep(1)",
        "running",
        "sleep(2)",
        "running",
      ]);
    }));

  it("draws an arrow from who forks to who is forked", () =>
    inVirtualTime(function* () {
      const recording = record();
      yield* yield* fork(() => sleep(1), { name: "child" });
      recording.stop();
      const arrows = eventsIn(recording.text()).filter(({ name }) => name === "forks");
      expect(arrows.map(({ ph }) => ph)).to.deep.equal(["s", "f"]);
    }));

  it("is valid with promotion, halts, races, timeouts and errors, and tells the kind of an error but not its text", () =>
    inVirtualTime(function* () {
      const recording = record();
      const fails = function* () {
        yield* sleep(1);
        throw new TypeError("who: alice");
      };
      yield* fork(fails, { boundary: () => {}, name: "failing" });
      const promoted = yield* fork(
        function* () {
          yield* nap(100);
          yield* race([() => sleep(5), () => nap(2000)]);
          yield* within(0.5, () => sleep(9));
        },
        { name: "promoted" },
      );
      yield* sleep(3);
      yield* promoted.halt();
      recording.stop();
      const text = recording.text();
      valid(text);
      expect(rowOf("failing", eventsIn(text))).to.deep.equal([
        "running",
        "sleep(1)",
        "running",
        "failed: TypeError",
      ]);
      expect(text).to.not.include("alice");
    }));

  it("ends with the fiber that has called it, and with a task of Effection's", async () => {
    await run(function* () {
      yield* trace(file);
      yield* sleep(0);
    });
    valid();
    const other = join(folder, "other.json");
    await check(function* () {
      yield* trace(other);
      yield* nap(1);
    });
    valid(readFileSync(other, "utf8"));
  });

  it("can be stopped, once and for all, also by `using`", () =>
    inVirtualTime(function* () {
      {
        using recording = yield* trace(file);
        expect(recording.stopped).to.equal(false);
        yield* yield* fork(() => sleep(1), { name: "early" });
      }
      yield* yield* fork(() => sleep(1), { name: "late" });
      const names = eventsOf().map((e) => e.args?.["name"]);
      expect(names).to.include("early").and.not.include("late");
    }));

  it("gives the next seconds as JSON, when no file is given", () =>
    inVirtualTime(function* () {
      yield* fork(() => sleep(60), { name: "was there before" });
      yield* sleep(1);
      const text = yield* trace({ seconds: 10 });
      valid(text);
      expect(rowOf("was there before", eventsIn(text))).to.deep.equal(["sleep(60)"]);
      const [slice] = eventsIn(text).filter(({ name }) => name === "sleep(60)");
      expect(slice!.dur! / 1e6).to.be.closeTo(10, 0.001);
    }));

  it("keeps the last seconds, if so many are asked for", () =>
    inVirtualTime(function* () {
      const recording = record({ seconds: 100 });
      for (let i = 0; i < 2500; i++) yield* sleep(1);
      recording.stop();
      valid(recording.text());
      const slept = eventsIn(recording.text()).filter(({ name }) => name === "sleep(1)");
      // It forgets some thousand events at a time.
      expect(slept.length).to.be.within(100, 2000);
      expect(slept.at(-1)!.ts! / 1e6).to.be.closeTo(2499, 1);
      // Of what has not changed since it is known all the same.
      const counts = eventsIn(recording.text()).filter(({ name }) => name === "fibers");
      expect(counts).to.have.length(1);
      expect(counts[0]!.args!["value"]).to.be.above(0);
      expect(counts[0]!.ts)
        .to.be.at.most(slept[0]!.ts! + slept[0]!.dur!)
        .and.above(0);
    }));

  it("is complete in its file at any time, with what is not over yet", () =>
    check(function* () {
      const recording = record(file);
      const comes = function* (what: string) {
        while (!readFileSync(file, "utf8").includes(what)) yield* nap(20);
      };
      // Longer than what comes after them.
      const sleepers: Fiber<void>[] = [];
      for (let i = 0; i < 20; i++)
        sleepers.push(yield* fork(() => sleep(60), { name: `sleeper ${i}` }));
      yield* comes('"sleep(60)"');
      valid();
      const slept = (name: string): string[] =>
        rowOf(name, eventsOf()).filter((what) => what === "sleep(60)" || what === "halted");
      for (let i = 0; i < 20; i++) expect(slept(`sleeper ${i}`)).to.deep.equal(["sleep(60)"]);
      yield* sleepers[0]!.halt();
      yield* comes('"halted"');
      valid();
      for (const sleeper of sleepers) yield* sleeper.halt();
      recording.stop();
      valid();
      for (let i = 0; i < 20; i++)
        expect(slept(`sleeper ${i}`)).to.have.members(["sleep(60)", "halted"]);
    }));

  it("takes no more memory than it may, however much happens", () =>
    inVirtualTime(function* () {
      const recording = record({ bytes: 300_000 });
      const one = function* () {
        for (let i = 0; i < 10; i++) yield* sleep(1);
      };
      let longest = 0;
      for (let round = 0; round < 8; round++) {
        yield* all(Array.from({ length: 100 }, () => one()));
        longest = Math.max(longest, recording.text().length);
      }
      valid(recording.text());
      expect(longest).to.be.below(1.6e6);
      recording.stop();
    }));

  it("has a file for itself, whatever that is called, and leaves another's as it is", () => {
    using first = record(file);
    const link = join(folder, "link.json");
    linkSync(file, link);
    for (const name of [file, join(folder, ".", "run.json"), link])
      expect(() => record(name)).to.throw(/is being written by another trace already/);
    first.stop();
    valid();
    record(link).stop();
    valid();
  });

  it("does not wait for somebody to read a pipe, and writes into one that is read", function () {
    if (!available("mkfifo", "--version")) this.skip();
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    expect(() => record(pipe)).to.throw(/ENXIO/);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    record(pipe).stop();
    valid(readFileSync(reader, "utf8"));
    closeSync(reader);
    // What is thrown away may be so by many.
    for (const stop of [record("/dev/null"), record("/dev/null")]) stop.stop();
  });

  it("refuses what is no file and no limit, and says what is wrong with a file", () => {
    // @ts-expect-error: no file
    expect(() => trace(7)).to.throw(TypeError, 'trace takes the name of a file, "run.json", not 7');
    expect(() => trace("")).to.throw(TypeError, "the name of a file");
    // @ts-expect-error: neither a file nor a time
    expect(() => trace({})).to.throw(TypeError, "trace takes a file");
    expect(() => trace("x", { seconds: -1 })).to.throw(TypeError, "seconds is a number");
    // @ts-expect-error: misspelt
    expect(() => record({ second: 1 })).to.throw(TypeError, "seconds");
    expect(() => record("/no/such/folder/run.json")).to.throw("ENOENT");
  });
});
