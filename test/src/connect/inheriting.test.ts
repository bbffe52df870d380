/** Sockets that a program is started with. */
import { closeSync, openSync } from "node:fs";
import { expect } from "chai";
import { call, ensure } from "effection";
import { socket, type Tcp, type Unix } from "cosocket";
import { simulate } from "cosocket/testing";
import { check } from "../../support/check.js";
import { inheriting } from "../../support/descriptors.js";
import { listening, pair, portOf } from "../../support/pairs.js";

describe("what a program inherits", function () {
  this.timeout(20_000);

  it("servers and connections of TCP and Unix, and UDP: each tells its address and works; who gives one to a wrong object, or one that an object has, is told so", () =>
    check(function* () {
      const server = yield* listening();
      const server6 = socket.try(yield* socket.bind("::1", 0));
      // A name without a file: closing does not remove it.
      const name = `\0cosocket test ${process.pid}  inherits`;
      const unix = socket.unix();
      socket.try(yield* unix.bind(name));
      const udp = socket.udp();
      socket.try(yield* udp.setsockname("127.0.0.1", 0));
      const udp6 = socket.udp();
      socket.try(yield* udp6.setsockname("::1", 0));
      const [peer, given] = yield* pair();
      const localPeer = socket.unix();
      socket.try(yield* localPeer.connect(name));
      const localGiven = socket.try(yield* unix.accept());
      const file = openSync(import.meta.filename, "r");
      yield* ensure(() => closeSync(file));
      const program = yield* inheriting("inherits", [
        ...[server, unix, udp, given, localGiven].map((each) => each.getfd()),
        file,
        ...[server6, udp6].map((each) => each.getfd()),
      ]);
      yield* call(() => program.prints(/serves\n/));
      const [ip, port, family] = server.getsockname();
      const shownName = JSON.stringify(name);
      expect(program.out.split("\n").slice(0, -1)).to.deep.equal([
        "tcp, nothing: TypeError: bind: descriptor 99 is not open (EBADF)",
        "tcp, a file: TypeError: bind: descriptor 8 is a file, and no socket",
        "tcp, unix: TypeError: bind: descriptor 4 is a Unix domain socket, which socket.unix() takes, and not a TCP socket",
        "tcp, udp: TypeError: bind: descriptor 5 is a UDP socket, which socket.udp() takes, and not a TCP socket",
        "tcp, a connection: TypeError: bind: descriptor 6 is a connection, and does not listen: setfd takes it",
        "unix, tcp: TypeError: bind: descriptor 3 is a TCP socket, which socket.tcp() takes, and not a Unix domain socket",
        "unix, a connection: TypeError: bind: descriptor 7 is a connection, and does not listen: setfd takes it",
        "udp, tcp: TypeError: setsockname: descriptor 3 is a TCP socket, which socket.tcp() takes, and not a UDP socket",
        "udp, nothing: TypeError: setfd: descriptor 99 is not open (EBADF)",
        'udp4, IPv6: [null,"address family for hostname not supported",null]',
        `takes 3: tcp{server} ${ip}:${port} ${ip} ${port} ${family}`,
        `takes 9: tcp{server} [::1]:${portOf(server6)} ::1 ${portOf(server6)} inet6`,
        `takes 4: unix{server} ${shownName} ${name}`,
        `takes 5: udp{unconnected} 127.0.0.1:${udp.getsockname()[1]} ${udp.getsockname().join(" ")}`,
        `takes 10: udp{unconnected} [::1]:${udp6.getsockname()[1]} ${udp6.getsockname().join(" ")}`,
        `takes 6: tcp{client} ${given.getsockname().slice(0, 2).join(":")}<-${peer.getsockname().slice(0, 2).join(":")} ${given.getsockname().join(" ")}`,
        `takes 7: unix{client} ${shownName}<- ${name}`,
        `peer of 6: ${peer.getsockname().join(" ")}`,
        "peer of 7: ",
        ...[
          ["taken by bind", "bind"],
          ["a server of Node's", "bind"],
          ["a client", "setfd"],
          ["a UDP object", "setsockname"],
        ].map(
          ([what, by]) =>
            `${what}: TypeError: ${by}: descriptor n belongs to an object already: use that one, or close it before`,
        ),
        "serves",
      ]);
      // These objects have the connections still; that the heir has closed them is told nevertheless.
      for (const each of [peer, localPeer]) {
        expect(yield* each.receive()).to.deep.equal(["taken over"]);
        expect(yield* each.receive()).to.deep.equal([undefined, "closed", ""]);
      }
      const places = [server.getsockname(), server6.getsockname()];
      const ports = [udp, udp6].map((each) => each.getsockname());
      for (const each of [server, server6, unix, udp, udp6, localPeer, localGiven]) each.close();
      const clients: (Tcp | Unix)[] = [];
      for (const [ip, port] of places)
        clients.push(socket.try(yield* socket.connect(ip!, port as number)));
      const local = socket.unix();
      socket.try(yield* local.connect(name));
      for (const client of [...clients, local]) {
        yield* client.send("served\n");
        expect(yield* client.receive()).to.deep.equal(["served by the heir"]);
        client.close();
      }
      for (const [ip, port] of ports) {
        const asking = socket.udp();
        yield* asking.sendto("served", ip!, port as number);
        expect(String((yield* asking.receive())[0])).to.equal("served by the heir");
        asking.close();
      }
    }));

  it("misuse throws: no number, something else beside it, an object that is bound; in a simulation there is none", () =>
    check(function* () {
      const server = yield* listening();
      const wrong = { fd: "3" } as unknown as { fd: number };
      expect(() => socket.bind(wrong)).to.throw(
        TypeError,
        'bind: a descriptor is a whole number from 0 on, not "3"',
      );
      const more = { fd: 3, backlog: 5 } as { fd: number };
      expect(() => socket.tcp().bind(more)).to.throw(TypeError, "backlog");
      expect(() => socket.tcp().bind({ fd: 3 }, -1)).to.throw(TypeError, "the backlog must be");
      expect(() => server.setfd(0)).to.throw(TypeError, "setfd: tcp{master} expected");
      expect(() => socket.unix().setfd(server.getfd())).to.throw(TypeError, "is a TCP socket");
      yield* call(() =>
        simulate({ seed: 1 }, function* () {
          expect(() => socket.bind({ fd: 3 })).to.throw(
            TypeError,
            "bind: in a simulation there is no descriptor 3",
          );
        }),
      );
    }));
});
