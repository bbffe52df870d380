/** What is told of errors, by default and to handlers; and that nothing that may be thrown ends anybody else. */
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, serve, sleep, socket, type Tcp } from "cosocket";
import { copas, queue, timer } from "cosocket/copas";
import { settle } from "cosocket/testing";
import { loop } from "../../support/loop.js";
import { check, RawPeer } from "../../support/check.js";
import { listening, portOf, until } from "../../support/pairs.js";

/** An error one of whose properties throws. */
function throwing(name: "stack" | "cause"): Error {
  return Object.defineProperty(new Error("hidden"), name, {
    get(): unknown {
      throw new Error(`from the ${name}`);
    },
  });
}

/** What may be thrown and cannot be told easily. */
const HOSTILE: readonly (readonly [what: string, make: () => unknown])[] = [
  ["an object without a prototype", () => Object.create(null)],
  ["null", () => null],
  ["undefined", () => undefined],
  ["a symbol", () => Symbol("s")],
  ["a bigint", () => 10n],
  ["an object", () => ({ code: 7 })],
  ["a function", () => () => {}],
  ["an error whose stack throws", () => throwing("stack")],
  [
    "an error whose stack is no text",
    () => Object.assign(new Error("odd"), { stack: Symbol("x") }),
  ],
  ["an error whose stack is empty", () => Object.assign(new Error("bare"), { stack: "" })],
  ["an error whose cause throws", () => throwing("cause")],
  [
    "an error that is its own cause",
    () => {
      const error = new Error("round");
      error.cause = error;
      return error;
    },
  ],
  [
    "what has no text and cannot be inspected",
    () => ({
      toString(): string {
        throw new Error("from toString");
      },
      [Symbol.for("nodejs.util.inspect.custom")](): string {
        throw new Error("from inspect");
      },
    }),
  ],
  [
    "a proxy that refuses everything",
    () => {
      const refuse = (): never => {
        throw new Error("from the proxy");
      };
      return new Proxy(
        {},
        { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse, set: refuse },
      );
    },
  ],
  [
    "a revoked proxy",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  ],
];

/** What is printed meanwhile. */
function* printed(): Operation<string[]> {
  const log: string[] = [];
  const { error: before } = console;
  yield* ensure(() => void (console.error = before));
  console.error = (text: string) => void log.push(text);
  return log;
}

describe("copas's error handler", () => {
  it("prints the message with the names of thread and socket, and a traceback, as Copas does", () =>
    check(function* () {
      const log = yield* printed();
      yield* loop(function* () {
        const server = yield* listening();
        copas.addserver(
          server,
          () => {
            throw new Error("in a handler");
          },
          undefined,
          "srv",
        );
        copas.addnamedthread("worker", function* () {
          throw new TypeError("two\nlines", { cause: new Error("why") });
        });
        copas.addnamedthread("text", function* () {
          throw "just text";
        });
        const peer = RawPeer.connect(portOf(server));
        yield* until(() => peer.ended);
        peer.socket.destroy();
        copas.removeserver(server);
      });
      const [worker, text, handler] = log;
      expect(worker).to.match(
        /^TypeError: two\nlines \(coroutine: worker, socket: nil\)\nstack traceback:\n {4}at .*errors\.test/,
      );
      expect(worker).to.match(/\n\[cause\]: Error: why\n {6}at /);
      expect(text).to.match(/^just text \(coroutine: text, socket: nil\)/);
      expect(handler).to.match(
        /^Error: in a handler \(coroutine: srv:handler_1, socket: srv:client_1\)\nstack traceback:\n {4}at .*errors\.test/,
      );
    }));

  it("gettraceback gives that text, with what there is of it", () =>
    check(function* () {
      expect(copas.gettraceback()).to.match(
        /^\(coroutine: nil, socket: nil\)\nstack traceback:\n {4}at .*errors\.test/,
      );
      expect(copas.gettraceback("text")).to.match(/^text \(coroutine: nil, socket: nil\)\nstack/);
      yield* loop(function* () {
        copas.setthreadname("me");
        const skt = socket.tcp();
        copas.setsocketname("mine", skt);
        expect(copas.gettraceback(new Error("x"), copas.currentthread(), skt)).to.match(
          /^Error: x \(coroutine: me, socket: mine\)\nstack traceback:\n {4}at /,
        );
        const other = copas.addnamedthread("other", () => copas.pause(5));
        yield* copas.pause();
        expect(copas.gettraceback("stuck", other)).to.equal(
          "stuck (coroutine: other, socket: nil)\nstack traceback:\n    waiting: copas.pause(5)",
        );
        copas.removethread(other);
      });
    }));

  for (const [what, make] of HOSTILE)
    it(`goes on after ${what} was thrown, by thread, worker, timer and server`, () =>
      check(function* () {
        const log = yield* printed();
        const fail = (): never => {
          throw make();
        };
        const items = yield* queue.new<number>();
        const done: number[] = [];
        items.add_worker((item) => {
          if (item === 1) fail();
          done.push(item);
        });
        yield* items.push(1);
        yield* items.push(2);
        yield* items.finish();
        expect(done).to.deep.equal([2]);
        let ticks = 0;
        yield* timer.new({
          delay: 0,
          recurring: true,
          callback: (self) => (++ticks === 1 ? fail() : self.cancel()),
        });
        yield* until(() => ticks === 2);
        const server = yield* listening();
        const serving = yield* fork(() => serve(server, fail));
        for (let i = 0; i < 2; i++) {
          const peer = RawPeer.connect(portOf(server));
          yield* until(() => peer.ended);
          peer.socket.destroy();
        }
        yield* serving.halt();
        yield* loop(function* () {
          copas.addthread(fail);
          yield* settle();
          log.push("still here");
        });
        expect(log).to.have.length(6);
        for (const text of log) expect(text).to.be.a("string").that.is.not.equal("");
        expect(() => copas.gettraceback(make(), undefined, make())).to.not.throw();
      }));
});

