/** Clusters of real processes. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import { socket } from "cosocket";
import { keep, type KeptSocket, type ListenPlace } from "../../../src/network/index.js";
import { check, until } from "../../support/check.js";
import { RunningCluster, workers } from "../../support/cluster.js";
import { onlyInCI } from "../../support/counts.js";
import { inheriting } from "../../support/descriptors.js";
import { packageFolder, program, script } from "../../support/process.js";

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A client that has said a line. */
function* client(port: number, line: string): Operation<{ answer: Promise<string> }> {
  const socket: Socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (data) => {
    answer += String(data);
    if (answer.endsWith("\n")) socket.end();
  });
  socket.on("error", (error) => (answer += String(error)));
  const closed = once(socket, "close");
  yield* call(() => once(socket, "connect"));
  socket.write(`${line}\n`);
  return { answer: closed.then(() => answer) };
}

/** The process of the worker that is ready, and the port. */
function* ready(cluster: RunningCluster): Operation<{ pid: number; port: number }> {
  const [[, pid], [, port]] = yield* call(async () => [
    (await cluster.next("ready")).split(/[: ]/) as [string, string],
    (await cluster.next("at")).split(":") as [string, string],
  ]);
  return { pid: Number(pid), port: Number(port) };
}

/** A socket of this process that others may listen at. */
function* kept(place: ListenPlace): Operation<KeptSocket> {
  const socket = yield* call(
    () =>
      new Promise<KeptSocket>((resolve, reject) => {
        keep(place, (error, socket) => (error === null ? resolve(socket!) : reject(error)));
      }),
  );
  yield* ensure(() => socket.close());
  return socket;
}

