/** The programs of examples/cluster, as its README starts them. */
import { expect } from "chai";
import { call } from "effection";
import { join } from "node:path";
import { check } from "../../support/check.js";
import { program, root } from "../../support/process.js";

const path = (name: string): string => join(root, "dist/examples/cluster", `${name}.js`);

describe("the programs of examples/cluster", function () {
  this.timeout(20_000);

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
});
