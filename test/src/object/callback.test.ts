/** What users give to be called back: plain or generator functions, wherever they are taken. */
import { expect } from "chai";
import { until as until_, type Operation } from "effection";
import { fork, run, serve, socket, type Handler } from "cosocket";
import { copas, limit, queue, timer } from "cosocket/copas";
import { explore, settle, simulate, type World } from "cosocket/testing";
import { loop } from "../../support/loop.js";
import { RawPeer, check } from "../../support/check.js";
import { listening, portOf, thrown, until } from "../../support/pairs.js";

/** What plain functions return by the way; none of it is an operation. */
const VALUES: readonly unknown[] = [
  undefined,
  null,
  0,
  5,
  10n,
  "",
  "text",
  true,
  false,
  Symbol("s"),
  [],
  [true],
  [undefined, "not sleeping"],
  new Map([[1, 2]]),
  new Set([1]),
  Buffer.from("bytes"),
  {},
  () => {},
];

describe("a callback", () => {
  it("of a thread, server, worker, timer, timeout, limit or handler may be a plain function, whatever it returns", () =>
    check(function* () {
      const errors: unknown[] = [];
      let calls = 0;
      const server = yield* listening();
      yield* loop(function* () {
        copas.seterrorhandler((error) => errors.push(error), true);
        try {
          for (const value of VALUES) {
            const plain = (() => {
              calls++;
              return value;
            }) as () => never;
            copas.addthread(plain);
            copas.limit.new(1).addthread(plain);
            copas.timer.new({ delay: 0, callback: plain, errorhandler: (e) => errors.push(e) });
            const items = copas.queue.new<number>();
            items.add_worker(plain, (e) => errors.push(e));
            yield* items.push(1);
            yield* items.finish();
            copas.timeout(0.001, plain);
            yield* until(() => copas.gettimeouts() === 0);
            copas.addserver(server, copas.handler(plain));
            const peer = RawPeer.connect(portOf(server));
            yield* until(() => peer.ended);
            peer.socket.destroy();
            copas.removeserver(server, true);
            yield* settle();
          }
        } finally {
          copas.seterrorhandler(undefined, true);
        }
      });
      expect(errors).to.deep.equal([]);
      expect(calls).to.equal(6 * VALUES.length);
    }));

  it("of serve may be one, too", () =>
    check(function* () {
      const server = yield* listening();
      const errors: unknown[] = [];
      let value: unknown;
      const handler = (() => value) as Handler;
      const serving = yield* fork(() =>
        serve(server, handler, { errorhandler: (error) => errors.push(error) }),
      );
      for (value of VALUES) {
        const peer = RawPeer.connect(portOf(server));
        yield* until(() => peer.ended);
        peer.socket.destroy();
      }
      expect(errors).to.deep.equal([]);
      yield* serving.halt();
    }));

  it("of a future gives what it returned; also a tuple", () =>
    check(function* () {
      yield* loop(function* () {
        for (const value of VALUES) {
          const answer = copas.future.addthread(() => value);
          expect(yield* answer.get()).to.deep.equal([true, value]);
        }
        const failing = copas.future.addthread((): number => {
          throw new Error("at once");
        });
        expect(String((yield* failing.get())[1])).to.equal("Error: at once");
      });
    }));

  it("that returns a promise is refused with the fix, and its rejection ends nobody", () =>
    check(function* () {
      const errors: string[] = [];
      const tell = (error: unknown): void => void errors.push(String(error));
      const wrong = (() => Promise.reject(new Error("in a promise"))) as unknown as () => void;
      yield* loop(function* () {
        copas.seterrorhandler(tell, true);
        copas.addthread(wrong);
        copas.timer.new({ delay: 0, callback: wrong, errorhandler: tell });
        yield* until(() => errors.length === 2);
        copas.seterrorhandler(undefined, true);
        const answer = copas.future.addthread(wrong);
        tell((yield* answer.get())[1]);
      });
      const items = yield* queue.new<number>();
      items.add_worker(wrong, tell);
      yield* items.push(1);
      yield* items.push(2);
      yield* items.finish();
      const tasks = yield* limit.new(1);
      tasks.addthread(function* (): Operation<void> {});
      yield* tasks.wait();
      expect(errors).to.have.length(5);
      for (const error of errors)
        expect(error).to.match(/^TypeError: a callback returned a promise.*generator function/);
    }));

  it("that an async generator function gives is refused, too, when it is called", () =>
    check(function* () {
      const errors: string[] = [];
      const tell = (error: unknown): void => void errors.push(String(error));
      const wrong = async function* () {};
      yield* loop(function* () {
        copas.seterrorhandler(tell, true);
        copas.addthread((() => wrong()) as unknown as () => void);
        yield* until(() => errors.length > 0);
        copas.seterrorhandler(undefined, true);
      });
      expect(errors).to.have.length(1);
      expect(errors[0]).to.match(/^TypeError: a callback returned a promise.*generator function/);
    }));

  it("of fork and run that gives a promise is refused, and the promise's rejection ends nobody", () =>
    check(function* () {
      const promised = (() => Promise.reject(new Error("in a promise"))) as never;
      const errors: unknown[] = [];
      yield* fork(promised, { boundary: (error) => errors.push(error) });
      errors.push(yield* thrown(until_(run(promised))));
      expect(errors).to.have.length(2);
      for (const error of errors)
        expect(String(error)).to.match(/returned a promise.*generator function/);
    }));
});

