/**
 * Every suspension point, left in every way. `check` sees to it after each that no fiber, deadline, timer or handle is
 * left; here it is seen that nothing was lost.
 */
import { expect } from "chai";
import {
  all,
  ensure,
  type Operation,
  race,
  run,
  scoped,
  sleep as effectionSleep,
  spawn,
  until as settled,
} from "effection";
import { reactor } from "cosocket/reactor";
import { fork, run as runFiber, sleep, socket, type Tcp } from "cosocket";
import { simulate } from "cosocket/testing";
import { check, RawPeer } from "../../support/check.js";
import { clog, listening, pair, portOf, until } from "../../support/pairs.js";
import { type AnyStream, type Transport, transports } from "../../support/transports.js";
import { connectionOf } from "../../support/inside.js";

interface Point {
  name: string;
  /** Where it runs. */
  check?: typeof check;
  /** What is needed, what suspends, how to let it finish, and how to see that nothing is lost. */
  prepare: () => Operation<{
    suspend: () => Operation<unknown>;
    /** From outside of the reactor: what it waits for comes. */
    provide: () => void | Promise<void>;
    /** Runs after it was cancelled and provided for. */
    verify: () => Operation<void>;
    /** Sees to what it gave, if it came to its end before it was cancelled. */
    gave: (result: unknown) => void;
    /** Objects to close under it. */
    close: () => void;
    /** What it gives when that is closed. */
    closed: unknown;
  }>;
}

function receivePoint(
  { name: transport, pair, check }: Transport,
  name: string,
  receive: (client: AnyStream) => Operation<unknown>,
  data: string,
  empty: unknown,
): Point {
  return {
    name: `${name} over ${transport}`,
    check,
    *prepare() {
      const [client, served] = yield* pair();
      return {
        suspend: () => receive(client),
        provide: () => void connectionOf(served).transport!.write(Buffer.from(data), "buffer"),
        *verify() {
          const [all] = yield* client.receive(data.length);
          expect(all!.toString()).to.equal(data);
        },
        gave: (result) => {
          const [value, , partial] = result as (string | Buffer | undefined)[];
          expect(String(value ?? partial)).to.not.equal("");
          expect(data.startsWith(String(value ?? partial))).to.equal(true);
        },
        close: () => client.close(),
        closed: [undefined, "closed", empty],
      };
    },
  };
}

const streamPoints = (transport: Transport): Point[] => [
  receivePoint(transport, 'receive("*l")', (tcp) => tcp.receive("*l"), "line\n", ""),
  receivePoint(transport, 'receive("*a")', (tcp) => tcp.receive("*a"), "all", ""),
  receivePoint(transport, "receive(n)", (tcp) => tcp.receive(4), "1234", Buffer.alloc(0)),
  receivePoint(
    transport,
    "receive(Infinity)",
    (tcp) => tcp.receive(Infinity),
    "all",
    Buffer.alloc(0),
  ),
  receivePoint(
    transport,
    "receive with total timeout",
    (tcp) => (tcp.settimeout(50, "t"), tcp.receive()),
    "l\n",
    "",
  ),
  receivePoint(transport, "receiveany", (client) => client.receiveany(), "any", Buffer.alloc(0)),
  receivePoint(transport, "receivepartial", (client) => client.receivepartial(), "part", ""),
  receivePoint(transport, "peek", (client) => client.peek(3), "look", Buffer.alloc(0)),
  receivePoint(
    transport,
    "receiveuntil",
    (client) => client.receiveuntil("--")(),
    "piece--",
    Buffer.alloc(0),
  ),
  receivePoint(
    transport,
    "receiveuntil in steps",
    (client) => client.receiveuntil("--")(3),
    "piece--",
    Buffer.alloc(0),
  ),
  {
    name: `send over ${transport.name}`,
    check: transport.check,
    *prepare() {
      const [client, served] = yield* transport.pair();
      yield* clog(client);
      const sent = client.getstats()[1];
      return {
        suspend: () => client.send("message"),
        provide: () => {},
        *verify() {
          yield* served.receive(sent);
          expect((yield* served.receive(7))[0]!.toString()).to.equal("message");
        },
        gave: (result) => expect(result).to.deep.equal([7]),
        close: () => {
          served.close();
          client.setoption("linger", { on: true, timeout: 0 });
          client.close();
        },
        closed: [undefined, "closed", 0],
      };
    },
  },
];

