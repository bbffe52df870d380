/**
 * Bugs of Copas's, by the numbers of its issues: what it does, and what is done here. docs/copas.md has the table; a test sees to
 * it that each row has its test here.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { call, ensure } from "effection";
import { fork, sleep, socket } from "cosocket";
import { copas, future, lock, queue, semaphore } from "cosocket/copas";
import { reactor, systemClock } from "cosocket/reactor";
import { settle, simulate } from "cosocket/testing";
import { loop } from "../../support/loop.js";
import { A_MOMENT, check, RawPeer } from "../../support/check.js";
import { listening, pair, portOf, rawPair, until } from "../../support/pairs.js";
import { program, root } from "../../support/process.js";
import { identity } from "../../support/transports.js";

const serverParams = { key: identity.key, certificate: identity.certificate };

describe("bugs of Copas", () => {
  it("are all in the table, and all of the table is here", () => {
    const page = readFileSync(join(root, "docs/copas.md"), "utf8");
    const rows = [...page.matchAll(/^\| \[?(\d+|EMFILE|take|wakeup)\b/gm)].map(([, name]) => name!);
    const source = readFileSync(join(root, "test/src/copas/bugs.test.ts"), "utf8");
    const tests = [...source.matchAll(/ {2}it\(["`](\d+|EMFILE|take|wakeup):/g)].map(
      ([, name]) => name!,
    );
    expect(tests.sort()).to.deep.equal(rows.sort());
    expect(rows.length).to.be.greaterThan(15);
  });

  it("189: after a handshake that timed out the handler ran in clear text", () =>
    check(function* () {
      const server = yield* listening();
      const errors: string[] = [];
      let ran = false;
      yield* ensure(() => copas.seterrorhandler(undefined, true));
      yield* loop(function* () {
        copas.seterrorhandler((error) => errors.push(String(error)), true);
        const handler = copas.handler(
          function* () {
            ran = true;
          },
          { wrap: serverParams },
        );
        copas.addserver(server, handler, 0.01);
        const mute = RawPeer.connect(portOf(server));
        yield* until(() => mute.closed || mute.ended);
        copas.removeserver(server);
        mute.socket.destroy();
      });
      expect(errors).to.deep.equal(["Error: TLS/SSL handshake failed: timeout"]);
      expect(ran).to.equal(false);
    }));

  it("185: after a timeout the next receive failed at once with it", () =>
    check(function* () {
      const [a, b] = yield* pair();
      yield* loop(function* () {
        a.settimeout(0.001);
        for (let i = 0; i < 3; i++) expect((yield* copas.receive(a))[1]).to.equal("timeout");
        a.settimeout(100);
        const reading = yield* fork(() => copas.receive(a));
        yield* settle();
        expect(reading.state).to.equal("parked");
        yield* b.send("late\n");
        expect(yield* reading).to.deep.equal(["late"]);
      });
    }));

  it("208: a reader that timed out stayed in the queue, and the next one's wake-up went to it", () =>
    check(function* () {
      const [a, b] = yield* pair();
      const log: unknown[] = [];
      yield* loop(function* () {
        a.settimeout(0.001);
        copas.addthread(function* () {
          log.push((yield* copas.receive(a))[1]);
          yield* copas.pauseforever();
        });
        yield* until(() => log.length === 1);
        a.settimeout(100);
        copas.addthread(function* () {
          log.push((yield* copas.receive(a))[0]);
        });
        yield* copas.pause(0);
        yield* b.send("for the second\n");
        yield* until(() => log.length === 2);
      });
      expect(log).to.deep.equal(["timeout", "for the second"]);
    }));

  it("199: a removed thread became the owner of the lock it had waited for", () =>
    check(function* () {
      const mutex = lock.new(Infinity);
      let got = false;
      yield* loop(function* () {
        yield* mutex.get();
        const removed = copas.addthread(() => mutex.get());
        copas.addthread(function* () {
          got = (yield* mutex.get())[1] === undefined;
        });
        yield* copas.pause(0);
        copas.removethread(removed);
        mutex.release();
      });
      expect(got).to.equal(true);
    }));

  it("201: a get(0) that failed stayed queued, and got the lock later", () =>
    check(function* () {
      const mutex = lock.new(Infinity);
      const log: unknown[] = [];
      yield* loop(function* () {
        yield* mutex.get();
        copas.addthread(function* () {
          log.push((yield* mutex.get(0))[1]);
          yield* copas.pauseforever();
        });
        copas.addthread(function* () {
          yield* mutex.get();
          log.push("got it");
        });
        yield* copas.pause(0);
        mutex.release();
      });
      expect(log).to.deep.equal(["timeout", "got it"]);
    }));

  it("203: of 10,000 getters of a future one was never woken", () =>
    check(function* () {
      let told = 0;
      yield* loop(function* () {
        const answer = copas.future.addthread(function* () {
          yield* settle();
          return 42;
        });
        for (let i = 0; i < 10_000; i++)
          copas.addthread(function* () {
            if ((yield* answer.get())[1] === 42) told++;
          });
      });
      expect(told).to.equal(10_000);
    }));

  it("205: destroying a semaphore for 10,000 takers left some waiting", () =>
    check(function* () {
      const sema = semaphore.new(1, 0, Infinity);
      let told = 0;
      yield* loop(function* () {
        for (let i = 0; i < 10_000; i++)
          copas.addthread(function* () {
            if ((yield* sema.take())[1] === "destroyed") told++;
          });
        yield* copas.pause(0);
        sema.destroy();
      });
      expect(told).to.equal(10_000);
    }));

  it("206: cancelling a timer dropped its callback in the middle", () =>
    check(function* () {
      const log: string[] = [];
      yield* loop(function* () {
        const timer = copas.timer.new({
          delay: 0.001,
          recurring: true,
          *callback() {
            log.push("begin");
            yield* copas.pause(A_MOMENT);
            log.push("end");
          },
        });
        yield* until(() => log.length === 1);
        expect(timer.cancel()).to.deep.equal([timer]);
      });
      expect(log).to.deep.equal(["begin", "end"]);
    }));

  it("213: cancel and arm in the callback left a second timer running", () =>
    check(function* () {
      let calls = 0;
      yield* loop(function* () {
        copas.timer.new({
          delay: 0.001,
          recurring: true,
          callback(timer) {
            timer.cancel();
            if (++calls < 3) timer.arm();
            expect(copas.status().timer).to.be.at.most(1);
          },
        });
      });
      expect(calls).to.equal(3);
    }));

  it("168: queue:finish returned before the last item was done, and a worker that threw was gone", () =>
    check(function* () {
      const done: number[] = [];
      const errors: string[] = [];
      yield* ensure(() => copas.seterrorhandler(undefined, true));
      yield* loop(function* () {
        copas.seterrorhandler((error) => errors.push((error as Error).message), true);
        const items = copas.queue.new<number>();
        items.add_worker(function* (item) {
          yield* copas.pause(A_MOMENT);
          if (item === 1) throw new Error("one");
          done.push(item);
        });
        for (const item of [0, 1, 2]) yield* items.push(item);
        expect(yield* items.finish()).to.deep.equal([true]);
        expect(done).to.deep.equal([0, 2]);
      });
      expect(errors).to.deep.equal(["one"]);
    }));

  it("100: a jump of the wall clock fired timeouts, or held them up", () =>
    check(function* () {
      let jump = 0;
      yield* ensure(() => void (reactor.clock = systemClock));
      yield* loop(function* () {
        const jumping = { ...systemClock, time: () => systemClock.time() + jump };
        reactor.clock = jumping;
        const [a] = yield* pair();
        a.settimeout(100);
        const reading = yield* fork(() => copas.receive(a));
        for (jump of [1e6, -1e6]) {
          const [before, slept] = [copas.gettime(), yield* copas.pause(A_MOMENT)];
          expect(before).to.be.closeTo(systemClock.time() + jump, 10);
          expect(slept).to.be.within(A_MOMENT / 2, 10);
          expect(reading.state).to.equal("parked");
        }
        yield* reading.halt();
      });
    }));

  it("EMFILE: without a free descriptor accepting spun", () =>
    check(function* () {
      const server = yield* program("sh", [
        "-c",
        `ulimit -n 256 && exec "${process.execPath}" "${join(root, "dist/test/process/emfile.js")}"`,
      ]);
      const [, port] = yield* call(() => server.prints(/port (\d+)/));
      const peers = Array.from({ length: 300 }, () => RawPeer.connect(Number(port)));
      // Those for which there is no descriptor are closed; the others wait for us.
      yield* until(() => peers.some(({ closed, ended }) => closed || ended));
      for (const { socket } of peers) socket.destroy();
      const client = socket.try(yield* socket.connect("127.0.0.1", Number(port)));
      yield* client.send("what happened?\n");
      const [answer] = yield* client.receive();
      // A few for each of the connections, not one after the other.
      expect(Number(/^steps (\d+)$/.exec(answer!)![1])).to.be.within(1, 3000);
      client.close();
    }));

  it("104: a thread that waited on a socket hung when another closed it", () =>
    check(function* () {
      const [a] = yield* pair();
      const log: unknown[] = [];
      yield* loop(function* () {
        copas.addthread(function* () {
          log.push((yield* copas.receive(a))[1]);
        });
        copas.addthread(function* () {
          log.push((yield* copas.send(a, "x".repeat(10_000_000)))[1]);
        });
        yield* settle();
        a.setoption("linger", { on: true, timeout: 0 });
        copas.close(a);
      });
      expect(log).to.deep.equal(["closed", "closed"]);
    }));

  it("119: a destroyed lock left the timeouts of its waiters armed", () =>
    check(function* () {
      yield* loop(function* () {
        const mutex = lock.new(1000);
        yield* mutex.get();
        copas.addthread(() => mutex.get());
        yield* copas.pause(0);
        expect(copas.status().inactive).to.equal(1);
        mutex.destroy();
        yield* copas.pause(0);
        expect(reactor.timers.armed).to.equal(0);
      });
    }));

  it("161: a removed sleeper kept the loop running", () =>
    check(function* () {
      yield* loop(function* () {
        const sleeper = copas.addthread(() => copas.pause(1000));
        yield* copas.pause(0);
        expect(copas.status().timer).to.equal(1);
        copas.removethread(sleeper);
        yield* copas.pause(0);
        expect(copas.status().timer).to.equal(0);
      });
    }));

  it("143: receivepartial returned with nothing", () =>
    check(function* () {
      const [a, b] = yield* pair();
      yield* loop(function* () {
        const reading = yield* fork(() => copas.receivepartial(a, 10, "prefix"));
        yield* settle();
        expect(reading.state).to.equal("parked");
        yield* b.send("x");
        expect((yield* reading)[2]).to.deep.equal(Buffer.from("prefixx"));
      });
    }));

  it("166: settimeout of a wrapped socket did nothing", () =>
    check(function* () {
      const [a] = yield* pair();
      const wrapped = copas.wrap(a);
      copas.settimeout(wrapped, 0.001);
      expect((yield* wrapped.receive())[1]).to.equal("timeout");
    }));

  it("55: removeserver always closed the server", () =>
    check(function* () {
      const server = yield* listening();
      yield* loop(function* () {
        copas.addserver(server, function* () {});
        copas.removeserver(server, true);
      });
      const peer = RawPeer.connect(portOf(server));
      const client = socket.try(yield* server.accept());
      expect(client.getpeername()[1]).to.equal(peer.socket.localPort);
      client.close();
      peer.socket.destroy();
    }));

  it("41: setoption of a wrapped server called accept", () =>
    check(function* () {
      const server = copas.wrap(yield* listening());
      expect(server.setoption("keepalive", true)).to.deep.equal([1]);
      expect(server.getoption("keepalive")).to.deep.equal([true]);
    }));

  it("222: certificates were not verified unless one asked for it", () =>
    check(function* () {
      const [served, peer] = yield* rawPair();
      const other = yield* fork(() => served.dohandshake(serverParams));
      const client = copas.wrap(socket.stream(peer.socket), { sni: { names: "localhost" } });
      let failure: unknown;
      try {
        yield* client.dohandshake();
      } catch (error) {
        failure = error;
      }
      expect(String(failure)).to.match(/certificate verify failed/);
      yield* other;
    }));

  it("68: a thread that waited on a socket could not be removed", () =>
    check(function* () {
      const [a] = yield* pair();
      let cleaned = false;
      yield* loop(function* () {
        const reader = copas.addthread(function* () {
          try {
            yield* copas.receive(a);
          } finally {
            cleaned = true;
          }
        });
        yield* copas.pause(0);
        copas.removethread(reader);
        yield* copas.pause(0);
        expect(cleaned).to.equal(true);
      });
    }));

  it("5: settimeout had no effect on connecting, sending, receiving", async () => {
    await check(function* () {
      const [a] = yield* pair();
      copas.settimeouts(a, 0.001, 0.001, 0.001);
      expect((yield* copas.receive(a))[1]).to.equal("timeout");
      expect((yield* copas.send(a, "x".repeat(10_000_000)))[1]).to.equal("timeout");
    });
    await simulate({}, function* (world) {
      yield* world.host("server", () => sleep(Infinity));
      world.partition("home", "server");
      const client = copas.wrap(socket.tcp());
      copas.settimeouts(client, 0.001);
      expect((yield* copas.connect(client, "server", 7000))[1]).to.equal("timeout");
      client.close();
    });
  });

  it("take: after one that timed out the next one waited, although there was enough", () =>
    check(function* () {
      const places = semaphore.new(3, 1);
      expect((yield* places.take(2, 0.001))[1]).to.equal("timeout");
      expect(yield* places.take(1, 0)).to.deep.equal([true]);
      // One who wants less, behind one who wants more and gives up.
      places.give();
      const greedy = yield* fork(() => places.take(2, 0.001));
      const modest = yield* fork(() => places.take(1, 100));
      expect((yield* greedy)[1]).to.equal("timeout");
      expect(yield* modest).to.deep.equal([true]);
      const items = yield* queue.new<string>();
      expect((yield* items.pop(0.001))[1]).to.equal("timeout");
      yield* items.push("there");
      expect(yield* items.pop(0)).to.deep.equal(["there"]);
    }));

  it("wakeup: who waited for a semaphore or a queue went on as if he had got it", () =>
    check(function* () {
      yield* loop(function* () {
        const places = semaphore.new(1);
        const items = copas.queue.new<string>();
        const results: unknown[] = [];
        const waiting = [
          copas.addthread(function* () {
            results.push(yield* places.take(1, 100));
          }),
          copas.addthread(function* () {
            results.push(yield* items.pop(100));
          }),
        ];
        yield* copas.pause(0);
        for (const thread of waiting)
          expect(copas.wakeup(thread)).to.deep.equal([undefined, "not sleeping", undefined]);
        yield* copas.pause(0);
        expect(results).to.deep.equal([]);
        places.give();
        yield* items.push("item");
        yield* copas.pause(0);
        expect(results).to.deep.equal([[true], ["item"]]);
      });
    }));
});

describe("what the objects of threads rest on", () => {
  it("nothing of them is left when they are halted in any state", () =>
    check(function* () {
      const items = yield* queue.new<number>({ max: 1 });
      const answer = yield* future.addthread(() => sleep(Infinity));
      const fibers = [];
      yield* items.push(1);
      for (const wait of [() => items.push(2, 100), () => answer.get(), () => items.finish(100)])
        fibers.push(yield* fork(wait as () => ReturnType<typeof answer.get>));
      yield* sleep(0);
      for (const fiber of fibers) yield* fiber.halt();
      expect(reactor.timers.armed).to.equal(0);
      items.destroy();
      expect(answer.cancel()).to.equal(true);
    }));
});
