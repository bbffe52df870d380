/**
 * Every suspension point, left in every way. `check` sees to it after each that no fiber, deadline, timer or handle is
 * left; here it is seen that nothing was lost.
 */
import { expect } from "chai";
import { all, type Operation, race, run, scoped, spawn, until as settled } from "effection";
import { fork, run as runFiber, sleep, socket, type Tcp } from "cosocket";
import { settle } from "cosocket/testing";
import { check, RawPeer } from "../../support/check.js";
import { inFull, runsAreAsked } from "../../support/counts.js";
import { haltWhenWoken } from "../../support/halt-when-woken.js";
import { fedStream } from "../../support/fed.js";
import { listening, pair, portOf, until } from "../../support/pairs.js";
import { points, somePoints } from "../../support/suspension-points.js";
import { socketPath } from "../../support/transports.js";
import { timeStands } from "../../support/virtual-clock.js";

/** On each transport in CI. */
const chosen = inFull || runsAreAsked ? points : somePoints;

describe("cancelling", () => {
  for (const { name, prepare, never, closed, check: within = check } of chosen) {
    describe(name, () => {
      it("by halting its fiber", () =>
        within(function* () {
          const { suspend, provide = nothing, verify } = yield* prepare();
          const fiber = yield* fork(suspend);
          yield* begun();
          yield* fiber.halt();
          yield* provide();
          yield* verify();
        }));

      it("by halting it before it has begun", () =>
        within(function* () {
          const { suspend, provide = nothing, verify } = yield* prepare();
          const fiber = yield* fork(suspend);
          yield* fiber.halt();
          // A send that has not begun has handed nothing over: this one does.
          if (name.startsWith("send")) yield* race([suspend(), begun()]);
          yield* provide();
          yield* verify();
        }));

      it("by losing a race, in an Effection task", () =>
        within(function* () {
          const { suspend, provide = nothing, verify } = yield* prepare();
          yield* race([suspend(), begun()]);
          yield* provide();
          yield* verify();
        }));

      it("by losing a race, in a fiber", () =>
        within(function* () {
          const { suspend, provide = nothing, verify } = yield* prepare();
          yield* yield* fork(() => race([suspend(), begun()]));
          yield* provide();
          yield* verify();
        }));

      it("by the end of its scope", () =>
        within(function* () {
          const { suspend, provide = nothing, verify } = yield* prepare();
          yield* scoped(function* () {
            yield* fork(suspend);
            yield* spawn(() => sleep(100));
            yield* begun();
          });
          yield* provide();
          yield* verify();
        }));

      if (!never)
        it("in the same turn as what it waits for", () =>
          within(function* () {
            const { suspend, provide = nothing, verify } = yield* prepare();
            const fiber = yield* fork(suspend);
            yield* begun();
            const halted = yield* haltWhenWoken(fiber);
            yield* provide();
            yield* halted();
            yield* verify();
          }));

      if (closed !== undefined)
        it("by closing what it waits on", () =>
          within(function* () {
            const { suspend, close } = yield* prepare();
            const fiber = yield* fork(suspend);
            // Right after it has begun to wait.
            yield* fork(function* () {
              close!();
            });
            expect(yield* fiber).to.deep.equal(closed);
          }));
    });
  }

  it("a woken reader that is halted before it runs passes its turn on", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const first = yield* fork(() => client.receive());
      const second = yield* fork(() => client.receive());
      yield* sleep(0);
      const halted = yield* haltWhenWoken(first);
      yield* served.send("for the second\n");
      yield* halted();
      expect(yield* second).to.deep.equal(["for the second"]);
      served.close();
    }));

  it("a woken accept that is halted before it runs passes its connection on", () =>
    check(function* () {
      const server = yield* listening();
      const first = yield* fork(() => server.accept());
      const second = yield* fork(() => server.accept());
      yield* sleep(0);
      const halted = yield* haltWhenWoken(first);
      const peer = RawPeer.connect(portOf(server));
      yield* halted();
      const [client] = yield* second;
      expect(client!.getpeername()[1]).to.equal(peer.socket.localPort);
      client!.close();
      peer.socket.destroy();
    }));

  it("a line that is there beats the timeout of the same turn", () =>
    check(function* () {
      const [client, transport] = fedStream();
      client.settimeout(5);
      yield* timeStands(function* (clock) {
        const reader = yield* fork(() => client.receive());
        // In one turn: the reader begins to wait, its line arrives, and it runs only when its deadline has passed.
        yield* yield* fork(function* () {
          transport.feed(Buffer.from("there\n"));
          expect(reader.state).to.equal("ready");
          expect(clock.advance()).to.equal(true);
          expect(clock.now()).to.be.at.least(5);
        });
        expect(yield* reader).to.deep.equal(["there"]);
      });
      client.close();
    }));

  it("nothing runs after a halt: the statement behind the wait is not reached", () =>
    check(function* () {
      const log: string[] = [];
      const [client] = yield* pair();
      const fiber = yield* fork(function* () {
        try {
          yield* client.receive();
          log.push("after receive");
        } finally {
          log.push("finally");
        }
        log.push("after finally");
      });
      yield* sleep(0);
      yield* fiber.halt();
      expect(log).to.deep.equal(["finally"]);
    }));
});

