/** A cluster, seen through its primary process: real processes. */
import { expect } from "chai";
import { call, type Operation } from "effection";
import type { Message } from "../../../src/inspect/view/model.js";
import { check } from "../../support/check.js";
import { withPage } from "../../support/inspected-cluster.js";
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
});
