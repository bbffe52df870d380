/** Timer, future, limit and queue: edges of each; and all of them without the loop, as children of whoever made them. */
import { expect } from "chai";
import { ensure, type Operation, scoped, spawn } from "effection";
import { fork, sleep } from "cosocket";
import { copas, future, limit, lock, queue, semaphore, timer } from "cosocket/copas";
import { settle } from "cosocket/testing";
import { A_MOMENT } from "../../support/check.js";
import { loop } from "../../support/loop.js";
import { thrown, until } from "../../support/pairs.js";
import { simulated } from "../../support/simulated.js";
import { worlds } from "../../support/transports.js";

for (const { where, check } of worlds) {
  describe(where + "copas.limit", () => {
    it("runs at most so many at a time, in their order; wait ends after the last", () =>
      check(function* () {
        const log: string[] = [];
        yield* loop(function* () {
          const tasks = copas.limit.new(2);
          let running = 0;
          for (let i = 0; i < 6; i++)
            tasks.addthread(function* (name: string) {
              expect(++running).to.be.at.most(2);
              log.push(name);
              yield* copas.pause(A_MOMENT);
              running--;
            }, `task ${i}`);
          tasks.next();
          yield* tasks.wait();
          log.push("all");
          yield* tasks.wait();
        });
        expect(log).to.deep.equal([...[0, 1, 2, 3, 4, 5].map((i) => `task ${i}`), "all"]);
      }));

    it("one that fails, or is removed, makes room", () =>
      check(function* () {
        const log: string[] = [];
        yield* ensure(() => copas.seterrorhandler(undefined, true));
        yield* loop(function* () {
          copas.seterrorhandler((error) => log.push((error as Error).message), true);
          const tasks = copas.limit.new(1);
          tasks.addthread(function* () {
            throw new Error("failed");
          });
          const running = tasks.addthread(() => copas.pause(1000));
          const waiting = tasks.addthread(() => void log.push("never"));
          tasks.addthread(() => void log.push("last"));
          yield* settle();
          tasks.removethread(waiting);
          tasks.removethread(running);
          yield* tasks.wait();
          tasks.removethread(running);
        });
        expect(log).to.deep.equal(["failed", "last"]);
        expect(() => copas.limit.new(0)).to.throw(TypeError, "positive number");
        expect(() => copas.limit.new(1).addthread(5 as never)).to.throw(
          TypeError,
          "takes a function",
        );
      }));
  });

  describe(where + "copas.timer, its edges", () => {
    it("outside of the loop it begins with it; cancelled before, never", () =>
      check(function* () {
        const log: string[] = [];
        const early = copas.timer.new({ delay: 0, callback: () => void log.push("early") });
        const never = copas.timer.new({ delay: 0, callback: () => void log.push("never") });
        expect(early.arm()[1]).to.equal("already armed");
        expect(never.cancel()).to.deep.equal([never]);
        expect(never.cancel()[1]).to.equal("not armed");
        expect(log).to.deep.equal([]);
        yield* copas.loop();
        expect(log).to.deep.equal(["early"]);
        expect(early.cancel()[1]).to.equal("not armed");
      }));

    it("initial_delay is for the first call; an error goes to copas's handler; the loop's end disarms", () =>
      check(function* () {
        const log: string[] = [];
        yield* ensure(() => copas.seterrorhandler(undefined, true));
        let kept: ReturnType<typeof copas.timer.new> | undefined;
        yield* loop(function* () {
          copas.seterrorhandler(
            (error, thread) => log.push(`${thread.name}: ${String(error)}`),
            true,
          );
          kept = copas.timer.new({
            name: "t",
            delay: 1000,
            initial_delay: 0.001,
            recurring: true,
            callback: () => {
              throw new Error("in the callback");
            },
          });
          yield* until(() => log.length === 1);
          copas.cancelall();
        });
        expect(log).to.deep.equal(["t: Error: in the callback"]);
        expect(kept!.cancel()[1]).to.equal("not armed");
        for (const wrong of [{ initial_delay: -1 }, { delay: Number.NaN }, { delay: "1" as never }])
          expect(() => copas.timer.new({ delay: 1, callback() {}, ...wrong })).to.throw(
            TypeError,
            "must be a number of seconds",
          );
        expect(() => kept!.arm(-1)).to.throw(TypeError, "must be a number of seconds");
      }));

    it("armed again it waits for its delay; initial_delay was for the first time", () =>
      simulated()(function* () {
        const times: number[] = [];
        const start = copas.gettime();
        yield* loop(function* () {
          const timer = copas.timer.new({
            delay: 5,
            initial_delay: 1,
            callback: () => void times.push(Math.round(copas.gettime() - start)),
          });
          yield* copas.pause(2);
          timer.arm();
          yield* copas.pause(6);
          timer.arm(2);
        });
        expect(times).to.deep.equal([1, 7, 10]);
      }));

    it("a fixed rate catches up after a callback that took too long", () =>
      check(function* () {
        const starts: number[] = [];
        yield* loop(function* () {
          const begin = copas.gettime();
          copas.timer.new({
            delay: A_MOMENT,
            recurring: true,
            fixed_rate: true,
            *callback(self) {
              starts.push(copas.gettime() - begin);
              if (starts.length === 3) self.cancel();
              if (starts.length === 1) yield* copas.pause(2 * A_MOMENT);
            },
          });
        });
        expect(starts).to.have.length(3);
      }));
  });

  describe(where + "copas.future, its edges", () => {
    it("may be called; without the loop it is pending; removed, it is cancelled", () =>
      check(function* () {
        const early = copas.future.addthread(function* () {
          return "done";
        });
        expect(early.try()).to.deep.equal([copas.future.PENDING]);
        yield* loop(function* () {
          expect(yield* early()).to.deep.equal([true, "done"]);
          expect(early.try()).to.deep.equal([copas.future.SUCCESS, "done"]);
        });
        const never = copas.future.addnamedthread("never", function* () {});
        expect(never.cancel()).to.equal(true);
        expect(never.try()).to.deep.equal([copas.future.ERROR, "cancelled"]);
        expect(never.cancel()).to.equal(false);
        expect(yield* never.get()).to.deep.equal([false, "cancelled"]);
        yield* copas.loop();
        expect(() => copas.future.addthread(5 as never)).to.throw(
          TypeError,
          "a generator function",
        );
      }));
  });

  describe(where + "lock, semaphore and queue, destroyed and misused", () => {
    it("answer destroyed, whatever is asked, as often as it is asked", () =>
      check(function* () {
        const [mutex, sema, items] = [lock.new(), semaphore.new(2, 1), yield* queue.new<number>()];
        for (let i = 0; i < 2; i++) {
          const answer = i === 0 ? [true] : [undefined, "destroyed", undefined];
          for (const object of [mutex, sema, items]) expect(object.destroy()).to.deep.equal(answer);
          for (const [, error] of [
            yield* mutex.get(0),
            mutex.release(),
            yield* sema.take(5),
            sema.give(5),
            sema.get_count(),
            sema.get_wait(),
            yield* items.push(1),
            yield* items.pop(0),
            items.stop(),
            yield* items.finish(0),
            items.get_size(),
            items.get_workers(),
          ])
            expect(error).to.equal("destroyed");
        }
      }));

    it("negative and other bad timeouts are refused, with the fix", () =>
      check(function* () {
        const [mutex, sema, items] = [lock.new(), semaphore.new(2, 1), yield* queue.new<number>()];
        for (const wrong of [-1, Number.NaN, "1" as never]) {
          for (const call of [
            () => mutex.get(wrong),
            () => sema.take(1, wrong),
            () => items.pop(wrong),
            () => items.push(1, wrong),
            () => lock.new(wrong),
            () => semaphore.new(1, 0, wrong),
            () => items.finish(wrong),
          ])
            expect(call).to.throw(TypeError, "must be a number of seconds, 0 or more");
        }
      }));
  });

  describe(where + "without the loop", () => {
    it("a queue's workers, a timer, a future and a limit are children of whoever made them", () =>
      check(function* () {
        const log: string[] = [];
        const owner = yield* fork(function* () {
          const items = yield* queue.new<string>();
          items.add_worker((item) => void log.push(item));
          yield* timer.new({
            delay: A_MOMENT,
            recurring: true,
            callback: () => void log.push("tick"),
          });
          const answer = yield* future.addthread(function* (n: number) {
            yield* sleep(A_MOMENT);
            return n + 1;
          }, 41);
          const named = yield* future.addnamedthread("named", function* () {
            throw new Error("no");
          });
          const tasks = yield* limit.new(1);
          tasks.addthread(() => void log.push("task"));
          yield* tasks.wait();
          yield* items.push("item");
          expect(yield* answer.get()).to.deep.equal([true, 42]);
          expect((yield* named.get())[0]).to.equal(false);
          yield* until(() => log.includes("tick"));
          expect(copas.status().inactive).to.equal(0);
          yield* sleep(Infinity);
        });
        yield* until(() => log.includes("tick") && log.includes("item"));
        yield* owner.halt();
        const before = log.length;
        yield* sleep(4 * A_MOMENT);
        expect(log.length).to.equal(before);
        expect(log.slice(0, 2).sort()).to.deep.equal(["item", "task"]);
      }));

    it("in a plain Effection task, too; their errors are its errors", () =>
      check(function* () {
        const failure = yield* thrown(
          scoped(function* () {
            const tasks = yield* limit.new(2);
            tasks.addthread(function* () {
              throw new Error("in a task");
            });
            yield* sleep(Infinity);
          }),
        );
        expect(String(failure)).to.equal("Error: in a task");
      }));

    it("cannot start threads when their owner has ended", () =>
      check(function* () {
        const items = yield* yield* fork(() => queue.new<number>());
        expect(() => items.add_worker(() => {})).to.throw(TypeError, "has ended");
        yield* items.push(1);
        expect(yield* items.pop()).to.deep.equal([1]);
        const orphan = yield* yield* spawn(() => queue.new<number>());
        expect(() => orphan.add_worker(() => {})).to.throw(TypeError, "has ended");
      }));
  });

  describe(where + "threads, their edges", () => {
    it("name and function may change places; both are checked; the name is seen by fibers()", () =>
      check(function* () {
        const names: string[] = [];
        yield* loop(function* () {
          const note = function* (): Operation<void> {
            names.push(copas.getthreadname());
            copas.setthreadname(`${copas.getthreadname()}!`);
            names.push(copas.getthreadname());
            yield* copas.pauseforever();
          };
          copas.addnamedthread("new order", note);
          const old = copas.addnamedthread(note, "old order");
          yield* copas.pause(0);
          expect(old.fiber!.name).to.equal("old order!");
          copas.setthreadname("from outside", old);
          expect(copas.getthreadname(old)).to.equal("from outside");
          expect(String(old)).to.equal("thread from outside");
        });
        expect(names).to.deep.equal(["new order", "new order!", "old order", "old order!"]);
        expect(() => copas.addnamedthread(5 as never, function* () {})).to.throw(
          TypeError,
          "a name",
        );
        expect(() => copas.addnamedthread("x", 5 as never)).to.throw(
          TypeError,
          "generator function",
        );
        expect(() => copas.setthreadname(5 as never)).to.throw(TypeError, "takes a name");
        expect(() => copas.setthreadname("x")).to.throw(TypeError, "no thread of copas");
      }));

    it("pause, sleep and timeout check their seconds; wakeup and removethread of nobody do nothing", () =>
      check(function* () {
        for (const wrong of ["1", Number.NaN]) {
          expect(() => copas.pause(wrong as never)).to.throw(TypeError, "number of seconds");
          expect(() => copas.sleep(wrong as never)).to.throw(TypeError, "number of seconds");
          expect(() => copas.timeout(wrong as never)).to.throw(TypeError, "0 or more");
        }
        expect(copas.wakeup(undefined)).to.deep.equal([undefined, "not sleeping", undefined]);
        expect(copas.removethread(undefined)).to.equal(undefined);
        expect(yield* copas.pause(-5)).to.be.at.least(0);
        expect(yield* copas.sleep()).to.be.at.least(0);
        expect(() => copas.seterrorhandler(5 as never, true)).to.throw(
          TypeError,
          "takes a function",
        );
        expect(() => copas.seterrorhandler(() => {})).to.throw(TypeError, "no thread of copas");
        expect(copas.geterrorhandler()).to.be.a("function");
      }));

    it("an error handler that fails does not stop the loop", () =>
      check(function* () {
        const log: string[] = [];
        const { error: before } = console;
        yield* ensure(() => void (console.error = before));
        console.error = (text: string) => void log.push(text);
        yield* loop(function* () {
          copas.addnamedthread("a", function* () {
            copas.seterrorhandler(() => {
              throw new Error("in the handler");
            });
            throw new Error("in the thread");
          });
          yield* until(() => log.length === 2);
          log.push("still here");
        });
        expect(log).to.have.length(3);
        expect(log[0]).to.match(/^Error: in the thread \(coroutine: a, socket: nil\)\n/);
        expect(log[1]).to.match(
          /^Failed executing error handler: Error: in the handler \(coroutine: a, socket: nil\)\n/,
        );
        expect(log[2]).to.equal("still here");
      }));
  });
}
