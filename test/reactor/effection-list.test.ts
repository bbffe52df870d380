/** What fork does differently from Effection's spawn: docs/effection.md, row by row, both sides of each. */
import { expect } from "chai";
import {
  all,
  call,
  createContext,
  ensure,
  type Operation,
  race,
  resource,
  run as effectionRun,
  scoped,
  spawn,
  suspend,
  useScope,
  withResolvers,
} from "effection";
import {
  all as lightAll,
  type Fiber,
  fork,
  HaltedError,
  run,
  sleep,
  socket,
  type Tcp,
} from "cosocket";
import { check } from "../support/check.js";
import { thrown } from "../support/pairs.js";
import { inVirtualTime } from "../support/simulated.js";

/** A task of either kind. */
interface Child extends Operation<unknown> {
  halt(): Operation<void>;
}
type Begin = (body: () => Operation<unknown>) => Operation<Child>;

const both: [name: string, begin: Begin][] = [
  ["spawn", spawn as Begin],
  ["fork", fork as Begin],
];

/** What is logged with each of them. */
function* each(program: (begin: Begin, log: string[]) => Operation<void>): Operation<object> {
  const logs: Record<string, string[]> = {};
  for (const [name, begin] of both) {
    const log: string[] = (logs[name] = []);
    yield* program(begin, log);
  }
  return logs;
}

const Colour = createContext<string>("colour", "none");

