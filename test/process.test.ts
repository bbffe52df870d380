/** Whole processes: signals, exit, unhandled errors. */
import { join } from "node:path";
import { expect } from "chai";
import { call } from "effection";
import { socket } from "cosocket";
import { check } from "./support/check.js";
import { program, root, script } from "./support/process.js";

describe("a process", function () {
  this.timeout(20_000);

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`on ${signal} under Effection's main ends every handler cleanly, delivers what it sent, frees the port`, () =>
      check(function* () {
        const program = yield* script("test/process", "signal");
        const [, port] = yield* call(() => program.prints(/port (\d+)/));
        const clients = [];
        for (let i = 0; i < 3; i++) {
          const client = socket.try(yield* socket.connect("127.0.0.1", Number(port)));
          expect(yield* client.receive()).to.deep.equal(["hello"]);
          clients.push(client);
        }
        program.child.kill(signal);
        for (const client of clients) {
          expect(yield* client.receive()).to.deep.equal(["bye"]);
          expect((yield* client.receive())[1]).to.equal("closed");
          client.close();
        }
        expect(yield* call(() => program.ends())).to.deep.equal({ code, signal: null });
        expect(program.out.match(/cleaned up/g)?.length).to.equal(3);
        socket.try(yield* socket.bind("127.0.0.1", Number(port))).close();
      }));
  }

  it("ends by itself when nothing is left to do, whatever timeouts were set", () =>
    check(function* () {
      const program = yield* script("test/process", "exit");
      expect(yield* call(() => program.ends())).to.deep.equal({ code: 0, signal: null });
      expect(program.out).to.equal("line function\ndone\n");
    }));

  it("waits for every timeout of a lock, semaphore, queue, step and thread, though nothing else is left", () =>
    check(function* () {
      const program = yield* script("test/process", "timeouts");
      expect(yield* call(() => program.ends())).to.deep.equal({ code: 0, signal: null });
      const words = ["lock", "semaphore", "pop", "push", "finish"].map((name) => `${name} timeout`);
      expect(program.out.trim().split("\n")).to.deep.equal([
        ...words,
        "step false",
        "timeout",
        "done",
      ]);
    }));

  it("dies of a fiber's error that nobody waits for, with its stack", () =>
    check(function* () {
      const program = yield* script("test/process", "unhandled");
      expect((yield* call(() => program.ends())).code).to.equal(1);
      expect(program.out).to.match(/Error: nobody waits for this\n\s+at /);
    }));

  it("tells with COSOCKET_DEBUG of operations that nobody has performed, when they are collected, and at its end", () =>
    check(function* () {
      const file = join(root, "dist/test/process/forgotten.js");
      const debugged = yield* program(process.execPath, [file], { COSOCKET_DEBUG: "1" });
      expect((yield* call(() => debugged.ends())).code).to.equal(0);
      const told = debugged.out.match(/^.*CosocketWarning: .*$/gm) ?? [];
      const place = /made at .*forgotten\.[jt]s:\d+:\d+\)?, was never performed/;
      for (const line of told) expect(line).to.match(place);
      expect(told).to.have.length(2);
      expect(told[0]).to.include("sleep(3), made at forgets (");
      expect(told[1]).to.include("sleep(4), made at ");
      expect(debugged.out).to.include("collected");
    }));
});
