/** Ways to run the loop beside `yield* copas.loop()`: by steps, awaited, called; and what it counts and tells. */
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import { fork, sleep, socket } from "cosocket";
import { copas } from "cosocket/copas";
import { settle, simulate } from "cosocket/testing";
import { loop } from "../../support/loop.js";
import { inFull } from "../../support/counts.js";
import { A_MOMENT, check, RawPeer } from "../../support/check.js";
import { listening, pair, portOf, readable, thrown, until } from "../../support/pairs.js";
import { script } from "../../support/process.js";

describe("copas.loop, in other words", () => {
  it("copas() and copas(timeout) are copas.loop", () =>
    check(function* () {
      const log: string[] = [];
      yield* copas(function* () {
        log.push(copas.getthreadname());
        expect(copas.running).to.equal(true);
      });
      copas.addthread(function* () {
        log.push("again");
      });
      yield* copas(1);
      yield* copas.loop(function* () {}, 1);
      expect(log).to.deep.equal(["copas_initializer", "again"]);
      expect(() => copas.loop("x" as never)).to.throw(TypeError, "takes an initializer");
    }));

  it("can be awaited outside of Effection", () =>
    check(function* () {
      const log: string[] = [];
      yield* call(async () => {
        copas.addthread(function* () {
          yield* copas.pause(A_MOMENT);
          log.push("thread");
        });
        await copas.loop();
        await copas.loop(function* () {
          log.push("initializer");
        });
        log.push("end");
      });
      expect(log).to.deep.equal(["thread", "initializer", "end"]);
      expect(process.listenerCount("SIGINT")).to.equal(0);
    }));

  it("awaited, it throws what Effection's would: a second loop at once is refused", () =>
    check(function* () {
      yield* call(async () => {
        let refusal: unknown;
        await copas.loop(function* () {
          refusal = yield* thrown(copas.loop());
        });
        expect(String(refusal)).to.match(/is running already/);
      });
    }));

  // Each starts two programs.
  for (const signal of inFull ? (["SIGINT", "SIGTERM"] as const) : (["SIGTERM"] as const)) {
    it(`awaited, ${signal} ends it when its cleanup has run`, () =>
      check(function* () {
        const program = yield* script("test/process", "copas");
        const [, port] = yield* call(() => program.prints(/port (\d+)/));
        const client = socket.try(yield* socket.connect("127.0.0.1", Number(port)));
        expect(yield* client.receive()).to.deep.equal(["hello"]);
        program.child.kill(signal);
        expect(yield* client.receive("*a")).to.deep.equal(["bye\n"]);
        expect(yield* call(() => program.ends())).to.deep.equal({ code: null, signal });
        expect(program.out).to.match(/cleaned up\n$/);
        client.close();
      }));

    it(`within Effection's main ${signal} ends it, too, as main does`, () =>
      check(function* () {
        const program = yield* script("test/process", "copas", "main");
        const [, port] = yield* call(() => program.prints(/port (\d+)/));
        const client = socket.try(yield* socket.connect("127.0.0.1", Number(port)));
        expect(yield* client.receive()).to.deep.equal(["hello"]);
        program.child.kill(signal);
        expect(yield* client.receive("*a")).to.deep.equal(["bye\n"]);
        const code = signal === "SIGINT" ? 130 : 143;
        expect(yield* call(() => program.ends())).to.deep.equal({ code, signal: null });
        expect(program.out).to.match(/cleaned up\n$/);
        client.close();
      }));
  }
});

