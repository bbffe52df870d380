/** What a connection is told of the end of the server that it came from. */
import { expect } from "chai";
import { race, type Operation } from "effection";
import { fork, serve, sleep, socket, type Tcp } from "cosocket";
import { simulate } from "cosocket/testing";
import { check } from "../../support/check.js";
import { listening, pair, portOf } from "../../support/pairs.js";
import { endpointOf } from "../../../src/connect/index.js";
import { unixPair } from "../../support/transports.js";

/** A connection that a server has accepted, and its two ends. */
function* accepted(): Operation<[server: Tcp, client: Tcp, served: Tcp]> {
  const server = yield* listening();
  const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
  return [server, client, socket.try(yield* server.accept())];
}

describe("closing", () => {
  it("is told to all that wait when the server is closed, and at once afterwards", () =>
    check(function* () {
      const [server, client, served] = yield* accepted();
      expect(served.isClosing).to.equal(false);
      const waiting = yield* fork(() => served.closing());
      const racing = yield* fork(() => race([served.closing(), served.receive()]));
      yield* sleep(0);
      expect(waiting.state).to.equal("parked");
      server.close();
      expect(served.isClosing).to.equal(true);
      expect(yield* waiting).to.deep.equal([1]);
      expect(yield* racing).to.deep.equal([1]);
      expect(yield* served.closing()).to.deep.equal([1]);
      // It is a hint, and nothing else: the connection lives.
      yield* client.send("still\n");
      expect(yield* served.receive()).to.deep.equal(["still"]);
      for (const each of [client, served]) each.close();
    }));

  it("waits for the server of a connection that was given away, too, whether before or after", () =>
    check(function* () {
      const [server, client, served] = yield* accepted();
      const before = yield* fork(() => served.closing());
      yield* sleep(0);
      const stream = served.duplex();
      const after = yield* fork(() => served.closing());
      yield* sleep(0);
      expect([before.state, after.state]).to.deep.equal(["parked", "parked"]);
      server.close();
      expect([yield* before, yield* after]).to.deep.equal([[1], [1]]);
      expect(served.isClosing).to.equal(true);
      stream.destroy();
      client.close();
    }));

  it('is "closed" to those that wait when the connection itself is closed', () =>
    check(function* () {
      const [server, client, served] = yield* accepted();
      const waiting = yield* fork(() => served.closing());
      yield* sleep(0);
      served.close();
      expect(yield* waiting).to.deep.equal([undefined, "closed", undefined]);
      expect(yield* served.closing()).to.deep.equal([undefined, "closed", undefined]);
      client.close();
      server.close();
    }));

  it("never comes to a connection that was made here", () =>
    check(function* () {
      for (const make of [pair, unixPair]) {
        const [client, served] = yield* make();
        const waiting = yield* fork(() => client.closing());
        yield* sleep(0);
        expect([waiting.state, client.isClosing]).to.deep.equal(["parked", false]);
        client.close();
        expect((yield* waiting)[1]).to.equal("closed");
        served.close();
      }
    }));

  it("is a mistake of a server and of what is not connected", () =>
    check(function* () {
      const server = yield* listening();
      expect(() => server.closing()).to.throw(TypeError, "closing: tcp{client} expected");
      expect(() => socket.unix().closing()).to.throw(TypeError, "closing: unix{client} expected");
      expect([server.isClosing, socket.tcp().isClosing]).to.deep.equal([false, false]);
    }));

  it("leaves nothing behind in the server when waits are halted", () =>
    check(function* () {
      const [server, client, served] = yield* accepted();
      for (let i = 0; i < 3; i++) {
        const waiting = yield* fork(() => served.closing());
        yield* sleep(0);
        yield* waiting.halt();
      }
      expect(endpointOf(served)!.origin!.ending.size).to.equal(0);
      for (const each of [client, served, server]) each.close();
    }));

  it("comes to handlers as soon as their server is halted, within its grace", () =>
    simulate({}, function* (world) {
      const told: number[] = [];
      const server = socket.try(yield* socket.bind("127.0.0.1", 7));
      const serving = yield* fork(() =>
        serve(
          server,
          function* (client) {
            yield* client.closing();
            told.push(world.now());
            yield* sleep(2);
          },
          { grace: 5 },
        ),
      );
      for (let i = 0; i < 3; i++) socket.try(yield* socket.connect("127.0.0.1", 7));
      yield* sleep(1);
      const began = world.now();
      yield* serving.halt();
      expect(told).to.deep.equal([began, began, began]);
      expect(world.now()).to.equal(began + 2);
    }));
});