describe("an error handler of the user's that throws", () => {
  it("ends neither server, worker, timer nor loop; both errors are told", () =>
    check(function* () {
      const log = yield* printed();
      const bad = (error: unknown): void => {
        throw new Error(`about ${String(error)}`);
      };
      const fail = (): never => {
        throw new Error("first");
      };
      const items = yield* queue.new<number>();
      items.add_worker(fail, bad);
      yield* items.push(1);
      yield* items.push(2);
      yield* items.finish();
      let ticks = 0;
      yield* timer.new({
        delay: 0,
        recurring: true,
        errorhandler: bad,
        callback: (self) => (++ticks === 1 ? fail() : self.cancel()),
      });
      yield* until(() => ticks === 2);
      const server = yield* listening();
      const serving = yield* fork(() => serve(server, fail, { errorhandler: bad }));
      for (let i = 0; i < 2; i++) {
        const peer = RawPeer.connect(portOf(server));
        yield* until(() => peer.ended);
        peer.socket.destroy();
      }
      yield* serving.halt();
      yield* loop(function* () {
        copas.addthread(function* () {
          copas.seterrorhandler(bad);
          fail();
        });
        yield* settle();
      });
      expect(log.filter((text) => text.includes("Error: first"))).to.have.length.at.least(6);
      expect(log.filter((text) => text.includes("about Error: first"))).to.have.length(6);
    }));

  it("nor does a console.error that throws", () =>
    check(function* () {
      const { error: before } = console;
      yield* ensure(() => void (console.error = before));
      console.error = () => {
        throw new Error("no console");
      };
      const server = yield* listening();
      const serving = yield* fork(() =>
        serve(server, () => {
          throw new Error("in a handler");
        }),
      );
      const peer = RawPeer.connect(portOf(server));
      yield* until(() => peer.ended);
      peer.socket.destroy();
      yield* sleep(0);
      expect(serving.state).to.equal("parked");
      yield* serving.halt();
      yield* copas.loop(() => {
        throw new Error("in a thread");
      });
    }));

  it("is refused if it is an async function", () => {
    const wrong = (async () => {}) as never;
    const items = copas.queue.new();
    for (const set of [
      () => copas.seterrorhandler(wrong, true),
      () => items.add_worker(() => {}, wrong),
      () => copas.timer.new({ delay: 1, callback: () => {}, errorhandler: wrong }),
    ])
      expect(set).to.throw(TypeError, "takes a generator function, not an async one");
  });
});

describe("an error handler that waits", () => {
  it("can answer the client of the handler that failed, which is closed behind it", () =>
    check(function* () {
      let answer: unknown;
      yield* loop(function* () {
        const server = yield* listening();
        copas.addserver(server, function* (client) {
          copas.seterrorhandler(function* (error, _thread, skt: Tcp) {
            yield* copas.pause(0);
            yield* skt.send(`sorry: ${(error as Error).message}`);
          });
          yield* client.receive();
          throw new Error("no such page");
        });
        const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
        yield* client.send("GET\n");
        answer = yield* client.receive("*a");
        copas.removeserver(server);
      });
      expect(answer).to.deep.equal(["sorry: no such page"]);
    }));

  it("comes too late for the client where something forked has failed, but is run", () =>
    check(function* () {
      const log: unknown[] = [];
      yield* loop(function* () {
        copas.seterrorhandler(function* (error) {
          yield* copas.pause(0);
          log.push(String(error));
        });
        yield* fork(function* () {
          throw new Error("a child");
        });
        yield* copas.pause(1);
      });
      expect(log).to.deep.equal(["Error: a child"]);
    }));

  it("is told of, with the error that it was for, if it fails in its turn", () =>
    check(function* () {
      const log = yield* printed();
      const bad = function* (): Operation<void> {
        yield* copas.pause(0);
        throw new Error("second");
      };
      yield* loop(function* () {
        const items = copas.queue.new<number>();
        items.add_worker(() => {
          throw new Error("first");
        }, bad);
        yield* items.push(1);
        yield* items.finish();
        let ended = false;
        copas.timer.new({
          delay: 0,
          errorhandler: bad,
          callback: () => {
            ended = true;
            throw new Error("first");
          },
        });
        yield* until(() => ended);
        copas.addthread(() => {
          copas.seterrorhandler(bad);
          throw new Error("first");
        });
      });
      expect(log.filter((text) => text.startsWith("Error: first"))).to.have.length(3);
      expect(log.filter((text) => text.includes("error handler: Error: second"))).to.have.length(3);
    }));
});

describe("a plain error handler", () => {
  it("can still ask the client of the failed handler who it was", () =>
    check(function* () {
      const log: unknown[] = [];
      let own: unknown;
      yield* loop(function* () {
        const server = yield* listening();
        copas.addserver(server, () => {
          copas.seterrorhandler((_error, _thread, skt: Tcp) => log.push(skt.getpeername()));
          throw new Error("x");
        });
        const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
        own = client.getsockname();
        yield* client.receive("*a");
        copas.removeserver(server);
      });
      expect(log).to.deep.equal([own]);
    }));
});
