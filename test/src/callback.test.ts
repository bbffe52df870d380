/** What users give to be called back: plain or generator functions, wherever they are taken. */
import { expect } from "chai";
import type { Operation } from "effection";
import { fork, serve, type Handler } from "cosocket";
import { copas, limit, queue } from "cosocket/copas";
import { loop } from "../support/loop.js";
import { RawPeer, check } from "../support/check.js";
import { listening, portOf, until } from "../support/pairs.js";

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
            yield* copas.pause(0.001);
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
      const wrong = (async () => {
        throw new Error("in a promise");
      }) as unknown as () => void;
      yield* loop(function* () {
        copas.seterrorhandler(tell, true);
        copas.addthread(wrong);
        copas.timer.new({ delay: 0, callback: wrong, errorhandler: tell });
        yield* copas.pause(0.001);
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
});
