/**
 * Deadlines do not keep the process alive, since what they limit does. A stream in memory has no handle, so that Node ended the process with code 13
 * before the timeout of the only one that waited. There the deadline holds.
 */
import { spawn } from "node:child_process";
import { expect } from "chai";
import { socket } from "cosocket";
import { ensure } from "effection";
import { check } from "../support/check.js";

describe("012: a timeout did not hold the process", () => {
  it("a timeout on a stream that has no handle keeps the process alive", () =>
    check(function* () {
      const program = `
        import { PassThrough } from "node:stream";
        import { run, socket } from "cosocket";
        const [, error] = await run(function* () {
          const client = socket.stream(new PassThrough());
          client.settimeout(0.02);
          return yield* client.receive();
        });
        console.log(error);`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
        stdio: ["pipe", "pipe", "inherit"],
        env: { ...process.env, NODE_V8_COVERAGE: "" },
      });
      const client = socket.stream(child);
      yield* ensure(() => void client.close());
      expect(yield* client.receive("*a")).to.deep.equal(["timeout\n"]);
    }));
});
