import { PassThrough } from "node:stream";
import { expect } from "chai";
import { ensure, type Operation, race } from "effection";
import { fork, sleep, socket, type Tcp } from "cosocket";
import { check, RawPeer } from "../../support/check.js";
import { clog, listening, pair, portOf, until } from "../../support/pairs.js";
import { transports } from "../../support/transports.js";

for (const { name, pair, check } of transports) {
  describe(`select over ${name}`, () => {
    it("buffered data and the end of the stream are readable, room is writable", () =>
      check(function* () {
        const [client, served] = yield* pair();
        expect(yield* socket.select([client], undefined, 0)).to.deep.equal([[], [], "timeout"]);
        const [readable, writable, error] = yield* socket.select([client], [served], 1);
        expect([readable, writable, error]).to.deep.equal([[], [served], undefined]);
        const waiting = yield* fork(() => socket.select([client, served]));
        yield* sleep(0);
        yield* served.send("one\ntwo\n");
        expect((yield* waiting)[0]).to.deep.equal([client]);
        yield* client.receive();
        // Still buffered.
        expect((yield* socket.select([client], [], 0))[0]).to.deep.equal([client]);
        yield* client.receive();
        expect((yield* socket.select([client], [], 0))[2]).to.equal("timeout");
        served.shutdown("send");
        expect((yield* socket.select([client]))[0]).to.deep.equal([client]);
        expect((yield* client.receive())[1]).to.equal("closed");
      }));

    it("a full queue is not writable, until the peer reads", () =>
      check(function* () {
        const [client, served] = yield* pair();
        yield* clog(served);
        expect((yield* socket.select([], [served], 0))[2]).to.equal("timeout");
        const waiting = yield* fork(() => socket.select([], [served]));
        yield* client.receive(served.getstats()[1]);
        expect((yield* waiting)[1]).to.deep.equal([served]);
      }));
  });
}

describe("select", () => {
  it("a connection to accept is readable; one that was made, or failed, is writable", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.tcp();
      yield* ensure(() => void client.close());
      client.settimeout(0);
      expect((yield* client.connect("127.0.0.1", portOf(server)))[1]).to.equal("timeout");
      expect((yield* socket.select([client], [client]))[1]).to.deep.equal([client]);
      expect(yield* client.connect("127.0.0.1", portOf(server))).to.deep.equal([1]);
      expect((yield* socket.select([server]))[0]).to.deep.equal([server]);
      socket.try(yield* server.accept()).close();
      const port = portOf(server);
      server.close();
      const refused = socket.tcp();
      yield* ensure(() => void refused.close());
      refused.settimeout(0);
      yield* refused.connect("127.0.0.1", port);
      expect((yield* socket.select(undefined, [refused]))[1]).to.deep.equal([refused]);
      expect((yield* refused.connect("127.0.0.1", port))[1]).to.equal("connection refused");
    }));

  it("a datagram, and an error, are readable", () =>
    check(function* () {
      const [a, b] = [socket.udp(), socket.udp()];
      yield* ensure(() => void (a.close(), b.close()));
      yield* a.setsockname("127.0.0.1", 0);
      yield* b.setpeername("127.0.0.1", a.getsockname()[1] as number);
      expect((yield* socket.select([a], [b], 0))[1]).to.deep.equal([b]);
      yield* b.send("x");
      expect((yield* socket.select([b, a]))[0]).to.deep.equal([a]);
      a.close();
      yield* b.send("y");
      expect((yield* socket.select([b]))[0]).to.deep.equal([b]);
      expect((yield* b.receive())[1]).to.equal("connection refused");
    }));

  it("passes closed objects and other values over; a foreign descriptor is a mistake", () =>
    check(function* () {
      const [client] = yield* pair();
      const closed = socket.tcp();
      closed.close();
      const odd = [closed, socket.tcp(), socket.udp(), "text", 5, null, undefined, {}];
      expect(yield* socket.select(odd, odd, 0.001)).to.deep.equal([[], [], "timeout"]);
      expect(yield* socket.select(null, undefined, 0)).to.deep.equal([[], [], "timeout"]);
      expect((yield* socket.select([closed], [client]))[1]).to.deep.equal([client]);
      expect(() => socket.select([{ getfd: () => 3 }])).to.throw(TypeError, "socket.fd or");
      expect(() => socket.select("x" as never)).to.throw(TypeError, "an array");
      expect(() => socket.select([], [], "1" as never)).to.throw(TypeError, "number of seconds");
    }));

  it("close is told to those who select; a halted select leaves nothing", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const waiting = yield* fork(() => socket.select([client, served], [], 5));
      yield* sleep(0);
      served.close();
      expect((yield* waiting)[0]).to.deep.equal([client]);
      const stream = socket.stream(new PassThrough());
      yield* race([socket.select([stream]), sleep(0)]);
      yield* race([socket.select([stream], [], 100), sleep(0)]);
      stream.close();
    }));

  it("a timeout keeps the process alive, and passes", () =>
    check(function* () {
      expect(yield* socket.select([], [], 0.003)).to.deep.equal([[], [], "timeout"]);
    }));

  it("drives a dispatcher written by hand, as in the days before Copas", () =>
    check(function* () {
      const server = yield* listening();
      server.settimeout(0);
      const peers = Array.from({ length: 3 }, () => RawPeer.connect(portOf(server)));
      yield* ensure(() => {
        for (const peer of peers) peer.socket.destroy();
      });
      for (const [i, peer] of peers.entries()) peer.socket.write(`hello ${i}\npart`);
      const dispatcher = yield* fork(() => dispatch(server, peers.length));
      yield* until(() => peers.every((peer) => peer.received.includes("\n")));
      for (const peer of peers) peer.socket.end("ial\n");
      yield* dispatcher;
      yield* until(() => peers.every((peer) => peer.ended));
      for (const [i, peer] of peers.entries()) {
        expect(peer.received.toString()).to.equal(`hello ${i}\npartial\n`);
      }
    }));
});

/** Non-blocking sockets, select, and a table of partial lines: nothing else. */
function* dispatch(server: Tcp, clients: number): Operation<void> {
  const partials = new Map<Tcp, string>();
  while (clients > 0) {
    const [readable] = yield* socket.select([server, ...partials.keys()]);
    for (const ready of readable) {
      if (ready === server) {
        const [client] = yield* server.accept();
        if (client === undefined) continue;
        client.settimeout(0);
        partials.set(client, "");
        continue;
      }
      const [line, err, partial] = yield* ready.receive("*l", partials.get(ready));
      if (line !== undefined) {
        partials.set(ready, "");
        yield* ready.send(`${line}\n`);
      } else if (err === "timeout") partials.set(ready, partial);
      else {
        ready.close();
        partials.delete(ready);
        clients--;
      }
    }
  }
}