describe("what a fiber makes belongs to it", () => {
  it("is closed when the fiber ends: client, server, accepted client, pending attempt", () =>
    check(function* () {
      const server = yield* listening();
      const made: Tcp[] = [];
      yield* yield* fork(function* () {
        made.push(socket.try(yield* socket.bind("127.0.0.1", 0)));
        made.push(socket.try(yield* socket.connect("127.0.0.1", portOf(server))));
        made.push(socket.try(yield* server.accept()));
        const pending = socket.tcp();
        pending.settimeout(0);
        yield* pending.connect("127.0.0.1", portOf(server));
        made.push(pending);
      });
      expect(made.map((tcp) => tcp.closed)).to.deep.equal([true, true, true, true]);
    }));

  it("and the fiber has not ended before what it sent is delivered", () =>
    check(function* () {
      // The kernel has little room for a Unix socket; for TCP it may have many megabytes.
      const path = yield* socketPath();
      const server = socket.unix();
      socket.try(yield* server.bind(path));
      const size = 4 << 20;
      const sender = yield* fork(function* () {
        const client = socket.unix();
        socket.try(yield* client.connect(path));
        // Halted while it waits: the message still leaves whole.
        yield* race([client.send(Buffer.alloc(size, "s")), sleep(0)]);
      });
      const served = socket.try(yield* server.accept());
      yield* until(() => sender.state === "ending");
      // It does not end by itself, for the kernel has not room for all.
      yield* settle();
      expect(sender.state).to.equal("ending");
      const [all] = yield* served.receive(Infinity);
      expect(all!.length).to.equal(size);
      yield* sender;
      served.close();
      server.close();
    }));

  it("but waits no longer than linger for a peer that takes nothing", () =>
    check(function* () {
      const server = yield* listening();
      const sender = yield* fork(function* () {
        const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
        client.setoption("linger", { on: true, timeout: 0.02 });
        yield* race([client.send(Buffer.alloc(32 << 20)), sleep(0)]);
      });
      const served = socket.try(yield* server.accept());
      yield* sender;
      const [all, error, partial] = yield* served.receive(32 << 20);
      expect([all, error]).to.deep.equal([undefined, "closed"]);
      expect(partial!.length).to.be.below(32 << 20);
      served.close();
    }));

  it("what outlives a race in a fiber is usable after it", () =>
    check(function* () {
      const server = yield* listening();
      yield* yield* fork(function* () {
        const result = yield* race([
          socket.connect("127.0.0.1", portOf(server)),
          (function* () {
            yield* sleep(100);
          })(),
        ]);
        const [client] = result!;
        const accepted = yield* race([server.accept()]);
        const [served] = accepted;
        yield* client!.send("hello\n");
        expect(yield* served!.receive()).to.deep.equal(["hello"]);
      });
    }));

  it("and in plain Effection code, which has no fiber, nobody closes it behind your back", () =>
    check(function* () {
      const server = yield* listening();
      const [client] = yield* race([socket.connect("127.0.0.1", portOf(server))]);
      const [served] = yield* race([server.accept()]);
      yield* client!.send("hello\n");
      expect(yield* served!.receive()).to.deep.equal(["hello"]);
      client!.close();
      served!.close();
    }));

  it("run() closes it at its end, in a program without Effection, unless it returns it", async () => {
    await check(function* () {});
    const kept: Tcp[] = [];
    const client = await runFiber(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      kept.push(server, socket.try(yield* socket.connect("127.0.0.1", portOf(server))));
      return socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
    });
    expect(kept.map(({ closed }) => closed)).to.deep.equal([true, true]);
    expect(client.closed).to.equal(false);
    client.close();
    await run(() => until(() => true));
    await check(function* () {});
  });

  it("what it returns, itself or in a tuple, is its parent's, and of run() the caller's", async () => {
    await check(function* () {
      const kept: Tcp[] = [];
      yield* yield* fork(function* () {
        const server = yield* listening();
        const connecting = yield* fork(() => socket.connect("127.0.0.1", portOf(server)));
        const [client] = yield* connecting;
        const [lost] = yield* server.accept();
        // What is hidden in an object goes with its fiber.
        const deeper = yield* fork(function* () {
          return { client: socket.try(yield* socket.connect("127.0.0.1", portOf(server))) };
        });
        expect((yield* deeper).client.closed).to.equal(true);
        expect(client!.closed).to.equal(false);
        yield* client!.send("here\n");
        expect(yield* lost!.receive()).to.deep.equal(["here"]);
        // Tuples in an array, as from Effection's all().
        const several = yield* fork(() =>
          all([1, 2].map(() => socket.connect("127.0.0.1", portOf(server)))),
        );
        for (const [one] of yield* several) {
          expect(one!.closed).to.equal(false);
          kept.push(one!);
        }
        kept.push(client!, lost!);
      });
      expect(kept.map(({ closed }) => closed)).to.deep.equal([true, true, true, true]);
      const server = yield* listening();
      const [client] = yield* settled(runFiber(() => socket.connect("127.0.0.1", portOf(server))));
      expect(client!.closed).to.equal(false);
      client!.close();
    });
  });

  it("one made outside of any fiber is nobody's, also when a fiber connects it", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.tcp();
      const udp = socket.udp();
      yield* settled(
        runFiber(function* () {
          yield* client.connect("127.0.0.1", portOf(server));
          yield* udp.setsockname("127.0.0.1", 0);
        }),
      );
      expect([client.closed, udp.closed]).to.deep.equal([false, false]);
      client.close();
      udp.close();
    }));
});

function* nothing(): Operation<void> {}

/** Until those that are ready have run, in the same turn: nothing comes from outside meanwhile. */
function* begun(): Operation<void> {
  yield* yield* fork(nothing);
}
