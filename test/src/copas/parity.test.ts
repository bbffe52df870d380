/** Small things in which Copas is asked line by line: what lives on, who is spared, who is counted, what is returned. */
import { expect } from "chai";
import type { Operation } from "effection";
import { fork, sleep, socket, type Udp } from "cosocket";
import { copas, type Thread } from "cosocket/copas";
import { settle } from "cosocket/testing";
import { loop } from "../../support/loop.js";
import { A_MOMENT, check, RawPeer } from "../../support/check.js";
import { listening, portOf, until } from "../../support/pairs.js";

function* udpSocket(): Operation<Udp> {
  const udp = socket.udp();
  yield* udp.setsockname("127.0.0.1", 0);
  return udp;
}

describe("the socket of a UDP server", () => {
  const endings: [how: string, end: (udp: Udp) => Operation<void>][] = [
    ["returns", function* () {}],
    [
      "fails",
      function* () {
        throw new Error("in the handler");
      },
    ],
    ["is removed", () => copas.pauseforever() as Operation<never>],
  ];
  for (const [how, end] of endings)
    it(`lives on when its handler ${how}, until it is removed or the loop ends`, () =>
      check(function* () {
        let udp!: Udp;
        yield* loop(function* () {
          udp = yield* udpSocket();
          let handler: Thread | undefined;
          copas.addserver(udp, function* (skt) {
            handler = copas.currentthread();
            copas.seterrorhandler(() => {});
            yield* end(skt);
          });
          yield* settle();
          copas.removethread(handler);
          yield* settle();
          expect(udp.closed).to.equal(false);
          const other = yield* udpSocket();
          expect(
            yield* other.sendto("x", "127.0.0.1", udp.getsockname()[1] as number),
          ).to.deep.equal([1]);
          expect(String((yield* udp.receive())[0])).to.equal("x");
          other.close();
        });
        expect(udp.closed).to.equal(true);
      }));

  it("is closed by removeserver, also after its handler has ended; kept open it is given back", () =>
    check(function* () {
      const kept = yield* udpSocket();
      yield* loop(function* () {
        const udp = yield* udpSocket();
        copas.addserver(udp, () => {});
        copas.addserver(kept, () => {});
        yield* settle();
        expect(copas.removeserver(udp)).to.equal(1);
        expect(udp.closed).to.equal(true);
        expect(copas.removeserver(kept, true)).to.equal(true);
      });
      expect(kept.closed).to.equal(false);
      kept.close();
    }));

  it("may be removed by its own handler, which goes on", () =>
    check(function* () {
      const log: string[] = [];
      yield* loop(function* () {
        const udp = yield* udpSocket();
        copas.addserver(udp, function* (skt) {
          copas.removeserver(skt);
          yield* copas.pause(A_MOMENT);
          log.push("goes on");
        });
      });
      expect(log).to.deep.equal(["goes on"]);
    }));
});

describe("a server that is served again", () => {
  it("goes on with the new handler, name and timeout; old clients keep theirs", () =>
    check(function* () {
      const server = yield* listening();
      yield* loop(function* () {
        const log: string[] = [];
        const handler = (which: string) =>
          function* (): Operation<void> {
            const me = copas.getthreadname();
            log.push(`${which} ${me}`);
            yield* copas.pauseforever();
            log.push(`${which} ${me} goes on`);
          };
        copas.addserver(server, handler("old"), undefined, "srv");
        const first = RawPeer.connect(portOf(server));
        yield* until(() => log.length === 1);
        copas.addserver(server, handler("new"));
        copas.addserver(server, handler("newest"), 7, "other");
        expect(server.gettimeout()[0]).to.equal(7);
        const second = RawPeer.connect(portOf(server));
        yield* until(() => log.length === 2);
        expect(log).to.deep.equal(["old srv:handler_1", "newest other:handler_2"]);
        for (const peer of [first, second]) peer.socket.destroy();
        copas.removeserver(server);
        expect(server.closed).to.equal(true);
      });
    }));

  it("a UDP object has both handlers then; removing it ends both", () =>
    check(function* () {
      yield* loop(function* () {
        const udp = yield* udpSocket();
        const got: string[] = [];
        for (const name of ["a", "b"])
          copas.addserver(udp, function* (skt) {
            for (;;) {
              const [data, err] = yield* skt.receive();
              if (err) return;
              got.push(`${name} ${String(data)}`);
            }
          });
        const other = yield* udpSocket();
        const port = udp.getsockname()[1] as number;
        yield* copas.pause();
        for (const text of ["1", "2"]) yield* other.sendto(text, "127.0.0.1", port);
        yield* until(() => got.length === 2);
        expect(got).to.deep.equal(["a 1", "b 2"]);
        other.close();
        copas.removeserver(udp);
        yield* copas.pause();
        expect(copas.status()).to.include({ read: 0, active: 0 });
      });
    }));
});

