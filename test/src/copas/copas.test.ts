/** The copas namespace: each function's result, its error and its edge. */
import { expect } from "chai";
import { ensure, type Operation, spawn } from "effection";
import { fork, sleep, socket } from "cosocket";
import { copas, type Thread } from "cosocket/copas";
import { check, RawPeer } from "../../support/check.js";
import { listening, portOf, thrown, until } from "../../support/pairs.js";
import { authority, identity, socketPath } from "../../support/transports.js";

describe("copas.loop", () => {
  it("runs what was added before and within, and ends when nothing is left; it can run again", () =>
    check(function* () {
      for (let round = 0; round < 2; round++) {
        const log: string[] = [];
        copas.addthread(function* (who: string) {
          log.push(`hello ${who}`);
          yield* copas.pause(0.001);
          copas.addnamedthread("late", function* () {
            log.push(copas.getthreadname());
          });
        }, "world");
        expect(log).to.deep.equal([]);
        expect(copas.running).to.equal(false);
        expect(copas.finished()).to.equal(false);
        yield* copas.loop(function* () {
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
      yield* copas.loop(function* () {
        copas.addthread(function* () {
          yield* copas.waitforexit();
          log.push(`exiting: ${copas.exiting()}`);
          yield* copas.pause(0.001);
          log.push("cleaned up");
        });
        expect(copas.exiting()).to.equal(false);
        yield* copas.pause(0.001);
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
      yield* copas.loop(function* () {
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
      yield* copas.loop(function* () {
        const server = yield* listening();
        copas.addserver(server, function* () {});
        copas.addthread(function* () {
          yield* copas.pause(100);
        });
        yield* copas.pause();
        copas.cancelall();
      });
    }));
});

describe("copas threads", () => {
  it("pause and wakeup", () =>
    check(function* () {
      yield* copas.loop(function* () {
        const slept: number[] = [];
        const sleeper = copas.addthread(function* () {
          slept.push(yield* copas.pause(100));
          slept.push(yield* copas.pauseforever());
          slept.push(yield* copas.sleep(-1));
          slept.push(yield* copas.pause());
        });
        expect(copas.wakeup(sleeper)).to.deep.equal([undefined, "not sleeping"]);
        for (let i = 0; i < 3; i++) {
          yield* copas.pause();
          expect(copas.wakeup(sleeper)).to.deep.equal([true]);
          expect(copas.wakeup(sleeper)[1]).to.equal("not sleeping");
        }
        yield* copas.pause(0.002);
        expect(slept).to.have.length(4);
        expect(slept[0]).to.be.lessThan(50);
        expect(copas.wakeup(sleeper)[1]).to.equal("not sleeping");
      });
    }));

  it("removethread is prompt, cleanup runs, also before it began", () =>
    check(function* () {
      const log: string[] = [];
      const never = copas.addthread(function* () {
        log.push("never");
      });
      copas.removethread(never);
      yield* copas.loop(function* () {
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
      yield* copas.loop(function* () {
        copas.seterrorhandler(
          (error, thread) => log.push(`all: ${thread.name} ${String(error)}`),
          true,
        );
        copas.addnamedthread("a", function* () {
          throw new Error("first");
        });
        copas.addnamedthread("b", function* () {
          copas.seterrorhandler((error) => log.push(`own: ${String(error)}`));
          expect(copas.geterrorhandler()).to.not.equal(undefined);
          throw new Error("second");
        });
        yield* copas.pause(0.001);
        log.push("still here");
      });
      expect(log).to.deep.equal(["all: a Error: first", "own: Error: second", "still here"]);
      expect(copas.gettraceback(new Error("x"))).to.match(/Error: x[^]*thread: none, socket: none/);
    }));

  it("timeout calls back once, in a thread of its own; 0 cancels, a new one replaces", () =>
    check(function* () {
      const log: string[] = [];
      yield* copas.loop(function* () {
        copas.addnamedthread("worker", function* () {
          const note = (text: string) => (thread: Thread) =>
            void log.push(`${text} ${thread.name}`);
          copas.timeout(0.001, note("replaced"));
          copas.timeout(0.002, note("late"));
          expect(copas.gettimeouts()).to.equal(1);
          yield* copas.pause(0.006);
          copas.timeout(0.001, note("cancelled"));
          copas.timeout(0);
          expect(copas.gettimeouts()).to.equal(0);
          // Ends with its thread.
          copas.timeout(0.001, note("never"));
        });
      });
      expect(log).to.deep.equal(["late worker"]);
      expect(() => copas.timeout(-1)).to.throw(TypeError, "0 or more");
      expect(() => copas.timeout(1)).to.throw(TypeError, "no thread of copas");
      expect(() => copas.getthreadname()).to.throw(TypeError, "no thread of copas");
      expect(() => copas.addthread(5 as never)).to.throw(TypeError, "a generator function");
    }));

  it("ten thousand sleep and are woken", () =>
    check(function* () {
      let woken = 0;
      yield* copas.loop(function* () {
        const sleepers = Array.from({ length: 10_000 }, () =>
          copas.addthread(function* () {
            yield* copas.pauseforever();
            woken++;
          }),
        );
        yield* copas.pause();
        for (const sleeper of sleepers) copas.wakeup(sleeper);
      });
      expect(woken).to.equal(10_000);
    }));
});

describe("copas servers", () => {
  it("addserver: a thread for each client, closed when it ends; removeserver may keep it open", () =>
    check(function* () {
      const server = yield* listening();
      const names: string[] = [];
      yield* copas.loop(function* () {
        copas.addserver(
          server,
          function* (client) {
            names.push(copas.getthreadname());
            expect(client.gettimeout()[0]).to.equal(5);
            const [line] = yield* copas.receive(client);
            yield* copas.send(client, `${line} to ${copas.getsocketname(client)}\n`);
          },
          5,
          "echo",
        );
        for (let i = 1; i <= 2; i++) {
          const client = copas.wrap(socket.tcp());
          expect(yield* copas.connect(client, "127.0.0.1", portOf(server))).to.deep.equal([1]);
          yield* client.send("hello\n");
          expect(yield* client.receive("*a")).to.deep.equal([`hello to echo:client_${i}\n`]);
          copas.close(client);
        }
        expect(copas.removeserver(server, true)).to.deep.equal([true]);
        yield* copas.pause();
        expect(server.closed).to.equal(false);
        copas.addserver(server, function* () {});
        expect(copas.removeserver(server)).to.deep.equal([1]);
      });
      expect(names).to.deep.equal(["echo:handler_1", "echo:handler_2"]);
      expect(server.closed).to.equal(true);
    }));

  it("without autoclose the client stays open after its handler", () =>
    check(function* () {
      const server = yield* listening();
      yield* ensure(() => void (copas.autoclose = true));
      const kept: { close(): 1; closed: boolean }[] = [];
      yield* copas.loop(function* () {
        copas.autoclose = false;
        copas.addserver(server, function* (client) {
          kept.push(client);
        });
        const peer = RawPeer.connect(portOf(server));
        yield* until(() => kept.length === 1);
        yield* copas.pause(0.001);
        copas.removeserver(server);
        expect(kept[0]!.closed).to.equal(false);
        kept[0]!.close();
        peer.socket.destroy();
      });
    }));

  it("serves UDP and Unix, too", () =>
    check(function* () {
      const path = yield* socketPath();
      yield* copas.loop(function* () {
        const udp = socket.udp();
        yield* udp.setsockname("127.0.0.1", 0);
        copas.addserver(udp, function* (server) {
          const [data, ip, port] = yield* copas.receivefrom(server);
          yield* copas.sendto(server, data!, ip!, port as number);
        });
        const unix = socket.unix();
        yield* unix.bind(path);
        copas.addserver(unix, function* (client) {
          yield* client.send("from unix\n");
        });
        const asking = socket.udp();
        yield* asking.setpeername("127.0.0.1", udp.getsockname()[1] as number);
        yield* asking.send("ping");
        expect(String((yield* asking.receive())[0])).to.equal("ping");
        const client = socket.unix();
        yield* client.connect(path);
        expect(yield* client.receive()).to.deep.equal(["from unix"]);
        copas.removeserver(unix);
      });
    }));

  it("handler encrypts before the handler begins; in clear text it never does (Copas 189)", () =>
    check(function* () {
      const log: string[] = [];
      const errors: string[] = [];
      yield* ensure(() => copas.seterrorhandler(undefined, true));
      yield* copas.loop(function* () {
        copas.seterrorhandler((error) => errors.push(String(error)), true);
        const server = yield* listening();
        const { key, certificate } = identity;
        const handler = copas.handler(
          function* (client: typeof server) {
            log.push(client.info()[0]!.protocol);
            yield* client.send("secret\n");
          },
          { wrap: { mode: "server", key, certificate } },
        );
        copas.addserver(server, handler, 0.05);
        const client = copas.wrap(socket.tcp(), { cafile: authority.certificate });
        expect(yield* copas.connect(client, "localhost", portOf(server))).to.deep.equal([1]);
        expect(yield* client.receive()).to.deep.equal(["secret"]);
        const plain = RawPeer.connect(portOf(server));
        const mute = RawPeer.connect(portOf(server));
        plain.socket.write("in the clear\n");
        yield* until(() => errors.length === 2);
        plain.socket.destroy();
        mute.socket.destroy();
        const wary = copas.wrap(socket.tcp(), {});
        expect(String(yield* thrown(copas.connect(wary, "localhost", portOf(server))))).to.match(
          /TLS\/SSL handshake failed: certificate verify failed/,
        );
        copas.removeserver(server);
      });
      expect(log[0]).to.equal("TLSv1.3");
      expect(errors.filter((error) => error.includes("handshake failed: timeout"))).to.have.length(
        1,
      );
      expect(errors.every((error) => /TLS\/SSL handshake failed/.test(error))).to.equal(true);
    }));

  it("settimeout and settimeouts; misuse says what would be right", () =>
    check(function* () {
      const client = socket.tcp();
      expect(copas.settimeout(client, 3)).to.deep.equal([true]);
      expect(copas.settimeouts(client, 1, undefined, -1)).to.deep.equal([true]);
      expect(client.gettimeout()[0]).to.equal(-1);
      expect(() => copas.addserver(socket.tcp(), function* () {})).to.throw(
        TypeError,
        "bind it first",
      );
      expect(() => copas.addserver(socket.tcp(), 5 as never)).to.throw(
        TypeError,
        "takes a handler",
      );
      copas.setsocketname("mine", client);
      expect(copas.getsocketname(client)).to.equal("mine");
      expect(copas.gettime()).to.be.closeTo(Date.now() / 1000, 10);
      yield* fork(function* (): Operation<void> {});
    }));
});

describe("copas.timer", () => {
  it("fires once, or again and again; an error does not end it; cancel lets a callback finish (206)", () =>
    check(function* () {
      const log: string[] = [];
      yield* copas.loop(function* () {
        const once = copas.timer.new({
          delay: 0.001,
          params: "p",
          callback: (_, params) => void log.push(`once ${params}`),
        });
        expect(once.arm()[1]).to.equal("already armed");
        yield* copas.pause(0.004);
        expect(once.cancel()[1]).to.equal("not armed");
        expect(once.arm(0)[0]).to.equal(once);
        expect(once.cancel()[0]).to.equal(once);
        expect(once.cancel()[1]).to.equal("already cancelled");
        let times = 0;
        copas.timer.new({
          delay: 0.001,
          recurring: true,
          errorhandler: (error) => log.push((error as Error).message),
          *callback(timer) {
            if (++times === 2) throw new Error("second");
            if (times === 3) timer.cancel();
            yield* copas.pause(0.001);
            log.push(`times ${times}`);
          },
        });
      });
      expect(log).to.deep.equal(["once p", "times 1", "second", "times 3"]);
      expect(() => copas.timer.new({ delay: -1, callback() {} })).to.throw(
        TypeError,
        "delay must be",
      );
      expect(() => copas.timer.new({ delay: 1 } as never)).to.throw(TypeError, "callback must be");
    }));

  it("may be cancelled and armed again by its own callback, and leaks nothing (213)", () =>
    check(function* () {
      let calls = 0;
      yield* copas.loop(function* () {
        copas.timer.new({
          delay: 0.001,
          recurring: true,
          callback(timer) {
            timer.cancel();
            if (++calls < 3) timer.arm();
          },
        });
      });
      expect(calls).to.equal(3);
    }));

  it("keeps to a fixed rate, if it is told to", () =>
    check(function* () {
      let calls = 0;
      yield* copas.loop(function* () {
        copas.timer.new({
          delay: 0.002,
          recurring: true,
          fixed_rate: true,
          *callback(timer) {
            yield* copas.pause(0.001);
            if (++calls === 4) timer.cancel();
          },
        });
      });
      expect(calls).to.equal(4);
    }));
});

describe("copas.future", () => {
  it("gives every getter what the thread returned, or threw", () =>
    check(function* () {
      yield* copas.loop(function* () {
        const good = copas.future.addthread(function* (n: number) {
          yield* copas.pause(0.001);
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
      yield* copas.loop(function* () {
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
