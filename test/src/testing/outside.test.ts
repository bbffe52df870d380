/** What is outside of a simulation: errors that nobody catches, and work in the real world. */
import { exec, spawn } from "node:child_process";
import crypto from "node:crypto";
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import { createReadStream, mkdtempSync, readFile, rmSync, writeFileSync } from "node:fs";
import * as fsPromises from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { MessageChannel, Worker } from "node:worker_threads";
import zlib from "node:zlib";
import { expect } from "chai";
import { call, type Operation, until as promised } from "effection";
import { sleep } from "cosocket";
import { copas } from "cosocket/copas";
import { explore, simulate, type SimulationError } from "cosocket/testing";
import { check } from "../../support/check.js";
import { times } from "../../support/counts.js";
import { script } from "../../support/process.js";
import { failure, rejection } from "../../support/simulated.js";

// Before any simulation begins.
const { setTimeout: realSetTimeout } = globalThis;

describe("what fails outside of fibers fails the simulation, with its seed", () => {
  const listeners = (): unknown[] => [
    process.listeners("uncaughtException"),
    process.listeners("unhandledRejection"),
  ];
  const fail = (): never => {
    throw new Error("outside");
  };
  const cases: Record<string, () => void> = {
    "a rejected promise": () => void Promise.reject(new Error("outside")),
    "a rejected promise that is handled too late": () => {
      const promise = Promise.reject(new Error("outside"));
      setTimeout(() => promise.catch(() => {}), 10);
    },
    "an async function": () => void Promise.resolve().then(async () => fail()),
    "process.nextTick": () => process.nextTick(fail),
    queueMicrotask: () => queueMicrotask(fail),
    setImmediate: () => void setImmediate(fail),
    "a timer": () => void setTimeout(fail, 10),
    "a timer of node:timers/promises": () => void wait(10).then(fail),
    "an event": () =>
      process.nextTick(() => new EventEmitter().emit("error", new Error("outside"))),
    "a listener of an event": () => {
      const emitter = new EventEmitter().on("x", fail);
      setTimeout(() => emitter.emit("x"), 10);
    },
    "an EventTarget": () => {
      const target = new EventTarget();
      target.addEventListener("x", fail);
      target.dispatchEvent(new Event("x"));
    },
    "an AbortSignal": () => AbortSignal.timeout(10).addEventListener("abort", fail),
    "a subscriber of a diagnostics channel": () => {
      subscribe("cosocket.test.outside", fail);
      channel("cosocket.test.outside").publish({});
      unsubscribe("cosocket.test.outside", fail);
    },
    "a listener for warnings": () => {
      // Before Node's own, which prints it.
      process.prependOnceListener("warning", fail);
      process.emitWarning("of a test");
    },
    "a stream": () => void new Readable({ read() {} }).destroy(new Error("outside")),
    "a stream's own code": () => void new Readable({ read: fail }).resume(),
    "a callback of a file": () => readFile("/", fail),
    "a worker": () => void new Worker("throw new Error('outside')", { eval: true }),
    "a worker's message": () =>
      void new Worker("require('worker_threads').parentPort.postMessage(1)", { eval: true }).on(
        "message",
        fail,
      ),
    "a MessagePort": () => {
      const { port1, port2 } = new MessageChannel();
      port1.once("message", () => {
        port1.close();
        fail();
      });
      port2.postMessage(1);
    },
    "a child process": () => void spawn("true").once("exit", fail),
    "a child process that cannot be started": () => void spawn("/outside"),
  };
  /** Where it may fail: in the run itself, in a thread of Copas's within it. */
  const places: Record<string, (fails: () => void) => Operation<void>> = {
    "a fiber": function* (fails) {
      fails();
      yield* sleep(1);
    },
    "copas.loop": function* (fails) {
      yield* copas.loop(function* () {
        copas.addthread(function* () {
          fails();
          yield* copas.pause(1);
        });
      });
    },
  };
  for (const [name, fails] of Object.entries(cases)) {
    it(name, async () => {
      const before = listeners();
      for (const place of Object.values(places)) {
        const error = await failure({ seed: 77 }, () => place(fails));
        expect(String(error.cause)).to.match(/outside/);
        expect(error.message).to.include("COSOCKET_REPLAY='77'");
        expect(listeners()).to.deep.equal(before);
      }
      const explored = (await rejection(
        explore({ seed: 77, runs: 1, shrink: 1 }, () => places["a fiber"]!(fails)),
      )) as SimulationError;
      expect(explored.message).to.match(/outside[^]*seed 77; [^]*COSOCKET_REPLAY='77/);
      expect(listeners()).to.deep.equal(before);
    });
  }

  it("also when the program has just returned", async () => {
    const error = await failure({ seed: 78 }, function* () {
      yield* sleep(1);
      void Promise.reject(new Error("outside"));
    });
    expect(error.message).to.match(/^Error: outside/);
  });

  it("the first one is told", async () => {
    const error = await failure({}, function* () {
      void Promise.reject(new Error("first"));
      yield* sleep(1);
      void Promise.reject(new Error("second"));
      throw new Error("third");
    });
    expect(String(error.cause)).to.equal("Error: first");
  });
});

describe("a process that ends in the middle of a simulation tells how to replay it", () => {
  const told = "in the middle of a simulation\nreplay it with: COSOCKET_REPLAY='77'";
  for (const [how, code] of [
    ["exits", 1],
    ["exits with 3", 3],
    ["has a hook that throws", 1],
  ] as const)
    it(`when it ${how}`, () =>
      check(function* () {
        const run = yield* script("test/process", "simulated-exit", how);
        expect(yield* call(() => run.ends())).to.include({ code });
        expect(run.out.split(told), run.out).to.have.length(2);
      }));

  it("and fails as others do, when a handler of exit throws, and the process goes on", () =>
    check(function* () {
      const run = yield* script("test/process", "simulated-exit", "has a handler that throws");
      expect((yield* call(() => run.ends())).code).to.equal(0);
      expect(run.out).to.match(/^Error: in a handler\n\nseed 77; /m);
    }));
});

describe("real work is waited for, while the clock stands", () => {
  const gzip = promisify(zlib.gzip);
  const bytes = Buffer.alloc(300_000, "x");
  const cases: Record<string, () => Promise<unknown>> = {
    "node:fs/promises": () => fsPromises.readFile(import.meta.filename),
    "node:fs": () => promisify(readFile)(import.meta.filename),
    "a stream of a file": async () => {
      for await (const chunk of createReadStream(import.meta.filename)) void chunk;
    },
    "a file handle": async () => {
      const file = await fsPromises.open(import.meta.filename);
      await file.read(Buffer.alloc(10), 0, 10, 0);
      for await (const line of file.readLines()) void line;
    },
    "a folder": async () => {
      for await (const entry of await fsPromises.opendir(import.meta.dirname)) void entry;
    },
    gzip: () => gzip(bytes),
    "a stream of zlib": () =>
      new Promise((resolve) => {
        const stream = zlib.createGzip();
        stream.on("end", resolve).resume().end(bytes);
      }),
    scrypt: () => promisify(crypto.scrypt)("a", "b", 8),
    pbkdf2: () => promisify(crypto.pbkdf2)("a", "b", 50_000, 8, "sha256"),
    "crypto.subtle": () => globalThis.crypto.subtle.digest("SHA-256", bytes),
    "a key": () => promisify(crypto.generateKeyPair)("ec", { namedCurve: "P-256" }),
    "a command": async () => {
      const { stdout } = await promisify(exec)("sleep 0.05; echo done");
      expect(stdout).to.equal("done\n");
    },
    "a worker": () => new Promise((resolve) => new Worker("1", { eval: true }).on("exit", resolve)),
    "a MessageChannel": () =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port2.once("message", () => port2.postMessage(1));
        port1.once("message", () => {
          port1.close();
          resolve(1);
        });
        port1.postMessage(1);
      }),
    "WebAssembly.compile": () => {
      const { WebAssembly } = globalThis as unknown as {
        WebAssembly: { compile(code: Uint8Array): Promise<unknown> };
      };
      return WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    },
    "a blob": () => new Blob(["x"]).text(),
    "an import": () => import("node:sqlite".slice(0, 5) + "punycode").catch(() => {}),
  };
  for (const [name, work] of Object.entries(cases)) {
    it(name, async () => {
      // Beside a deadline that would pass at once if nobody waited, and without any: no deadlock.
      const run = await simulate({}, function* (world) {
        const late = setTimeout(() => {}, 1000);
        yield* promised(work());
        const times = [world.now()];
        clearTimeout(late);
        yield* promised(work());
        return [...times, world.now()];
      });
      expect(Math.max(...run.value)).to.be.lessThan(0.1);
    });
  }

  it("is handed over in the order in which it was asked for", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cosocket-"));
    const sizes = [3_000_000, 10, 800_000, 1, 300_000, 100];
    const files = sizes.map((_, i) => join(folder, String(i)));
    for (const [i, file] of files.entries()) writeFileSync(file, Buffer.alloc(sizes[i]!));
    try {
      const order: string[] = [];
      for (let run = 0; run < times(2, 4); run++) {
        order.length = 0;
        await simulate({}, function* () {
          const tell = (what: string) => (): void => void order.push(what);
          yield* promised(
            Promise.all([
              ...files.map(async (file, i) => {
                const { length } = await fsPromises.readFile(file);
                order.push(`${i} is read`);
                await promisify(zlib.gzip)(Buffer.alloc(length));
                order.push(`${i} is packed`);
              }),
              promisify(crypto.scrypt)("a", "b", 8).then(tell("key")),
              globalThis.crypto.subtle.digest("SHA-1", bytes).then(tell("digest")),
            ]),
          );
        });
        const reads = files.map((_, i) => `${i} is read`);
        const packs = files.map((_, i) => `${i} is packed`);
        expect(order).to.deep.equal([...reads, "key", "digest", ...packs]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is over when the run is", async () => {
    let read = false;
    await simulate({}, function* () {
      void fsPromises.readFile(import.meta.filename).then(() => (read = true));
      yield* sleep(0);
    });
    expect(read).to.equal(true);
    expect(fsPromises.readFile.name).to.equal("readFile");
  });
});

describe("what is real and not waited for is named, with its place, when nobody can go on", () => {
  const cases: Record<string, [begin: () => () => void, named: RegExp]> = {
    "a timer that was taken before": [
      () => {
        const timer = realSetTimeout(() => {}, 60_000);
        return () => clearTimeout(timer);
      },
      /a real timer: the function that set it was taken before/,
    ],
    "a connection of node:net": [
      () => {
        const server = net.createServer().listen(0);
        return () => server.close();
      },
      /a real server \(node:net\)/,
    ],
    "Atomics.waitAsync": [
      () => {
        const view = new Int32Array(new SharedArrayBuffer(4));
        const { waitAsync, notify } = Atomics as unknown as {
          waitAsync(view: Int32Array, index: number, value: number): unknown;
          notify(view: Int32Array, index: number): void;
        };
        waitAsync(view, 0, 0);
        return () => notify(view, 0);
      },
      /Atomics\.waitAsync/,
    ],
  };
  for (const [name, [begin, named]] of Object.entries(cases)) {
    it(name, async () => {
      let end = (): void => {};
      const error = await failure({}, function* () {
        end = begin();
        yield* promised(new Promise<void>(() => {}));
      });
      end();
      expect(error.message).to.match(/^Error: deadlock: nobody can go on/);
      expect(error.message).to.match(/outside of the simulation, and not waited for/);
      expect(error.message).to.match(named);
      expect(error.message).to.match(/at .*outside\.test/);
    });
  }

  it("fetch, though a deadline of its own passes meanwhile", async () => {
    const server = net.createServer((client) => client.unref()).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as net.AddressInfo;
    const error = await failure({}, function* (): Operation<void> {
      yield* call(() => fetch(`http://127.0.0.1:${port}/`));
    });
    server.close();
    expect(String(error.cause)).to.match(/fetch failed/);
    expect(error.message).to.match(/used outside of the simulation:\n {2}a real connection/);
  });
});
