/** Loop, threads, timers, futures: each function's result, its error and its edge. */
import { expect } from "chai";
import { ensure, type Operation, spawn } from "effection";
import { fork, sleep, socket, type Tcp } from "cosocket";
import { copas, queue, type Thread } from "cosocket/copas";
import { settle } from "cosocket/testing";
import { times } from "../../support/counts.js";
import { A_MOMENT } from "../../support/check.js";
import { loop } from "../../support/loop.js";
import { listening, portOf, thrown, until } from "../../support/pairs.js";
import { worlds } from "../../support/transports.js";

for (const { where, check } of worlds) {
  describe(where + "copas.loop", () => {
    it("runs what was added before and within, and ends when nothing is left; it can run again", () =>
      check(function* () {
        for (let round = 0; round < 2; round++) {
          const log: string[] = [];
          copas.addthread(function* (who: string) {
            log.push(`hello ${who}`);
            yield* copas.pause(A_MOMENT);
            copas.addnamedthread("late", function* () {
              log.push(copas.getthreadname());
            });
          }, "world");
          expect(log).to.deep.equal([]);
          expect(copas.running).to.equal(false);
          expect(copas.finished()).to.equal(false);
          yield* loop(function* () {
            expect(copas.running).to.equal(true);
            log.push(copas.getthreadname());
          });
          expect(log).to.deep.equal(["hello world", "copas_initializer", "late"]);
          expect(copas.running).to.equal(false);
          expect(copas.finished()).to.equal(true);
        }
      }));

    it("exits in two phases: those that wait for exit are released, and may still work", () =>
      check(function* () {
        const log: string[] = [];
        yield* loop(function* () {
          copas.addthread(function* () {
            yield* copas.waitforexit();
            log.push(`exiting: ${copas.exiting()}`);
            yield* copas.pause(A_MOMENT);
            log.push("cleaned up");
          });
          expect(copas.exiting()).to.equal(false);
          yield* copas.pause(A_MOMENT);
          log.push("work done");
        });
        expect(log).to.deep.equal(["work done", "exiting: true", "cleaned up"]);
        copas.exit();
        copas.exit();
      }));

    it("threads that wait for ever do not keep it, and are halted at its end", () =>
      check(function* () {
        const log: string[] = [];
        const items = copas.queue.new<number>();
        const mutex = copas.lock.new(Infinity);
        yield* loop(function* () {
          copas.addthread(function* () {
            try {
              yield* copas.pauseforever();
            } finally {
              log.push("sleeper");
            }
          });
          copas.addthread(function* () {
            try {
              yield* items.pop(Infinity);
            } finally {
              log.push("popper");
            }
          });
          copas.addthread(function* () {
            yield* mutex.get();
            // Dormant, too: but one that has it.
            yield* copas.pauseforever();
          });
        });
        expect(log).to.deep.equal(["popper", "sleeper"]);
      }));

    it("refuses to run twice at once; a halt ends every thread, and cleans up", () =>
      check(function* () {
        const log: string[] = [];
        const loop = yield* spawn(() =>
          copas.loop(function* () {
            try {
              yield* copas.pause(100);
            } finally {
              log.push("cleaned up");
            }
          }),
        );
        yield* sleep(0);
        expect(String(yield* thrown(copas.loop()))).to.match(/is running already/);
        yield* sleep(0);
        yield* loop.halt();
        expect(log).to.deep.equal(["cleaned up"]);
        expect(copas.running).to.equal(false);
        yield* copas.loop();
      }));

    it("cancelall ends it, with all threads and servers", () =>
      check(function* () {
        const ended: string[] = [];
        let server: Tcp | undefined;
        yield* loop(function* () {
          server = socket.try(yield* socket.bind("127.0.0.1", 0));
          copas.addserver(server, function* () {});
          copas.addthread(function* () {
            try {
              yield* copas.pause(100);
            } finally {
              ended.push("thread");
            }
          });
          yield* copas.pause();
          copas.cancelall();
        });
        expect(ended).to.deep.equal(["thread"]);
        expect(server!.closed).to.equal(true);
      }));
  });

  describe(where + "copas threads", () => {
    it("wakeup ends a pause, also one for ever, and says when there is none to end", () =>
      check(function* () {
        yield* loop(function* () {
          const slept: number[] = [];
          const sleeper = copas.addthread(function* () {
            slept.push(yield* copas.pause(100));
            slept.push(yield* copas.pauseforever());
            slept.push(yield* copas.sleep(-1));
            slept.push(yield* copas.pause());
          });
          expect(copas.wakeup(sleeper)).to.deep.equal([undefined, "not sleeping", undefined]);
          for (let i = 0; i < 3; i++) {
            yield* copas.pause();
            expect(copas.wakeup(sleeper)).to.deep.equal([true]);
            expect(copas.wakeup(sleeper)[1]).to.equal("not sleeping");
          }
          yield* until(() => slept.length === 4);
          expect(slept).to.have.length(4);
          expect(slept[0]).to.be.lessThan(50);
          expect(copas.wakeup(sleeper)[1]).to.equal("not sleeping");
        });
      }));

    it("currentthread is who can be woken, in a handler, worker, timer, timeout, future and their children", () =>
      check(function* () {
        const woken: string[] = [];
        function* sleeper(): Operation<void> {
          const me = copas.currentthread();
          copas.addnamedthread("waker", () => copas.wakeup(me));
          yield* copas.pauseforever();
          woken.push(me.name.replace(/\d+/, "N"));
        }
        const server = yield* listening();
        yield* loop(function* () {
          const done = function* (count: number): Operation<void> {
            while (woken.length < count) yield* copas.pause();
          };
          copas.addserver(server, sleeper, undefined, "srv");
          const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
          yield* done(1);
          client.close();
          copas.removeserver(server);
          const udp = socket.udp();
          yield* udp.setsockname("127.0.0.1", 0);
          copas.addserver(udp, sleeper, undefined, "udp");
          yield* done(2);
          copas.removeserver(udp);
          const items = copas.queue.new<number>({ name: "queue" });
          items.add_worker(sleeper);
          yield* items.push(1);
          yield* done(3);
          items.destroy();
          copas.timer.new({ name: "timer", delay: 0, callback: sleeper });
          yield* done(4);
          copas.timeout(0.001, sleeper);
          yield* done(5);
          copas.future.addnamedthread("future", sleeper);
          yield* done(6);
          copas.limit.new(1).addthread(sleeper);
          yield* done(7);
          yield* sleeper();
          yield* yield* fork(sleeper);
        });
        expect(woken).to.deep.equal([
          "srv:handler_N",
          "udp:handler",
          "queue:worker_N",
          "timer",
          "copas_initializer:timeout",
          "future",
          "thread_N",
          "copas_initializer",
          "copas_initializer",
        ]);
        expect(() => copas.currentthread()).to.throw(TypeError, "no thread of copas");
      }));

    it("currentthread is there without the loop, too, and so is its timeout", () =>
      check(function* () {
        const log: string[] = [];
        const items = yield* queue.new<number>({ name: "queue" });
        items.add_worker(function* () {
          const me = copas.currentthread();
          copas.timeout(0.001, (thread) => {
            log.push(`${thread.name} ${thread === me}`);
            copas.wakeup(thread);
          });
          yield* copas.pauseforever();
          log.push("woken");
        });
        yield* items.push(1);
        yield* items.finish();
        expect(log).to.deep.equal(["queue:worker_1 true", "woken"]);
        expect(copas.gettimeouts()).to.equal(0);
      }));

    it("removethread is prompt, cleanup runs, also before it began", () =>
      check(function* () {
        const log: string[] = [];
        const never = copas.addthread(function* () {
          log.push("never");
        });
        copas.removethread(never);
        yield* loop(function* () {
          const server = yield* listening();
          const waiting = copas.addthread(function* () {
            try {
              yield* server.accept();
            } finally {
              log.push("removed");
            }
          });
          yield* copas.pause();
          copas.removethread(waiting);
          copas.removethread(waiting);
          yield* copas.pause();
          expect(log).to.deep.equal(["removed"]);
        });
      }));

    it("an error goes to the thread's handler, or everybody's, and the loop goes on", () =>
      check(function* () {
        const log: string[] = [];
        yield* ensure(() => copas.seterrorhandler(undefined, true));
        yield* loop(function* () {
          copas.seterrorhandler(
            (error, thread) => log.push(`all: ${thread.name} ${String(error)}`),
            true,
          );
          copas.addnamedthread("a", function* () {
            throw new Error("first");
          });
          yield* until(() => log.length === 1);
          copas.addnamedthread("b", function* () {
            copas.seterrorhandler((error) => log.push(`own: ${String(error)}`));
            expect(copas.geterrorhandler()).to.not.equal(undefined);
            throw new Error("second");
          });
          yield* until(() => log.length === 2);
          log.push("still here");
        });
        expect(log).to.deep.equal(["all: a Error: first", "own: Error: second", "still here"]);
        expect(copas.gettraceback(new Error("x"))).to.match(
          /^Error: x \(coroutine: nil, socket: nil\)\nstack traceback:\n {4}at /,
        );
      }));

    it("timeout calls back once, in a thread of its own; 0 cancels, a new one replaces", () =>
      check(function* () {
        const log: string[] = [];
        yield* loop(function* () {
          copas.addnamedthread("worker", function* () {
            const note = (text: string) => (thread: Thread) =>
              void log.push(`${text} ${thread.name}`);
            copas.timeout(A_MOMENT, note("replaced"));
            copas.timeout(2 * A_MOMENT, note("late"));
            expect(copas.gettimeouts()).to.equal(1);
            yield* copas.pause(6 * A_MOMENT);
            copas.timeout(A_MOMENT, note("cancelled"));
            copas.timeout(0);
            expect(copas.gettimeouts()).to.equal(0);
            // Ends with its thread.
            copas.timeout(A_MOMENT, note("never"));
          });
        });
        expect(log).to.deep.equal(["late worker"]);
        expect(() => copas.timeout(-1)).to.throw(TypeError, "0 or more");
        for (const none of [undefined, 5 as never])
          expect(() => copas.timeout(1, none)).to.throw(TypeError, "takes a callback");
        expect(() => copas.timeout(1, () => {})).to.throw(TypeError, "no thread of copas");
        expect(() => copas.getthreadname()).to.throw(TypeError, "no thread of copas");
        expect(() => copas.addthread(5 as never)).to.throw(TypeError, "a generator function");
      }));

    const many = times(1000, 10_000);
    it(`${many} sleep and are woken`, () =>
      check(function* () {
        let woken = 0;
        yield* loop(function* () {
          const sleepers = Array.from({ length: many }, () =>
            copas.addthread(function* () {
              yield* copas.pauseforever();
              woken++;
            }),
          );
          while (copas.status().inactive < many) yield* copas.pause();
          for (const sleeper of sleepers) copas.wakeup(sleeper);
        });
        expect(woken).to.equal(many);
      }));
  });

  describe(where + "copas.timer", () => {
    it("fires once, or again and again; an error does not end it; cancel lets a callback finish (206)", () =>
      check(function* () {
        const log: string[] = [];
        yield* loop(function* () {
          const once = copas.timer.new({
            delay: 0.001,
            params: "p",
            callback: (_, params) => void log.push(`once ${params}`),
          });
          expect(once.arm()[1]).to.equal("already armed");
          yield* until(() => log.length === 1);
          expect(once.cancel()[1]).to.equal("not armed");
          expect(once.arm(0)[0]).to.equal(once);
          expect(once.cancel()[0]).to.equal(once);
          expect(once.cancel()[1]).to.equal("not armed");
          let times = 0;
          copas.timer.new({
            delay: 0.001,
            recurring: true,
            errorhandler: (error) => log.push((error as Error).message),
            *callback(timer) {
              if (++times === 2) throw new Error("second");
              if (times === 3) timer.cancel();
              yield* copas.pause(A_MOMENT);
              log.push(`times ${times}`);
            },
          });
        });
        expect(log).to.deep.equal(["once p", "times 1", "second", "times 3"]);
        expect(() => copas.timer.new({ delay: -1, callback() {} })).to.throw(
          TypeError,
          "delay must be",
        );
        expect(() => copas.timer.new({ delay: 1 } as never)).to.throw(
          TypeError,
          "callback must be",
        );
      }));

    it("keeps to a fixed rate, if it is told to", () =>
      check(function* () {
        let calls = 0;
        yield* loop(function* () {
          copas.timer.new({
            delay: 0.002,
            recurring: true,
            fixed_rate: true,
            *callback(timer) {
              yield* copas.pause(A_MOMENT);
              if (++calls === 4) timer.cancel();
            },
          });
        });
        expect(calls).to.equal(4);
      }));
  });

  describe(where + "copas.future", () => {
    it("gives every getter what the thread returned, or threw", () =>
      check(function* () {
        yield* loop(function* () {
          const good = copas.future.addthread(function* (n: number) {
            yield* settle();
            return n + 1;
          }, 41);
          const bad = copas.future.addnamedthread("bad", function* () {
            throw new Error("no");
          });
          expect(good.try()).to.deep.equal([copas.future.PENDING]);
          const getters = [];
          for (let i = 0; i < 10_000; i++) getters.push(yield* fork(() => good.get()));
          yield* getters[17]!.halt();
          getters.splice(17, 1);
          for (const getter of getters) expect(yield* getter).to.deep.equal([true, 42]);
          expect(good.try()).to.deep.equal([copas.future.SUCCESS, 42]);
          expect((yield* bad.get())[0]).to.equal(false);
          expect(bad.try()[0]).to.equal(copas.future.ERROR);
          expect(good.cancel()).to.equal(false);
        });
      }));

    it("cancelled, or removed, its getters are told", () =>
      check(function* () {
        yield* loop(function* () {
          let cleaned = false;
          const future = copas.future.addthread(function* () {
            try {
              yield* copas.pause(100);
            } finally {
              cleaned = true;
            }
          });
          const getter = yield* fork(() => future.get());
          yield* copas.pause();
          expect(copas.status()).to.include({ running: true, timer: 1 });
          expect(future.cancel()).to.equal(true);
          expect(yield* getter).to.deep.equal([false, "cancelled"]);
          expect(future.cancel()).to.equal(false);
          yield* copas.pause();
          expect(cleaned).to.equal(true);
        });
      }));
  });
}
