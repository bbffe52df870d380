/** Every suspension point of the objects: what is needed, what suspends, and how to see that nothing was lost when it was left. */
import { expect } from "chai";
import { ensure, type Operation, until as settled } from "effection";
import { type Fiber, fork, type Result, sleep, socket, status } from "cosocket";
import { check, RawPeer } from "./check.js";
import { clog, listening, portOf } from "./pairs.js";
import { inVirtualTime } from "./simulated.js";
import { type AnyStream, type Transport, transports } from "./transports.js";

export interface Point {
  name: string;
  /** Where it runs. */
  check?: typeof check;
  /** What is needed, what suspends, how to let it finish, and how to see that nothing is lost. */
  prepare: () => Operation<{
    suspend: () => Operation<unknown>;
    /** What it waits for comes, by itself if there is nothing to do. */
    provide?: () => Operation<void>;
    /** Runs after it was cancelled and provided for. */
    verify: () => Operation<void>;
    /** Objects to close under it. */
    close?: () => void;
  }>;
  /** It cannot come while a test waits for it. */
  never?: boolean;
  /** What it gives when what it waits on is closed; nothing can be closed under the others. */
  closed?: unknown;
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
    closed: [undefined, "closed", empty],
    *prepare() {
      const [client, served] = yield* pair();
      return {
        suspend: () => receive(client),
        *provide() {
          yield* served.send(data);
          // Some take all until the end.
          served.shutdown("send");
        },
        *verify() {
          const [all] = yield* client.receive(data.length);
          expect(all!.toString()).to.equal(data);
        },
        close: () => client.close(),
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
    closed: [undefined, "closed", 0],
    *prepare() {
      const [client, served] = yield* transport.pair();
      yield* clog(client);
      const sent = client.getstats()[1];
      let room: Fiber<Result<Buffer, Buffer>> | undefined;
      return {
        suspend: () => client.send("message"),
        *provide() {
          room = yield* fork(() => served.receive(sent));
        },
        *verify() {
          expect((yield* room!)[0]!.length).to.equal(sent);
          expect((yield* served.receive(7))[0]!.toString()).to.equal("message");
        },
        close: () => {
          served.close();
          client.setoption("linger", { on: true, timeout: 0 });
          client.close();
        },
      };
    },
  },
];

export const points: readonly Point[] = [
  ...transports.flatMap((transport) => {
    const all = streamPoints(transport);
    // A process for each takes its time, and how one waits does not depend on it.
    return transport.name.includes("child") ? [all[0]!, all.at(-1)!] : all;
  }),
  {
    name: "accept",
    closed: [undefined, "closed", undefined],
    *prepare() {
      const server = yield* listening();
      const peers: RawPeer[] = [];
      yield* ensure(() => {
        for (const peer of peers) peer.socket.destroy();
      });
      return {
        suspend: () => server.accept(),
        *provide() {
          const peer = RawPeer.connect(portOf(server));
          peers.push(peer);
          peer.socket.write("hello\n");
        },
        *verify() {
          const client = socket.try(yield* server.accept());
          expect(yield* client.receive()).to.deep.equal(["hello"]);
          client.close();
        },
        close: () => server.close(),
      };
    },
  },
  {
    name: "connect",
    closed: [undefined, "closed", undefined],
    *prepare() {
      const server = yield* listening();
      const client = socket.tcp();
      return {
        suspend: () => client.connect("localhost", portOf(server)),
        *verify() {
          // The object is good for one more.
          expect(yield* client.connect("127.0.0.1", portOf(server))).to.deep.equal([1]);
          client.close();
          server.close();
        },
        close: () => client.close(),
      };
    },
  },
  {
    name: "bind",
    closed: [undefined, "closed", undefined],
    *prepare() {
      const server = socket.tcp();
      return {
        suspend: () => server.bind("localhost", 0),
        *verify() {
          // The object is good for one more.
          expect(yield* server.bind("127.0.0.1", 0)).to.deep.equal([1]);
          server.close();
        },
        close: () => server.close(),
      };
    },
  },
  { name: "sleep", never: true, prepare: sleeping },
  { name: "sleep, simulated", check: inVirtualTime, prepare: sleeping },
  {
    name: "join",
    *prepare() {
      let end = (_value: number): void => {};
      const value = new Promise<number>((resolve) => (end = resolve));
      // Of Effection's: it ends outside of a turn.
      const fiber = yield* fork(() => settled(value));
      return {
        suspend: () => fiber,
        *provide() {
          end(5);
        },
        *verify() {
          expect(yield* fiber).to.equal(5);
        },
      };
    },
  },
];

function* sleeping(): ReturnType<Point["prepare"]> {
  return {
    suspend: () => sleep(100),
    *verify() {
      expect(status().timeout, "deadlines").to.equal(0);
    },
  };
}

/** How one waits does not depend on the transport: these stand for the others. */
const SOME = / over (TCP|TLS|simulated TCP, cut and late|a child process's pipes)$/;
export const somePoints = points.filter(({ name }) => !name.includes(" over ") || SOME.test(name));