const points: Point[] = [
  ...transports.flatMap((transport) => {
    const all = streamPoints(transport);
    // A process for each takes its time, and how one waits does not depend on it.
    return transport.name.includes("child") ? [all[0]!, all.at(-1)!] : all;
  }),
  {
    name: "accept",
    *prepare() {
      const server = yield* listening();
      const peers: RawPeer[] = [];
      yield* ensure(() => {
        for (const peer of peers) peer.socket.destroy();
      });
      return {
        suspend: () => server.accept(),
        provide: () => {
          const peer = RawPeer.connect(portOf(server));
          peers.push(peer);
          peer.socket.write("hello\n");
        },
        *verify() {
          const client = socket.try(yield* server.accept());
          expect(yield* client.receive()).to.deep.equal(["hello"]);
          client.close();
        },
        gave: (result) => {
          const [client] = result as [Tcp];
          expect(client.getsockname()[1]).to.equal(portOf(server));
          client.close();
        },
        close: () => {
          server.close();
        },
        closed: [undefined, "closed", undefined],
      };
    },
  },
  {
    name: "connect",
    *prepare() {
      const server = yield* listening();
      const client = socket.tcp();
      return {
        suspend: () => client.connect("localhost", portOf(server)),
        provide: () => {},
        *verify() {
          // Whether it had come through or not, the object is good for one more.
          const [, err] = yield* client.connect("127.0.0.1", portOf(server));
          expect(err).to.be.oneOf([undefined, "already connected"]);
          client.close();
          server.close();
        },
        gave: (result) => expect(result).to.deep.equal([1]),
        close: () => client.close(),
        closed: [undefined, "closed", undefined],
      };
    },
  },
  {
    name: "bind",
    *prepare() {
      const server = socket.tcp();
      return {
        suspend: () => server.bind("localhost", 0),
        provide: () => {},
        *verify() {
          server.close();
          const again = socket.try(yield* socket.bind("127.0.0.1", 0));
          again.close();
        },
        gave: (result) => expect(result).to.deep.equal([1]),
        close: () => server.close(),
        closed: undefined,
      };
    },
  },
  {
    name: "sleep",
    *prepare() {
      return {
        suspend: () => sleep(100),
        provide: () => {},
        *verify() {},
        gave: (result) => expect(result).to.equal(undefined),
        close: () => {},
        closed: undefined,
      };
    },
  },
  {
    name: "join",
    *prepare() {
      const fiber = yield* fork(function* () {
        yield* sleep(0.005);
        return 5;
      });
      return {
        suspend: () => fiber,
        provide: () => {},
        *verify() {
          expect(yield* fiber).to.equal(5);
        },
        gave: (result) => expect(result).to.equal(5),
        close: () => {},
        closed: undefined,
      };
    },
  },
];