describe("a cluster of processes", function () {
  this.timeout(60_000);

  it("has messages from and to its primary process, and the workers' status and fibers in one place", function () {
    onlyInCI(this, "it starts many processes");
    return check(function* () {
      const talk = yield* script("test/process", "talk");
      expect(yield* call(() => talk.ends())).to.deep.equal({ code: 143, signal: null });
      expect(talk.out.split("\n").slice(0, 9)).to.deep.equal([
        "slots 1 2 starting",
        "sum 3123750",
        "broadcast 2",
        "from 1 of 2: bytes, 2 of 2: bytes",
        "TypeError: send takes what can be cloned (structuredClone), not a function",
        "status ready true true",
        "status 2 0",
        "fibers receive from channel (0 of Infinity)",
        "dead closed",
      ]);
    });
  });

  it("answers who had connected when SIGTERM came, also if no worker had accepted them", () =>
    check(function* () {
      const cluster = yield* workers("echo", { workers: 1 });
      const { pid, port } = yield* ready(cluster);
      // The kernel takes them, and nobody else.
      process.kill(pid, "SIGSTOP");
      const answers: Promise<string>[] = [];
      for (let i = 0; i < 20; i++) answers.push((yield* client(port, String(i))).answer);
      cluster.signal("SIGTERM");
      yield* call(() => cluster.next("drain"));
      process.kill(pid, "SIGCONT");
      expect(yield* call(() => Promise.all(answers))).to.deep.equal(
        answers.map((_, i) => `1 ${pid} ${i}\n`),
      );
      expect(yield* call(() => cluster.ends())).to.deep.equal({ code: 143, signal: null });
    }));

  it("whose primary process is killed answers what it was asked, and leaves no process behind", function () {
    onlyInCI(this, "it starts many processes");
    return check(function* () {
      const cluster = yield* workers("echo", { workers: 1 });
      const { pid, port } = yield* ready(cluster);
      const { answer } = yield* client(port, "hello");
      cluster.signal("SIGKILL");
      expect(yield* call(() => answer)).to.equal(`1 ${pid} hello\n`);
      yield* call(() => until(() => !exists(pid)));
    });
  });

  it("is reloaded with the program as it is then, and runs it as it was started", function () {
    onlyInCI(this, "it starts many processes");
    return check(function* () {
      const folder = packageFolder();
      const file = join(folder, "program.js");
      const write = (version: number): void =>
        writeFileSync(
          file,
          `import { main } from "effection";
           import { cluster } from "cosocket/cluster";
           await main(function* () {
             yield* cluster(function* (worker) {
               worker.ready();
               console.log("[version] 0:${version} " + preloaded + " " + process.argv[2]);
               yield* worker.closing();
             }, { workers: 1, onevent: ({ event }) => console.log("[" + event + "] 0:0") });
           });`,
        );
      writeFileSync(join(folder, "preload.js"), "globalThis.preloaded = 'preloaded';");
      write(1);
      const args = ["--import", join(folder, "preload.js"), file, "argument"];
      const running = yield* program(process.execPath, args);
      yield* call(() => running.prints(/\[version\] 0:1 preloaded argument/));
      write(2);
      running.child.kill("SIGHUP");
      yield* call(() => running.prints(/\[version\] 0:2 preloaded argument[^]*\[reloaded\]/));
      running.child.kill("SIGTERM");
      expect(yield* call(() => running.ends())).to.deep.equal({ code: 143, signal: null });
    });
  });

  it("listens at the sockets that its primary process was started with, which are there before it and after it", function () {
    onlyInCI(this, "it starts many processes");
    return check(function* () {
      // Bound, and accepted from by nobody here.
      const name = `\0cosocket test ${process.pid} cluster`;
      const tcp = yield* kept({ address: "127.0.0.1", port: 0, ipv6Only: false, reusePort: false });
      const unix = yield* kept({ path: name });
      const descriptors = [tcp, unix].map(({ handle }) => handle.fd);
      const port = tcp.port()!;
      const env = { BODY: "inherits", OPTIONS: '{ "workers": 2 }', AT: "" };
      const cluster = new RunningCluster(yield* inheriting("workers", descriptors, env));
      for (const change of ["ready", "reloaded"]) {
        if (change === "reloaded") cluster.signal("SIGHUP");
        yield* call(() => cluster.next(change));
        const visitor = yield* client(port, change);
        expect(yield* call(() => visitor.answer)).to.match(new RegExp(`^\\d \\d+ ${change}\n$`));
        const local = socket.unix();
        socket.try(yield* local.connect(name));
        yield* local.send(`${change}\n`);
        expect((yield* local.receive())[0]).to.match(new RegExp(`^\\d \\d+ ${change}$`));
        local.close();
      }
      cluster.signal("SIGTERM");
      expect(yield* call(() => cluster.ends())).to.deep.equal({ code: 143, signal: null });
      const late = socket.try(yield* socket.connect("127.0.0.1", port));
      late.close();
    });
  });

  it("kills a worker that is stopped, or never comes to its event loop, when it is to end", function () {
    onlyInCI(this, "it waits for seconds");
    return check(function* () {
      for (const body of ["echo", "hangs"]) {
        const cluster = yield* workers(body, { workers: 1, grace: 0.1 });
        const [, pid] = (yield* call(() => cluster.next("ready"))).split(/[: ]/);
        if (body === "echo") process.kill(Number(pid), "SIGSTOP");
        cluster.signal("SIGHUP");
        const killed = yield* call(() => cluster.next("kill"));
        expect(killed).to.contain(`1:${pid} `).and.to.contain("it has not ended within 2.1 s");
        yield* call(() => cluster.next("reloaded"));
        cluster.signal("SIGTERM");
        yield* call(() => cluster.ends());
      }
    });
  });

  it("does not run in a thread, twice in a worker, or without a file, and says so", function () {
    onlyInCI(this, "it starts many processes");
    return check(function* () {
      const said = function* (how: string) {
        const running = yield* script("test/process", "no-cluster", how);
        yield* call(() => running.ends());
        return running.out;
      };
      expect(yield* said("thread")).to.match(/^ClusterError: cluster runs in the main thread/);
      expect(yield* said("twice")).to.match(/^ClusterError: cluster has ended in this worker/);
      expect(yield* said("again")).to.match(
        /^ClusterError: cluster has ended in this process, and/,
      );
      expect(yield* said("both")).to.match(/^ClusterError: cluster runs already in this process/);
      const code =
        'import { run } from "effection"; import { cluster } from "cosocket/cluster"; await run(() => cluster(function* () {}));';
      const running = yield* program(process.execPath, ["--input-type=module", "-e", code]);
      yield* call(() => running.ends());
      expect(running.out).to.contain(
        "ClusterError: cluster: the workers run the program's file, and this program has none",
      );
    });
  });

  it("says in a worker of somebody else's node:cluster what that is, and how PM2 starts a cluster", function () {
    onlyInCI(this, "it starts processes");
    return check(function* () {
      const file = join(packageFolder(), "foreign.js");
      writeFileSync(
        file,
        `import nodeCluster from "node:cluster";
         import { run } from "cosocket";
         import { cluster } from "cosocket/cluster";
         if (nodeCluster.isPrimary) nodeCluster.fork();
         else await run(() => cluster(function* () {}));`,
      );
      const foreign = yield* program(process.execPath, [file]);
      yield* call(() => foreign.ends());
      expect(foreign.out).to.match(
        /ClusterError: cluster: this is a worker of node:cluster whose primary process does not run cluster; under PM2 start it in fork mode/,
      );
    });
  });

  it("throws what has ended it, when a body fails again and again", function () {
    onlyInCI(this, "it is tried without processes");
    return check(function* () {
      const backoff = { initial: 0.001, attempts: 2 };
      const cluster = yield* workers("throws", { workers: 1, backoff });
      expect(yield* call(() => cluster.ends())).to.deep.equal({ code: 1, signal: null });
      expect(cluster.out).to.contain("Error: no luck");
      expect(cluster.out).to.contain("worker 1 has died 2 times in a row");
      expect(cluster.out).to.contain("the last time: exit code 1");
    });
  });
});