describe("copas.step", () => {
  it("runs the threads bit by bit, until nothing is left", () =>
    check(function* () {
      const log: string[] = [];
      yield* yield* fork(function* () {
        copas.addthread(function* () {
          for (let i = 0; i < 3; i++) {
            log.push(`step ${i}`);
            yield* copas.pause(A_MOMENT);
          }
        });
        expect(log).to.deep.equal([]);
        while (!copas.finished()) {
          expect(yield* copas.step()).to.equal(false);
          expect(copas.running).to.equal(false);
        }
        expect(log).to.deep.equal(["step 0", "step 1", "step 2"]);
      });
      expect(copas.finished()).to.equal(true);
    }));

  it("tells whether a socket had to do with it; waits at most its timeout", () =>
    check(function* () {
      const server = yield* listening();
      yield* yield* fork(function* () {
        copas.addserver(server, function* (client) {
          const [line] = yield* client.receive();
          yield* client.send(`${line}!\n`);
        });
        expect(yield* copas.step(0)).to.equal(false);
        expect(yield* copas.step(0.001)).to.equal(false);
        const peer = RawPeer.connect(portOf(server));
        expect(yield* copas.step()).to.equal(true);
        peer.socket.write("hello\n");
        while (peer.received.length === 0) yield* copas.step(0.001);
        expect(String(peer.received)).to.equal("hello!\n");
        peer.socket.destroy();
        copas.removeserver(server);
        while (!copas.finished()) yield* copas.step();
      });
    }));

  it("returns at once when nothing is left to do; misuse throws", () =>
    check(function* () {
      yield* yield* fork(function* () {
        expect(yield* copas.step()).to.equal(false);
        copas.addthread(() => copas.pauseforever());
        expect(yield* copas.step()).to.equal(false);
        expect(yield* copas.step()).to.equal(false);
      });
      expect(() => copas.step("x" as never)).to.throw(TypeError, "number of seconds");
    }));

  it("may be followed by the loop; threads that nobody can wake end with it", () =>
    check(function* () {
      const log: string[] = [];
      yield* yield* fork(function* () {
        copas.addthread(function* () {
          try {
            yield* copas.pauseforever();
          } finally {
            log.push("halted");
          }
        });
        yield* copas.step(0);
        yield* loop(function* () {
          yield* copas.pause(A_MOMENT);
          log.push("loop");
        });
        log.push("after the loop");
      });
      expect(log).to.deep.equal(["loop", "halted", "after the loop"]);
    }));

  it("threads end with the task that stepped", () =>
    check(function* () {
      let ended = false;
      const stepping = yield* fork(function* () {
        copas.addthread(function* () {
          try {
            yield* copas.pause(100);
          } finally {
            ended = true;
          }
        });
        yield* copas.step();
        yield* sleep(Infinity);
      });
      yield* sleep(0);
      yield* sleep(0);
      yield* stepping.halt();
      expect(ended).to.equal(true);
      expect(copas.finished()).to.equal(true);
    }));
});

describe("copas.status", () => {
  it("counts threads by what they wait for", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* yield* fork(function* () {
        copas.addthread(() => client.receive());
        copas.addthread(() => served.send("x".repeat(10_000_000)));
        copas.addthread(() => copas.pause(100));
        copas.addthread(() => copas.pauseforever());
        copas.addthread(function* () {
          copas.timeout(100, () => {});
          yield* copas.pauseforever();
        });
        yield* copas.step(0);
        yield* until(() => copas.status().write === 1);
        expect(copas.status()).to.deep.equal({
          running: false,
          timeout: 1,
          timer: 1,
          inactive: 2,
          read: 1,
          write: 1,
          active: 0,
        });
        expect(copas.gettimeouts()).to.equal(1);
      });
      expect(copas.status()).to.include({ timeout: 0, timer: 0, read: 0 });
    }));

  it("measures steps while it is told to, anew with each call", () =>
    check(function* () {
      yield* ensure(() => void copas.status(false));
      expect(copas.status(true)).to.not.have.property("steps");
      yield* loop(function* () {
        yield* copas.pause(A_MOMENT);
        const first = copas.status();
        expect(first.running).to.equal(true);
        expect(first.steps).to.be.greaterThan(0);
        expect(first.time_end).to.be.at.least(first.time_start!);
        expect(first.duration_min).to.be.at.most(first.duration_max!);
        expect(first.duration_avg).to.be.within(first.duration_min!, first.duration_max!);
        expect(first.duration_max_ever).to.equal(first.duration_max);
        yield* copas.pause(0);
        const second = copas.status();
        expect(second.time_start).to.equal(first.time_end);
        expect(second.duration_min_ever).to.be.at.most(second.duration_min!);
        expect(copas.status(false)).to.not.have.property("steps");
        yield* copas.pause(0);
        expect(copas.status()).to.not.have.property("steps");
      });
    }));
});

describe("copas.loop ends though a thread waits", () => {
  const waits: [what: string, wait: () => Operation<unknown>][] = [
    [
      "for the tasks of a limit",
      function* () {
        const tasks = copas.limit.new(1);
        tasks.addthread(() => copas.pauseforever());
        yield* copas.pause(1);
        yield* tasks.wait();
      },
    ],
    [
      "for a queue to finish",
      function* () {
        const items = copas.queue.new<number>();
        items.add_worker(() => copas.pauseforever());
        yield* items.push(1);
        yield* copas.pause(1);
        yield* items.finish(Infinity);
      },
    ],
    [
      "for a child to end",
      function* () {
        const child = yield* fork(() => copas.pauseforever());
        yield* copas.pause(1);
        yield* child;
      },
    ],
  ];

  // In a simulation: one that did not end would be a deadlock.
  for (const [what, wait] of waits)
    it(`${what}, who sleeps for ever`, async () => {
      const { seconds } = await simulate({}, () => copas.loop(wait));
      expect(Math.round(seconds)).to.equal(1);
    });
});