describe("beside Effection", () => {
  it("1: those that are ready run in the order of becoming ready, after those that are halted", () =>
    check(function* () {
      const log: string[] = [];
      yield* yield* fork(function* () {
        const halted = yield* fork(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            log.push("halted");
          }
        });
        yield* sleep(0);
        for (const name of ["a", "b"])
          yield* fork(function* () {
            log.push(name);
          });
        yield* halted.halt();
        yield* sleep(0);
      });
      expect(log).to.deep.equal(["halted", "a", "b"]);
    }));

  it("2: cleanup after a halt is not broken off by a child that fails meanwhile", () =>
    inVirtualTime(function* () {
      const logs = yield* each(function* (begin, log) {
        yield* thrown(
          scoped(function* () {
            const task = yield* begin(function* () {
              yield* begin(function* () {
                yield* sleep(2);
                throw new Error("child");
              });
              try {
                yield* sleep(Infinity);
              } finally {
                yield* sleep(3);
                log.push("clean");
              }
            });
            yield* sleep(1);
            yield* task.halt();
          }),
        );
      });
      expect(logs).to.deep.equal({ spawn: [], fork: ["clean"] });
    }));

  it("3: what the cleanup of a halted fiber throws goes up when nobody waits for the halt", () =>
    inVirtualTime(function* () {
      const logs = yield* each(function* (begin, log) {
        const outcome = yield* thrown(
          scoped(function* () {
            const task = yield* begin(function* () {
              try {
                yield* sleep(Infinity);
              } finally {
                yield* sleep(1);
                // eslint-disable-next-line no-unsafe-finally
                throw new Error("cleanup");
              }
            });
            yield* sleep(0);
            const halter = yield* spawn(() => task.halt());
            yield* sleep(0);
            yield* halter.halt();
            yield* sleep(5);
          }),
        );
        log.push(String(outcome));
      });
      expect(logs).to.deep.equal({ spawn: ["undefined"], fork: ["Error: cleanup"] });
    }));

  it("4: fibers of a scope are halted last-born first, at the place of the first among its tasks", () =>
    check(function* () {
      const logs = yield* each(function* (begin, log) {
        yield* scoped(function* () {
          const child = (name: string) =>
            function* (): Operation<void> {
              try {
                yield* sleep(Infinity);
              } finally {
                log.push(name);
              }
            };
          yield* begin(child("a"));
          yield* spawn(child("task"));
          yield* begin(child("b"));
          yield* begin(child("c"));
          yield* sleep(0);
        });
      });
      expect(logs).to.deep.equal({ spawn: ["c", "b", "task", "a"], fork: ["task", "c", "b", "a"] });
    }));

  it("5: a child that was forked before its parent was promoted does not see later contexts", () =>
    check(function* () {
      const seen: unknown[] = [];
      const child = function* (): Operation<void> {
        yield* sleep(0);
        yield* sleep(0);
        seen.push(yield* Colour.get());
      };
      for (const first of [() => sleep(0), useScope] as (() => Operation<unknown>)[])
        yield* yield* fork(function* () {
          yield* first();
          const task = yield* fork(child);
          yield* Colour.set("red");
          yield* task;
        });
      expect(seen).to.deep.equal(["none", "red"]);
    }));

  it("6: joining one that was halted throws HaltedError with its name", () =>
    check(function* () {
      const fiber = yield* fork(() => sleep(Infinity), { name: "sleeper" });
      yield* fiber.halt();
      const error = yield* thrown(fiber);
      expect(error).to.be.instanceOf(HaltedError);
      expect(String(error)).to.equal("HaltedError: halted: sleeper");
    }));

  it("7: run begins when the caller's turn ends", async () => {
    const log: string[] = [];
    const body = (name: string) =>
      function* (): Operation<void> {
        log.push(name);
      };
    const theirs = effectionRun(body("Effection's"));
    const ours = run(body("ours"));
    log.push("called");
    await Promise.all([theirs, ours]);
    expect(log).to.deep.equal(["Effection's", "called", "ours"]);
  });

  it("8: what plain Effection code makes is nobody's, also when a fiber uses it", () =>
    check(function* () {
      const server = socket.tcp();
      yield* ensure(() => void server.close());
      const fiber: Fiber<unknown> = yield* fork(() => server.bind("127.0.0.1", 0));
      yield* fiber;
      expect(server.closed).to.equal(false);
    }));

  it("8: in a task of a fiber, what connect makes is the fiber's, and what accept() and socket.tcp() make nobody's", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const port = server.getsockname()[1] as number;
      const connect = () => socket.connect("127.0.0.1", port);
      const makers: Record<string, () => Operation<Tcp>> = {
        connect: function* () {
          return socket.try(yield* connect());
        },
        accept: function* () {
          yield* connect();
          return socket.try(yield* server.accept());
        },
        tcp: function* () {
          const master = socket.tcp();
          socket.try(yield* master.connect("127.0.0.1", port));
          return master;
        },
      };
      const places: Record<string, (make: () => Operation<void>) => Operation<unknown>> = {
        spawn: function* (make) {
          yield* yield* spawn(make);
        },
        "a halted task": function* (make) {
          const { operation: made, resolve } = withResolvers<void>();
          yield* race([
            made,
            call(function* () {
              yield* make();
              resolve();
              yield* suspend();
            }),
          ]);
        },
        race: (make) => race([call(make), sleep(1)]),
        all: (make) => all([call(make)]),
        resource: (make) =>
          scoped(() =>
            resource<void>(function* (provide) {
              yield* make();
              yield* provide();
            }),
          ),
        scoped: (make) => scoped(make),
      };
      for (const [what, maker] of Object.entries(makers)) {
        for (const [where, place] of Object.entries(places)) {
          let made: Tcp | undefined;
          yield* yield* fork(function* () {
            yield* place(function* () {
              made = yield* maker();
            });
            expect(made?.closed, `${what} in ${where}, the fiber lives`).to.equal(false);
          });
          const ofFiber = what === "connect" || where === "scoped";
          expect(made?.closed, `${what} in ${where}`).to.equal(ofFiber);
          made?.close();
        }
      }
      server.close();
    }));

  it("10: a combinator that is halted ends before the code around it is cleaned up, all that it has begun at a time", () =>
    inVirtualTime(function* () {
      const logs: string[] = [];
      for (const combine of [all, lightAll as typeof all]) {
        let log = "";
        const halted = yield* fork(function* () {
          const part = (name: string) =>
            (function* () {
              try {
                yield* sleep(Infinity);
              } finally {
                log += `${name} `;
                yield* sleep(1);
                log += `/${name} `;
              }
            })();
          try {
            yield* combine([part("a"), part("b")]);
          } finally {
            log += "around";
          }
        });
        yield* sleep(1);
        yield* halted.halt();
        logs.push(log.trim());
      }
      expect(logs).to.deep.equal(["aroundb /b a /a", "a b /a /b around"]);
    }));
});
