/** Servers that want one path at the same time. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect } from "chai";
import { all, call, ensure, type Operation } from "effection";
import { fork, type Result, sleep, socket } from "cosocket";
import { lockPath } from "../../../src/network/path-lock.js";
import { check } from "../../support/check.js";
import { program, type Program } from "../../support/process.js";
import { socketPath } from "../../support/transports.js";

/** A socket file behind which nobody listens. */
function* stalePath(): Operation<string> {
  const path = yield* socketPath();
  const dies = yield* program(process.execPath, [
    "-e",
    `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`,
  ]);
  yield* call(() => dies.ends());
  expect(existsSync(path)).to.equal(true);
  return path;
}

/** Whoever says that it listens is reached. */
function* served(path: string, name: string): Operation<void> {
  const client = socket.unix();
  yield* ensure(() => void client.close());
  socket.try(yield* client.connect(path));
  expect(yield* client.receive()).to.deep.equal([name]);
}

describe("several servers at one stale socket file", () => {
  it("in one process: one gets it, however the path is written, and stays reachable", () =>
    check(function* () {
      const path = yield* stalePath();
      const other = join(dirname(path), ".", "..", basename(dirname(path)), basename(path));
      const servers = [0, 1, 2, 3].map(() => socket.unix());
      yield* ensure(() => servers.forEach((server) => server.close()));
      const results: Result<1>[] = yield* all(
        servers.map((server, i) => server.bind(i % 2 === 0 ? path : other)),
      );
      const winners = results.filter(([, error]) => error === undefined);
      const losers = results.filter(([, error]) => error === "address already in use");
      expect([winners.length, losers.length]).to.deep.equal([1, 3]);
      const winner = servers[results.indexOf(winners[0]!)]!;
      const client = socket.unix();
      yield* ensure(() => void client.close());
      expect(yield* client.connect(path)).to.deep.equal([1]);
      const accepted = socket.try(yield* winner.accept());
      accepted.close();
    }));

  it("in several processes: one gets it, and stays reachable", () =>
    check(function* () {
      const path = yield* stalePath();
      const source = `
        import { run, socket } from "cosocket";
        await run(function* () {
          const server = socket.unix();
          const [, err] = yield* server.bind(${JSON.stringify(path)});
          console.log(err ?? "listens");
          for (; !err; ) {
            const [client] = yield* server.accept();
            yield* client.send(process.pid + "\\n");
            client.close();
          }
        });`;
      const programs: Program[] = [];
      for (let i = 0; i < 3; i++)
        programs.push(yield* program(process.execPath, ["--input-type=module", "-e", source]));
      for (const each of programs) yield* call(() => each.prints(/listens|in use/));
      const winners = programs.filter((each) => each.out.includes("listens"));
      expect(winners.length).to.equal(1);
      yield* served(path, String(winners[0]!.child.pid));
    })).timeout(20_000);

  it("waits for one that is looking, and goes on when that has given up", function () {
    if (process.platform !== "linux") this.skip();
    return check(function* () {
      const path = yield* socketPath();
      const unlock = yield* call(
        () =>
          new Promise<() => void>((got) => {
            const release = lockPath(path, () => setImmediate(() => got(release)));
          }),
      );
      const server = socket.unix();
      yield* ensure(() => void server.close());
      const binding = yield* fork(() => server.bind(path));
      const halted = yield* fork(() => socket.unix().bind(path));
      const closed = socket.unix();
      const closing = yield* fork(() => closed.bind(path));
      for (let i = 0; i < 20; i++) yield* sleep(0);
      expect(existsSync(path)).to.equal(false);
      yield* halted.halt();
      closed.close();
      expect((yield* closing)[1]).to.equal("closed");
      unlock();
      expect(yield* binding).to.deep.equal([1]);
    });
  });
});

describe("a path that cannot be listened at", () => {
  it("has LuaSocket's words", () =>
    check(function* () {
      const path = yield* socketPath();
      expect((yield* socket.unix().bind(`${path}.d/x`))[1]).to.equal("no such file or directory");
      expect((yield* socket.unix().bind("/etc/hosts/x"))[1]).to.equal("not a directory");
    }));
});
