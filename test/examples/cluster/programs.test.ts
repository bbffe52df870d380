/** The programs of examples/cluster, as its README starts them. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { call } from "effection";
import { fork, socket, within } from "cosocket";
import { openLog } from "../../../examples/cluster/log.js";
import { missing } from "../../libraries/servers.js";
import { check } from "../../support/check.js";
import { onlyInCI } from "../../support/counts.js";
import { program, root } from "../../support/process.js";
import { Load } from "./load.js";
import { folder, freePorts, redisServer, serving } from "./processes.js";

const path = (name: string): string => join(root, "dist/examples/cluster", `${name}.js`);

function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)]);
  return String(stdout).trim().split(/\s+/).filter(Boolean).map(Number);
}

describe("the programs of examples/cluster", function () {
  this.timeout(20_000);
  before(function () {
    onlyInCI(this, "starts ten processes");
  });

  it("are two nodes in one process, and clients in terminals, who talk to each other over either", () =>
    check(function* () {
      const nodes = yield* program(process.execPath, [path("main")], { PORTS: "0,0" });
      const [, one, two] = yield* call(() =>
        nodes.prints(/ 127\.0\.0\.1:(\d+)\n[^]* 127\.0\.0\.1:(\d+)\n/),
      );
      const ann = yield* program(process.execPath, [path("client"), "ann", `127.0.0.1:${one}`]);
      const ben = yield* program(process.execPath, [path("client"), "ben", `127.0.0.1:${two}`]);
      ann.child.stdin!.write("hello\n");
      yield* call(() => ben.prints(/^ann: hello\n/));
      ben.child.stdin!.write("wörld\n");
      yield* call(() => ann.prints(/^ann: hello\nben: wörld\n/));
      // Their input ends, and so do they.
      for (const client of [ann, ben]) {
        client.child.stdin!.end();
        expect(yield* call(() => client.ends())).to.deep.equal({ code: 0, signal: null });
      }
      nodes.child.kill("SIGTERM");
      expect(yield* call(() => nodes.ends())).to.deep.equal({ code: 143, signal: null });
    }));

  it("are a node of several workers, of which one may be killed, and all be replaced", function () {
    const why = missing("redis-server");
    if (why !== undefined) {
      console.log(`      skipped: ${why}`);
      this.skip();
    }
    return check(function* () {
      const [port, entrance] = yield* freePorts(2);
      const store = redisServer(port!, yield* folder());
      yield* serving(store);
      const url = `redis://127.0.0.1:${port}`;
      const node = yield* program(process.execPath, [path("node")], {
        PORT: String(entrance),
        LOG: url,
        WORKERS: "2",
      });
      const log = yield* openLog(url);
      const load = new Load(4, () => within(5, socket.connect("127.0.0.1", entrance!)));
      const running = yield* fork(() => load.run(log));
      yield* load.progress(5);
      const [worker] = childrenOf(node.child.pid!);
      process.kill(worker!, "SIGKILL");
      yield* load.progress(5);
      node.child.kill("SIGHUP");
      yield* load.progress(5);
      load.end();
      yield* running;
      yield* load.verify(log);
      node.child.kill("SIGTERM");
      expect((yield* call(() => node.ends())).signal).to.equal(null);
      expect(childrenOf(node.child.pid!)).to.deep.equal([]);
    });
  });
});