describe("copas.cancelall", () => {
  it("spares the caller and those that wait for exit; all others are halted, and clean up", () =>
    check(function* () {
      const log: string[] = [];
      const ends = (name: string, wait: () => Operation<unknown>) =>
        function* (): Operation<void> {
          try {
            yield* wait();
            log.push(`${name} goes on`);
          } finally {
            log.push(`${name} ends`);
          }
        };
      yield* loop(function* () {
        copas.addthread(ends("waiter", () => copas.waitforexit()));
        copas.addthread(
          ends("parent", function* () {
            yield* yield* fork(() => copas.waitforexit());
          }),
        );
        copas.addthread(ends("sleeper", () => copas.pause(1000)));
        copas.addthread(ends("dormant", () => copas.pauseforever()));
        yield* copas.pause();
        copas.addthread(ends("never begun", () => copas.pause()));
        copas.cancelall();
        log.push("caller");
        expect(copas.exiting()).to.equal(true);
        yield* settle();
        log.push("caller, later");
      });
      expect(log[0]).to.equal("caller");
      expect(log.at(-1)).to.equal("caller, later");
      expect(log.slice(1, -1).sort()).to.deep.equal([
        "dormant ends",
        "parent ends",
        "parent goes on",
        "sleeper ends",
        "waiter ends",
        "waiter goes on",
      ]);
    }));

  it("spares also a child of a thread that calls it, and the thread above", () =>
    check(function* () {
      const log: string[] = [];
      yield* loop(function* () {
        yield* yield* fork(function* () {
          copas.cancelall();
          yield* copas.pause();
          log.push("child");
        });
        log.push("thread");
      });
      expect(log).to.deep.equal(["child", "thread"]);
    }));

  it("before the loop takes back what was added", () =>
    check(function* () {
      copas.addthread(() => expect.fail("it was taken back"));
      copas.cancelall();
      expect(copas.finished()).to.equal(true);
      yield* copas.loop();
    }));
});

describe("copas.status", () => {
  it("counts as active those that are ready, and not the caller", () =>
    check(function* () {
      copas.addthread(() => copas.pauseforever());
      expect(copas.status().active).to.equal(1);
      yield* loop(function* () {
        yield* copas.pause();
        expect(copas.status()).to.include({ active: 0, inactive: 1 });
        const woken = copas.addthread(() => copas.pauseforever());
        expect(copas.status()).to.include({ active: 1, inactive: 1 });
        yield* copas.pause();
        expect(copas.status()).to.include({ active: 0, inactive: 2 });
        copas.wakeup(woken);
        expect(copas.status()).to.include({ active: 1, inactive: 1 });
      });
    }));
});

describe("copas.timeout", () => {
  it("is not touched by what its thread waits for: locks, queues, sockets, pauses", () =>
    check(function* () {
      yield* loop(function* () {
        const mutex = copas.lock.new(1, true);
        yield* mutex.get();
        copas.timeout(1000, () => {});
        expect((yield* mutex.get(0.001))[1]).to.equal("timeout");
        expect((yield* copas.semaphore.new(1).take(1, 0.001))[1]).to.equal("timeout");
        expect((yield* copas.queue.new().pop(0.001))[1]).to.equal("timeout");
        const server = yield* listening();
        const client = copas.wrap(socket.try(yield* socket.connect("127.0.0.1", portOf(server))));
        client.settimeout(0.001);
        expect((yield* client.receive())[1]).to.equal("timeout");
        client.close();
        expect(copas.gettimeouts()).to.equal(1);
      });
      expect(copas.gettimeouts()).to.equal(0);
    }));
});

describe("what functions of copas return", () => {
  it("is plain if they cannot fail, and a tuple otherwise", () =>
    check(function* () {
      yield* loop(function* () {
        const skt = socket.tcp();
        expect(copas.settimeout(skt, 1)).to.equal(true);
        expect(copas.settimeouts(skt, 1, 2, 3)).to.equal(true);
        expect(skt.settimeouts(1)).to.equal(true);
        expect(copas.wrap(skt).settimeout(1)).to.equal(true);
        expect(socket.tcp().settimeout(1)).to.equal(1);
        expect(copas.close(skt)).to.equal(1);
        expect(copas.timeout(5, () => {})).to.equal(true);
        expect(copas.timeout(0)).to.equal(true);
        const server = yield* listening();
        copas.addserver(server, () => {});
        expect(copas.removeserver(server, true)).to.equal(true);
        expect(copas.removeserver(server)).to.equal(1);
        const sleeper = copas.addthread(() => copas.pauseforever());
        yield* sleep(0);
        expect(copas.wakeup(sleeper)).to.deep.equal([true]);
        expect(copas.wakeup(sleeper)).to.deep.equal([undefined, "not sleeping", undefined]);
        const future = copas.future.addthread(() => copas.pauseforever());
        expect(future.cancel()).to.equal(true);
        expect(future.cancel()).to.equal(false);
        const items = copas.queue.new();
        expect(items.get_workers()).to.deep.equal([[]]);
        const worker = items.add_worker(() => {});
        expect(items.get_workers()).to.deep.equal([[worker]]);
        expect(items.destroy()).to.deep.equal([true]);
        expect(items.get_workers()).to.deep.equal([undefined, "destroyed", undefined]);
      });
    }));
});
