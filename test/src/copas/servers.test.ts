/** Servers on the loop: TCP, UDP, Unix, TLS. */
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, socket } from "cosocket";
import { copas } from "cosocket/copas";
import { settle } from "cosocket/testing";
import { loop } from "../../support/loop.js";
import { check, RawPeer } from "../../support/check.js";
import { listening, portOf, thrown, until } from "../../support/pairs.js";
import { authority, identity, socketPath } from "../../support/transports.js";

describe("copas servers", () => {
  it("addserver: a thread for each client, closed when it ends; removeserver may keep it open", () =>
    check(function* () {
      const server = yield* listening();
      const names: string[] = [];
      yield* loop(function* () {
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
        expect(copas.removeserver(server, true)).to.equal(true);
        yield* copas.pause();
        expect(server.closed).to.equal(false);
        copas.addserver(server, function* () {});
        expect(copas.removeserver(server)).to.equal(1);
      });
      expect(names).to.deep.equal(["echo:handler_1", "echo:handler_2"]);
      expect(server.closed).to.equal(true);
    }));

  it("without autoclose the client stays open after its handler", () =>
    check(function* () {
      const server = yield* listening();
      yield* ensure(() => void (copas.autoclose = true));
      const kept: { close(): 1; closed: boolean }[] = [];
      yield* loop(function* () {
        copas.autoclose = false;
        copas.addserver(server, function* (client) {
          kept.push(client);
        });
        const peer = RawPeer.connect(portOf(server));
        yield* until(() => kept.length === 1);
        yield* settle();
        copas.removeserver(server);
        expect(kept[0]!.closed).to.equal(false);
        kept[0]!.close();
        peer.socket.destroy();
      });
    }));

  it("serves UDP and Unix, too", () =>
    check(function* () {
      const path = yield* socketPath();
      yield* loop(function* () {
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
      yield* loop(function* () {
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
        copas.addserver(server, handler);
        const client = copas.wrap(socket.tcp(), { cafile: authority.certificate });
        expect(yield* copas.connect(client, "localhost", portOf(server))).to.deep.equal([1]);
        expect(yield* client.receive()).to.deep.equal(["secret"]);
        const plain = RawPeer.connect(portOf(server));
        // Only a mute client may be given little time.
        const impatient = yield* listening();
        copas.addserver(impatient, handler, 0.05);
        const mute = RawPeer.connect(portOf(impatient));
        plain.socket.write("in the clear\n");
        yield* until(() => errors.length === 2);
        plain.socket.destroy();
        mute.socket.destroy();
        const wary = copas.wrap(socket.tcp(), {});
        expect(String(yield* thrown(copas.connect(wary, "localhost", portOf(server))))).to.match(
          /TLS\/SSL handshake failed: certificate verify failed/,
        );
        copas.removeserver(impatient);
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
      expect(copas.settimeout(client, 3)).to.equal(true);
      expect(copas.settimeouts(client, 1, undefined, -1)).to.equal(true);
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
