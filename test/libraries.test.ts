/**
 * Node's libraries over connections of ours: each has its conversation, in the clear and encrypted, as it is, with a slow peer, with a
 * reset and with a halt in the middle, and nothing is left of it.
 */
import type * as net from "node:net";
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, nodeHandler, serve, socket } from "cosocket";
import * as clients from "./libraries/clients.js";
import { type Mode, relay } from "./libraries/relay.js";
import * as servers from "./libraries/servers.js";
import { check } from "./support/check.js";
import { listening, portOf, thrown, until } from "./support/pairs.js";
import { authority } from "./support/transports.js";

interface Library {
  name: string;
  converse: clients.Conversation;
  /** Of Node's libraries, under serve; */
  server?: () => net.Server | Promise<net.Server>;
  /** or a process: its command. */
  command?: string;
  start?: () => Promise<servers.Process>;
}

const LIBRARIES: Library[] = [
  { name: "undici, to Express", converse: clients.overUndici, server: servers.ofExpress },
  { name: "undici, to Fastify", converse: clients.overUndici, server: servers.ofFastify },
  { name: "ws, to ws", converse: clients.overWs, server: servers.ofWs },
  { name: "nodemailer, to smtp-server", converse: clients.overNodemailer, server: servers.ofSmtp },
  {
    name: "ioredis, to Redis",
    converse: clients.overIoredis,
    command: "redis-server",
    start: servers.redis,
  },
  {
    name: "pg, to PostgreSQL",
    converse: clients.overPg,
    command: "postgres",
    start: servers.postgres,
  },
  {
    name: "mqtt, to Mosquitto",
    converse: clients.overMqtt,
    command: "mosquitto",
    start: servers.mosquitto,
  },
];

/** Bytes of the server's after which the conversation breaks: in the middle of each. */
const MIDDLE = 30;

for (const { name, converse, server, command, start } of LIBRARIES) {
  describe(`${name}, over a connection of ours`, () => {
    let node: net.Server | undefined;
    let process: servers.Process | undefined;

    before(async function () {
      this.timeout(30_000);
      const why = command === undefined ? undefined : servers.missing(command);
      if (why !== undefined) {
        console.log(`      skipped: ${why}`);
        this.skip();
      }
      node = await server?.();
      process = await start?.();
    });
    after(() => {
      node?.close();
      process?.stop();
    });

    /** Where the server is. */
    function* port(): Operation<number> {
      if (process !== undefined) return process.port;
      const listener = yield* listening();
      yield* fork(() => serve(listener, nodeHandler(node!)));
      return portOf(listener);
    }

    for (const encrypted of [false, true]) {
      const how = encrypted ? "encrypted" : "in the clear";

      const run = (
        mode: Mode,
        test: (talk: () => Operation<void>, left: () => number) => Operation<void>,
      ) =>
        check(function* () {
          const between = yield* relay(yield* port(), encrypted, mode);
          const talk = function* (): Operation<void> {
            const client = socket.tcp();
            yield* ensure(() => void client.close());
            const tls = { cafile: authority.certificate };
            socket.try(yield* client.connect("127.0.0.1", between.port, encrypted ? { tls } : {}));
            yield* converse(client.duplex());
          };
          yield* test(talk, () => between.connections);
          yield* until(() => between.connections === 0);
        });

      it(`has its conversation ${how}`, () =>
        run("as it is", function* (talk) {
          yield* yield* fork(talk);
        }));

      it(`has it with a slow peer ${how}`, () =>
        run("slow", function* (talk) {
          yield* yield* fork(talk);
        }));

      it(`is told of a reset in the middle of it ${how}`, () =>
        run({ resetAfter: MIDDLE }, function* (talk) {
          const fiber = yield* fork(talk, { boundary: () => {} });
          expect(yield* thrown(fiber)).to.be.instanceOf(Error);
        }));

      it(`ends with its fiber, halted in the middle of it ${how}`, () =>
        run({ silentAfter: MIDDLE }, function* (talk, connections) {
          const fiber = yield* fork(talk);
          yield* until(() => connections() === 1);
          yield* fiber.halt();
          yield* until(() => connections() === 0);
          expect(fiber.state).to.equal("ended");
        }));
    }
  });
}