describe("copas.debug", () => {
  it("tells what threads wait for, that they go on, that they end", () =>
    check(function* () {
      const log: string[] = [];
      yield* ensure(() => copas.debug.stop());
      yield* loop(function* () {
        const [client] = yield* pair();
        copas.debug.start((text) => log.push(text));
        copas.addnamedthread("reader", () => client.receive());
        copas.addnamedthread("sleeper", () => copas.pause(A_MOMENT));
        const held = copas.addnamedthread("held", () => copas.pauseforever());
        yield* until(() => log.includes("exiting 'sleeper'"));
        copas.removethread(held);
        client.close();
        yield* copas.pause(0);
        copas.debug.stop();
        copas.addnamedthread("silent", function* () {});
        yield* copas.pause(0);
      });
      const about = (name: string): string[] => log.filter((text) => text.includes(`'${name}'`));
      expect(about("reader")[1]).to.match(/^yielding 'reader' to READ: receive\("\*l"\) on tcp/);
      expect(about("reader")[2]).to.match(/^resuming 'reader': receive\("\*l"\) on tcp/);
      expect(about("sleeper")).to.deep.equal([
        "resuming 'sleeper'",
        `yielding 'sleeper' to SLEEP: copas.pause(${A_MOMENT})`,
        `resuming 'sleeper': copas.pause(${A_MOMENT})`,
        "exiting 'sleeper'",
      ]);
      expect(about("held")[1]).to.equal("yielding 'held' to WAIT: copas.pauseforever");
      expect(about("silent")).to.deep.equal([]);
      expect(about("copas")).to.deep.equal([]);
    }));

  it("with core also what the loop does", () =>
    check(function* () {
      const log: string[] = [];
      yield* ensure(() => copas.debug.stop());
      copas.debug.start((text) => log.push(text), true);
      yield* copas.loop();
      expect(log.some((text) => text.includes("'copas'"))).to.equal(true);
    }));

  it("socket tells each call, and what it returned", () =>
    check(function* () {
      const log: string[] = [];
      const [client, served] = yield* pair();
      yield* ensure(() => copas.debug.stop());
      copas.debug.start((text) => log.push(text));
      const noisy = copas.debug.socket(client);
      expect(noisy.settimeout(5)).to.equal(1);
      yield* noisy.send("hello\n");
      expect(yield* served.receive()).to.deep.equal(["hello"]);
      const waiting = yield* fork(() => noisy.receive());
      yield* sleep(0);
      yield* waiting.halt();
      expect(() => noisy.dohandshake(5 as never)).to.throw(TypeError, "must be an object");
      noisy.close();
      expect(client.closed).to.equal(true);
      const texts = log.map((text) => text.replace(/ on tcp.*/, "").replace(/^\d+ /, ""));
      expect(texts).to.deep.equal([
        "settimeout(5)",
        "settimeout returned 1",
        "send('hello\\n')",
        "send returned [ 6 ]",
        "receive()",
        "receive was cancelled",
        "dohandshake(5)",
        "dohandshake threw TypeError: TLS parameters must be an object, not 5",
        "close()",
        "close returned 1",
      ]);
    }));
});

describe("sockets of threads", () => {
  it("live on when their thread returns, and end with the loop", () =>
    check(function* () {
      const server = yield* listening();
      let client = socket.tcp();
      yield* loop(function* () {
        copas.addserver(server, function* (skt) {
          yield* skt.send(`${(yield* skt.receive())[0]}!\n`);
        });
        copas.addthread(function* () {
          client = socket.tcp();
          yield* client.connect("127.0.0.1", portOf(server));
          // Another one goes on with it.
          copas.addthread(function* (skt) {
            yield* settle();
            yield* skt.send("handed on\n");
            expect(yield* skt.receive()).to.deep.equal(["handed on!"]);
            copas.removeserver(server);
          }, client);
        });
      });
      expect(client.closed).to.equal(true);
    }));

  it("are closed with a thread that fails, or is removed", () =>
    check(function* () {
      yield* ensure(() => copas.seterrorhandler(undefined, true));
      const server = yield* listening();
      const made: ReturnType<typeof socket.tcp>[] = [];
      yield* loop(function* () {
        copas.seterrorhandler(() => {}, true);
        const connecting = function* (then: () => Operation<unknown>): Operation<void> {
          const client = socket.tcp();
          made.push(client);
          yield* client.connect("127.0.0.1", portOf(server));
          yield* then();
        };
        copas.addthread(connecting, function* () {
          throw new Error("no");
        });
        const removed = copas.addthread(connecting, () => copas.pauseforever());
        yield* readable(server);
        yield* until(() => made[0]!.closed);
        copas.removethread(removed);
        yield* copas.pause(0);
        expect(made.map(({ closed }) => closed)).to.deep.equal([true, true]);
      });
    }));

  it("that the initializer made are there for all", () =>
    check(function* () {
      let answer: unknown;
      yield* loop(function* () {
        const server = socket.try(yield* socket.bind("127.0.0.1", 0));
        copas.addserver(server, function* (skt) {
          yield* skt.send("here\n");
        });
        copas.addthread(function* () {
          const skt = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
          answer = yield* skt.receive();
          copas.removeserver(server);
        });
      });
      expect(answer).to.deep.equal(["here"]);
    }));
});