/** Whatever these are given, by way of `any`, they call later, if ever. */
const TAKERS: Record<string, (fn: never) => unknown> = {
  fork: (fn) => fork(fn),
  run: (fn) => run(fn),
  protect: (fn) => socket.protect(fn),
  newtry: (fn) => socket.newtry(fn),
  "copas.loop": (fn) => copas.loop(fn),
  "copas.addthread": (fn) => copas.addthread(fn),
  "copas.addnamedthread": (fn) => copas.addnamedthread("a thread", fn),
  "copas.timeout": (fn) => copas.timeout(1, fn),
  "copas.handler": (fn) => copas.handler(fn),
  "copas.timer.new": (fn) => copas.timer.new({ delay: 1, callback: fn }),
  "copas.queue.add_worker": (fn) => copas.queue.new().add_worker(fn),
  "copas.future.addthread": (fn) => copas.future.addthread(fn),
  "copas.limit.addthread": (fn) => copas.limit.new(1).addthread(fn),
  "copas.seterrorhandler": (fn) => copas.seterrorhandler(fn, true),
  "a worker's error handler": (fn) => copas.queue.new().add_worker(() => {}, fn),
  "a timer's error handler": (fn) =>
    copas.timer.new({ delay: 1, callback: () => {}, errorhandler: fn }),
};

/** These call it when something has gone wrong, and do not wait. */
const HANDLERS: Record<string, (fn: never) => unknown> = {
  "fork's boundary": (fn) => fork(function* () {}, { boundary: fn }),
  "fork's ended": (fn) => fork(function* () {}, { ended: fn }),
};

describe("an async function", () => {
  const ASYNC = "takes a generator function, not an async one: write `function*`";
  const functions = [async () => {}, async function () {}, async function* () {}] as never[];

  for (const [name, take] of Object.entries(TAKERS)) {
    it(`is refused by ${name}, at the call`, () => {
      for (const fn of functions) expect(() => take(fn)).to.throw(TypeError, ASYNC);
    });
  }

  it("is refused by serve, addserver, timer.new and world.host, at the call", () =>
    check(function* () {
      const server = yield* listening();
      for (const fn of functions) {
        expect(() => serve(server, fn)).to.throw(TypeError, ASYNC);
        expect(() => copas.addserver(server, fn)).to.throw(TypeError, ASYNC);
        const made = timer.new({ delay: 1, callback: fn });
        expect(String(yield* thrown(made))).to.include(ASYNC);
      }
    }));

  it("is refused by simulate, explore and world.host", async () => {
    const refused = async (promise: Promise<unknown>): Promise<void> => {
      const error: unknown = await promise.then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(error).to.be.instanceOf(TypeError);
      expect(String(error)).to.include(ASYNC);
    };
    for (const fn of functions) {
      await refused(simulate({}, fn));
      await refused(explore({ runs: 1 }, fn));
    }
    await simulate({}, function* (world: World) {
      for (const fn of functions) expect(() => world.host("a", fn)).to.throw(TypeError, ASYNC);
    });
  });
});

describe("an error handler", () => {
  const functions = [async () => {}, function* () {}, async function* () {}] as never[];

  for (const [name, take] of Object.entries(HANDLERS)) {
    it(`that cannot be a plain call is refused: ${name}`, () => {
      for (const fn of functions)
        expect(() => take(fn)).to.throw(TypeError, "takes a plain function: it cannot wait");
    });
  }

  it("that cannot be a plain call is refused: serve's", () =>
    check(function* () {
      const server = yield* listening();
      for (const fn of functions)
        for (const option of ["errorhandler", "onhandshakeerror"])
          expect(() => serve(server, function* () {}, { [option]: fn })).to.throw(
            TypeError,
            "takes a plain function: it cannot wait",
          );
    }));
});
