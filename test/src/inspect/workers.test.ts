/** A cluster, seen through its primary process: real processes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import { type Message, Model } from "../../../src/inspect/view/model.js";
import { check } from "../../support/check.js";
import { onlyInCI } from "../../support/counts.js";
import { started, withPage } from "../../support/inspected-cluster.js";
import { freePort, until } from "../../support/pairs.js";
import { program, root } from "../../support/process.js";
import { violations } from "../../support/trace-rules.js";
import { ask, Events } from "../../support/web.js";

/** All that was told of, by the id of the worker; 0: the primary process. */
class Seen {
  readonly latest = new Map<number, Message>();
  /** What each has told first: everything. */
  readonly first = new Map<number, Message>();

  constructor(private readonly events: Events<Message>) {}

  /** Read on until it is so. */
  *until(condition: (seen: Seen) => boolean): Operation<void> {
    while (!condition(this)) {
      const { data } = yield* call(() => this.events.next());
      const worker = data.worker ?? 0;
      this.latest.set(worker, data);
      if (!this.first.has(worker)) this.first.set(worker, data);
    }
  }

  get workers(): NonNullable<Message["workers"]> {
    return this.latest.get(0)?.workers ?? [];
  }
}

describe("inspect in a cluster", function () {
  // Processes are started: more on a machine that has other things to do.
  this.timeout(60_000);

  it("shows the primary process and all workers by one stream; a worker that dies goes, and its successor comes", () =>
    check(function* () {
      const { url, pids } = yield* withPage("primary", { FIBERS: "3" });
      const seen = new Seen(yield* call(() => Events.open<Message>(`${url}events`)));
      yield* seen.until(({ latest }) => [0, 1, 2].every((id) => latest.has(id)));
      expect(seen.workers.map(({ slot, pid }) => [slot, pid])).to.deep.equal([...pids].sort());
      expect(seen.workers.map(({ state, restarts }) => `${state} ${restarts}`)).to.deep.equal([
        "ready 0",
        "ready 0",
      ]);
      for (const id of [1, 2]) {
        const { fibers, servers, pid, memory } = seen.first.get(id)!;
        expect(fibers.map(({ name }) => name)).to.include.members(["chat", "sleeper-2"]);
        expect(fibers.some(({ name }) => name.startsWith("inspect"))).to.equal(false);
        expect(servers.map(({ name }) => name)).to.deep.equal(["chat"]);
        expect(pids.get(id)).to.equal(pid);
        expect(memory).to.be.above(1e6);
      }
      process.kill(pids.get(1)!, "SIGKILL");
      yield* seen.until(({ latest }) => latest.has(3));
      yield* seen.until(({ workers }) => workers.length === 2 && workers[0]!.id === 3);
      expect(seen.workers[0]).to.include({ slot: 1, restarts: 1 });

      // Single things of one of them, and of all.
      const { fibers } = seen.first.get(2)!;
      const sleeper = fibers.find(({ name }) => name === "sleeper-1")!;
      const get = (path: string): Operation<{ status: number; body: string }> =>
        call(() => ask(url + path));
      const snapshot = yield* get("snapshot?worker=2");
      expect(JSON.parse(snapshot.body)).to.have.property("fibers").with.length(fibers.length);
      expect((yield* get(`path?worker=2&id=${sleeper.id}`)).status).to.equal(200);
      expect((yield* get("path?worker=77&id=1")).body).to.equal("there is no worker 77\n");
      const { body: counters } = yield* get("metrics");
      for (const worker of ["primary", "1", "2"])
        expect(counters).to.match(
          new RegExp(`^cosocket_fibers\\{worker="${worker}"\\} \\d+$`, "m"),
        );
      expect(counters.match(/^# TYPE cosocket_fibers /gm)).to.have.length(1);
      expect(counters).to.include('\ncosocket_worker_up{worker="1"} 1\n');
      expect(counters).to.include('\ncosocket_worker_restarts_total{worker="1"} 1\n');
      expect((yield* get("dump")).body).to.match(
        /^primary \(pid \d+\): \d+ fibers[^]*\nworker 1 \(pid \d+\): [^]*sleeper-0[^]*\nworker 2 \(pid \d+\): [^]*sleeper-0/,
      );
      const { body: trace } = yield* get("trace?seconds=0.1");
      expect(violations(trace)).to.deep.equal([]);
      const names = [...trace.matchAll(/"process_name",[^\n]*"name":"([^"]*)"/g)].map(([, n]) => n);
      expect(names).to.include.members([
        "primary: program",
        "worker 1: program",
        "worker 2: program",
      ]);
    }));

  it("gives workers that ask for a page that of the primary process, whoever is the first", function () {
    onlyInCI(this, "it starts processes");
    return check(function* () {
      const { running, pids, url } = yield* withPage("body main primary", {
        PORT: String(yield* freePort()),
      });
      yield* call(() => running.prints(/\[primary\] [^]*/));
      const told = [...running.out.matchAll(/\[(\w+)\] (\d+) (http\S+|\D.*)\n/g)];
      expect(new Set(told.map(([, , , what]) => what))).to.deep.equal(new Set([url]));
      const whos = told.map(
        ([, where, pid]) =>
          `${where} ${pids.get(1) === Number(pid) ? 1 : pids.get(2) === Number(pid) ? 2 : 0}`,
      );
      expect(whos).to.have.members(["main 0", "main 1", "main 2", "body 1", "body 2", "primary 0"]);
      const { body } = yield* call(() => ask(`${url}process`));
      expect(JSON.parse(body)).to.have.property("pid", running.child.pid);
    });
  });

  it("has the primary process open the page for a worker, where nobody else does", function () {
    onlyInCI(this, "it starts processes");
    return check(function* () {
      const { running, url } = yield* withPage("body");
      yield* call(() => running.prints(/(\[body\][^]*){2}\n/));
      const urls = [...running.out.matchAll(/\[body\] \d+ (\S+)/g)].map(([, one]) => one);
      expect(urls).to.deep.equal([url, url]);
      const { body } = yield* call(() => ask(`${url}process`));
      expect(JSON.parse(body)).to.have.property("pid", running.child.pid);
    });
  });

  it("goes on while a worker is stopped, and says that it has not answered", function () {
    onlyInCI(this, "it starts processes, and waits for seconds");
    return check(function* () {
      const { url, pids, running } = yield* withPage("primary dump");
      const seen = new Seen(yield* call(() => Events.open<Message>(`${url}events`)));
      yield* seen.until(({ latest }) => [1, 2].every((id) => latest.has(id)));
      process.kill(pids.get(1)!, "SIGSTOP");
      yield* ensure(() => void process.kill(pids.get(1)!, "SIGCONT"));
      const before = seen.latest.get(2)!.now;
      yield* seen.until(({ latest }) => latest.get(2)!.now > before + 1.5);
      const { body: counters } = yield* call(() => ask(`${url}metrics`));
      expect(counters).to.include(
        'cosocket_worker_up{worker="1"} 0\ncosocket_worker_up{worker="2"} 1\n',
      );
      running.child.kill("SIGUSR2");
      yield* call(() => running.prints(/: worker 1 \(pid \d+\): no answer\n/));
      yield* call(() => running.prints(/: worker 2 \(pid \d+\): \d+ fibers, [^]*chat: accept/));
      const model = new Model();
      model.apply("all", seen.first.get(0)!);
      model.apply("all", { ...seen.first.get(1)!, worker: 1 });
      model.apply("more", { ...seen.latest.get(0)!, fibers: [], sockets: [] });
      expect(model.all().map((one) => one.stateAt(model.head!.now + 10))).to.include("silent");
      process.kill(pids.get(1)!, "SIGCONT");
      const stopped = seen.latest.get(1)!.now;
      yield* seen.until(({ latest }) => latest.get(1)!.now > stopped);
    });
  });

  it("is in the terminal all processes by the primary's id, and one by its own", function () {
    onlyInCI(this, "it starts processes");
    return check(function* () {
      const { running, pids, folder } = yield* started("", { COSOCKET_INSPECT: "1" });
      const said = function* (pid: number): Operation<string> {
        const args = [join(root, "dist/lib/command.js"), "fibers", String(pid)];
        const listing = yield* program(process.execPath, args, { XDG_RUNTIME_DIR: folder });
        yield* call(() => listing.ends());
        return listing.out;
      };
      yield* until(() => existsSync(join(folder, `cosocket/${running.child.pid}.sock`)));
      expect(yield* said(running.child.pid!)).to.match(
        new RegExp(
          `^inspected-workers\\.js ${running.child.pid}: \\d+ fibers\\n[^]*\\nworker 1 ${pids.get(1)}: [^]*chat[^]*\\nworker 2 ${pids.get(2)}: [^]*chat`,
        ),
      );
      const one = yield* said(pids.get(2)!);
      expect(one).to.match(new RegExp(`^inspected-workers\\.js ${pids.get(2)}: \\d+ fibers\\n`));
      expect(one).to.not.include("worker 1");
    });
  });

  it("records each process into a file of its own with COSOCKET_TRACE", function () {
    onlyInCI(this, "it starts processes");
    return check(function* () {
      const traces = mkdtempSync(join(tmpdir(), "cosocket-traces-"));
      yield* ensure(() => rmSync(traces, { recursive: true }));
      const { running, pids } = yield* started("", { COSOCKET_TRACE: join(traces, "run.json") });
      running.child.kill("SIGTERM");
      yield* call(() => running.ends());
      const names = [...pids.values()].map((pid) => `run.${pid}.json`);
      expect(readdirSync(traces)).to.have.members(["run.json", ...names]);
      for (const name of readdirSync(traces))
        expect(violations(readFileSync(join(traces, name), "utf8")), name).to.deep.equal([]);
    });
  });
});
