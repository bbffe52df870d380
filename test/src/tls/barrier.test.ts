/** What is sent, and set, while a connection is being encrypted. */
import * as net from "node:net";
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, sleep, socket, type Tcp } from "cosocket";
import { A_MOMENT, check, RawPeer } from "../../support/check.js";
import { clog, listening, portOf, rawPair, until } from "../../support/pairs.js";
import { serverParams, trusting } from "../../support/tls.js";

const SECRET = "SECRET";
/** First byte of a TLS handshake. */
const HANDSHAKE = 22;

/** A client whose way is full of what was sent in the clear, and its peer, who does not read yet. */
function* clogged(): Operation<[client: Tcp, peer: RawPeer, sent: number]> {
  const [client, peer] = yield* rawPair();
  peer.socket.pause();
  yield* clog(client);
  return [client, peer, client.getstats()[1]];
}

/** Senders that begin after the handshake: one waits, one is halted, one has a short text. */
function* sendLater(client: Tcp): Operation<void> {
  yield* fork(() => client.send(SECRET));
  const halted = yield* fork(() => client.send(Buffer.from(SECRET)));
  yield* sleep(0);
  yield* halted.halt();
  yield* fork(() => client.send([SECRET, SECRET]));
  yield* sleep(0);
}

describe("what is sent after dohandshake has begun", () => {
  it("never leaves in the clear, though what was sent before still waits to leave", () =>
    check(function* () {
      const [client, peer, sent] = yield* clogged();
      yield* fork(() => client.dohandshake({ mode: "client", verify: "none" }));
      yield* sendLater(client);
      peer.socket.resume();
      yield* until(() => peer.received.length > sent);
      yield* sleep(10 * A_MOMENT);
      expect(peer.received[sent]).to.equal(HANDSHAKE);
      expect(peer.received.includes(SECRET)).to.equal(false);
    }));

  it("never leaves at all, when the handshake fails or the connection is closed before it", () =>
    check(function* () {
      const ways: ((client: Tcp, shaking: Operation<unknown>) => Operation<void>)[] = [
        function* (client) {
          client.close();
        },
        function* (client) {
          client.shutdown("send");
        },
        // It fails by its own timeout.
        function* (_client, shaking) {
          yield* shaking;
        },
      ];
      for (const way of ways) {
        const [client, peer, sent] = yield* clogged();
        const shaking = yield* fork(() =>
          client.dohandshake({ mode: "client", verify: "none" }, 0.02),
        );
        yield* sendLater(client);
        yield* way(client, shaking);
        peer.socket.resume();
        yield* until(() => peer.received.length >= sent || peer.ended || peer.closed);
        yield* sleep(10 * A_MOMENT);
        expect(peer.received.includes(SECRET)).to.equal(false);
        client.close();
        peer.socket.destroy();
      }
    }));

  it("leaves encrypted, in order, also that of a halted sender", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      yield* ensure(() => void client.close());
      const served = socket.try(yield* server.accept());
      yield* ensure(() => void served.close());
      yield* clog(client);
      const before = client.getstats()[1];
      const shaken = yield* fork(() => client.dohandshake(trusting));
      yield* sendLater(client);
      expect(String((yield* served.receive(before))[0]).endsWith("c")).to.equal(true);
      expect((yield* served.dohandshake(serverParams))[1]).to.equal(undefined);
      expect((yield* shaken)[1]).to.equal(undefined);
      expect(String((yield* served.receive(4 * SECRET.length))[0])).to.equal(SECRET.repeat(4));
    }));
});

/** What Node's handle of TCP was last told, while `during` runs. */
function* watching(during: () => Operation<void>): Operation<Record<string, unknown>> {
  const peer = new net.Socket();
  peer.connect(9, "127.0.0.1").on("error", () => {});
  const { prototype } = (peer as unknown as { _handle: { constructor: { prototype: object } } })
    ._handle.constructor;
  peer.destroy();
  const handle = prototype as Record<string, (...args: unknown[]) => unknown>;
  const told: Record<string, unknown> = {};
  const { setNoDelay, setKeepAlive } = handle;
  for (const [name, method] of Object.entries({ setNoDelay, setKeepAlive })) {
    handle[name] = function (...args) {
      told[name] = args[0];
      return method!.apply(this, args);
    };
  }
  try {
    yield* during();
  } finally {
    Object.assign(handle, { setNoDelay, setKeepAlive });
  }
  return told;
}

it("an option that is switched off during a handshake is off in the kernel", () =>
  check(function* () {
    const server = yield* listening();
    const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
    yield* ensure(() => void client.close());
    const served = socket.try(yield* server.accept());
    yield* ensure(() => void served.close());
    const told = yield* watching(function* () {
      client.setoption("tcp-nodelay", true);
      client.setoption("keepalive", true);
      const shaken = yield* fork(() => client.dohandshake(trusting));
      yield* sleep(0);
      client.setoption("tcp-nodelay", false);
      client.setoption("keepalive", false);
      yield* served.dohandshake(serverParams);
      expect((yield* shaken)[1]).to.equal(undefined);
    });
    expect(told).to.deep.equal({ setNoDelay: false, setKeepAlive: false });
  }));