describe("cancelling", () => {
  for (const { name, prepare, check: within = check } of points) {
    describe(name, () => {
      it("by halting its fiber", () =>
        within(function* () {
          const { suspend, provide, verify } = yield* prepare();
          const fiber = yield* fork(suspend);
          yield* sleep(0);
          yield* fiber.halt();
          yield* effectionSleep(0);
          void provide();
          yield* verify();
        }));

      it("by halting it before it has begun", () =>
        within(function* () {
          const { suspend, provide, verify } = yield* prepare();
          const fiber = yield* fork(suspend);
          yield* fiber.halt();
          // A send that has not begun has handed nothing over: this one does.
          if (name.startsWith("send")) yield* race([suspend(), sleep(0)]);
          void provide();
          yield* verify();
        }));

      it("by losing a race, in an Effection task", () =>
        within(function* () {
          const { suspend, provide, verify } = yield* prepare();
          yield* race([suspend(), sleep(0)]);
          void provide();
          yield* verify();
        }));

      it("by losing a race, in a fiber", () =>
        within(function* () {
          const { suspend, provide, verify } = yield* prepare();
          yield* yield* fork(() => race([suspend(), sleep(0)]));
          void provide();
          yield* verify();
        }));

      it("by the end of its scope", () =>
        within(function* () {
          const { suspend, provide, verify } = yield* prepare();
          yield* scoped(function* () {
            yield* fork(suspend);
            yield* spawn(() => sleep(100));
            yield* sleep(0);
          });
          void provide();
          yield* verify();
        }));

      it("in the same turn as what it waits for", () =>
        within(function* () {
          const { suspend, provide, verify, gave, close } = yield* prepare();
          const fiber = yield* fork(suspend);
          yield* sleep(0);
          void provide();
          // Let it come in, and halt the fiber at every stage in the meantime.
          for (let i = 0; i < 3; i++) yield* effectionSleep(0);
          if (fiber.state !== "ended") {
            yield* fiber.halt();
            yield* verify();
          } else {
            expect(fiber.ending).to.equal("returned");
            gave(yield* fiber);
            close();
          }
        }));

      it("by closing what it waits on", () =>
        within(function* () {
          const { suspend, close, closed } = yield* prepare();
          if (closed === undefined) return;
          const fiber = yield* fork(suspend);
          // Right after it has begun to wait.
          yield* fork(function* () {
            close();
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
      // In one turn: bytes arrive, the first reader is woken, and then halted before it runs.
      yield* yield* fork(function* () {
        connectionOf(client).arrived(Buffer.from("for the second\n"));
        expect(first.state).to.equal("ready");
        void first.halt();
      });
      expect(yield* second).to.deep.equal(["for the second"]);
      served.close();
    }));

  it("a woken accept that is halted before it runs passes its connection on", () =>
    check(function* () {
      const server = yield* listening();
      const first = yield* fork(() => server.accept());
      const second = yield* fork(() => server.accept());
      yield* sleep(0);
      const peer = RawPeer.connect(portOf(server));
      const watcher = yield* fork(function* () {
        while (first.state === "parked") yield* sleep(0);
        void first.halt();
      });
      yield* watcher;
      if (first.state !== "ended") yield* first.halt();
      if (first.ending === "returned") close(yield* first);
      if (second.state === "parked") RawPeer.connect(portOf(server)).socket.destroySoon();
      const [client] = yield* second;
      expect(client).to.be.instanceOf(Object);
      client!.close();
      peer.socket.destroy();
    }));

  it("a line that is there beats the timeout of the same turn", async () => {
    await simulate({}, function* () {
      const [client, served] = yield* pair();
      const fiber = yield* fork(() => {
        client.settimeout(1);
        return client.receive();
      });
      yield* sleep(0);
      // In one turn: bytes arrive, and the reader runs only when its deadline has passed.
      yield* yield* fork(function* () {
        connectionOf(client).arrived(Buffer.from("there\n"));
        expect(fiber.state).to.equal("ready");
        (reactor.clock as unknown as { elapsed: number }).elapsed += 2;
      });
      expect(yield* fiber).to.deep.equal(["there"]);
      served.close();
    });
  });

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
      const server = yield* listening();
      const size = 4 << 20;
      const sender = yield* fork(function* () {
        const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
        // Halted while it waits: the message still leaves whole.
        yield* race([client.send(Buffer.alloc(size, "s")), sleep(0)]);
      });
      const served = socket.try(yield* server.accept());
      yield* sleep(0.005);
      expect(sender.state).to.equal("ending");
      const [all] = yield* served.receive(Infinity);
      expect(all!.length).to.equal(size);
      yield* sender;
      served.close();
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

/** Close what is in a result. */
function close(result: unknown): void {
  for (const object of Array.isArray(result) ? result : []) (object as Tcp | undefined)?.close?.();
}
