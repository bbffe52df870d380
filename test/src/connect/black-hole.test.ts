/** Addresses of the real network that never answer: connecting goes on without them. */
import { expect } from "chai";
import { action, ensure, type Operation } from "effection";
import { connect as connectSocket, type Socket } from "node:net";
import process from "node:process";
import { Worker } from "node:worker_threads";
import { fork, socket, type Tcp, type TcpConnectOptions } from "cosocket";
import { current } from "../../../src/network/index.js";
import { portOf, until } from "../../support/pairs.js";
import { grounds } from "../../support/networks.js";
import { authority, identity } from "../../support/transports.js";

const HOLE = "127.0.0.2";
const SERVER = "127.0.0.1";

/** Make an address a black hole at this port, until the scope ends; why that cannot be, otherwise. */
function* blackHole(port: number): Operation<string | null> {
  if (process.platform !== "linux") return "only Linux lets a full queue be silent";
  const over = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(new URL("../../process/full-backlog.js", import.meta.url), {
    workerData: { host: HOLE, port, over },
  });
  yield* ensure(() =>
    action<void>((resolve) => {
      Atomics.store(over, 0, 1);
      Atomics.notify(over, 0);
      thread.once("exit", () => resolve());
      void thread.terminate();
      return () => {};
    }),
  );
  const answer = yield* action<{ error?: string }>((resolve) => {
    thread.once("message", resolve);
    return () => {};
  });
  if (answer.error !== undefined) return `${HOLE}: ${answer.error}`;
  // A queue of one holds two.
  const fill: Socket[] = [];
  yield* ensure(() => fill.forEach((one) => one.destroy()));
  let connected = 0;
  for (let i = 0; i < 2; i++)
    fill.push(connectSocket(port, HOLE, () => connected++).on("error", () => {}));
  yield* until(() => connected === 2);
  return null;
}

/** From now on names have these addresses. */
function* naming(...addresses: string[]): Operation<void> {
  const { network } = current;
  current.network = {
    ...network,
    lookup: (_host, _family, done) =>
      void setImmediate(
        done,
        null,
        addresses.map((address) => ({ address, family: 4 })),
      ),
  };
  yield* ensure(() => void (current.network = network));
}

for (const { name, check } of grounds)
  describe(`a name whose first address never answers, on a ${name}`, () => {
    const test = (title: string, body: (server: Tcp, port: number) => Operation<void>): void => {
      it(title, async function () {
        let why: string | null = null;
        await check(function* () {
          const server = socket.try(yield* socket.bind(SERVER, 0));
          yield* ensure(() => void server.close());
          const port = portOf(server);
          why = yield* blackHole(port);
          if (why !== null) return;
          yield* naming(HOLE, SERVER);
          yield* body(server, port);
        });
        if (why !== null) {
          console.log(`      skipped: ${String(why)}`);
          this.skip();
        }
      });
    };
    const SOON: TcpConnectOptions = { autoSelectFamilyAttemptTimeout: 0.01 };

    test("is reached at the second, also from an address and port of the program's choice", function* (server, port) {
      for (const bound of [false, true]) {
        const client = socket.tcp();
        if (bound) socket.try(yield* client.bind(SERVER, 0));
        const own = client.getsockname()[1];
        expect(yield* client.connect("hole.test", port, SOON)).to.deep.equal([1]);
        expect(client.getpeername()[0]).to.equal(SERVER);
        if (bound) expect(client.getsockname()[1]).to.equal(own);
        const served = socket.try(yield* server.accept());
        yield* client.send("there\n");
        expect(yield* served.receive()).to.deep.equal(["there"]);
        client.close();
        expect((yield* served.receive())[1]).to.equal("closed");
        served.close();
      }
    });

    test("is verified by its name, whichever address it is reached at", function* (server, port) {
      const serving = yield* fork(function* () {
        const served = socket.try(yield* server.accept());
        socket.try(
          yield* served.dohandshake({
            mode: "server",
            key: identity.key,
            certificate: identity.certificate,
          }),
        );
        expect(served.getsniname()).to.deep.equal(["localhost"]);
        served.close();
      });
      const client = socket.tcp();
      expect(
        yield* client.connect("localhost", port, {
          ...SOON,
          tls: { cafile: authority.certificate },
        }),
      ).to.deep.equal([1]);
      yield* serving;
      client.close();
    });
  });
