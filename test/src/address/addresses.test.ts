/** Addresses that are told in another way than the kernel has them. */
import { expect } from "chai";
import { ensure } from "effection";
import { socket } from "cosocket";
import { check } from "../../support/check.js";
import { listening, portOf } from "../../support/pairs.js";

const MAPPED = ["::ffff:127.0.0.1", "::FFFF:127.0.0.1", "::ffff:7f00:1"];

describe("an IPv4 address as IPv6 has it", () => {
  it("is the IPv4 address where an object of IPv4 binds and connects", () =>
    check(function* () {
      for (const mapped of MAPPED) {
        const server = socket.tcp4();
        yield* ensure(() => void server.close());
        expect(yield* server.bind(mapped, 0)).to.deep.equal([1]);
        expect(server.getsockname()).to.deep.equal(["127.0.0.1", portOf(server), "inet"]);
        const client = socket.tcp4();
        yield* ensure(() => void client.close());
        expect(yield* client.connect(mapped, portOf(server))).to.deep.equal([1]);
        expect(client.getpeername()).to.deep.equal(["127.0.0.1", portOf(server), "inet"]);
      }
    }));

  it("is the IPv4 address where datagrams are sent and sockets named", () =>
    check(function* () {
      for (const mapped of MAPPED) {
        const [one, two] = [socket.udp4(), socket.udp4()];
        yield* ensure(() => void (one.close(), two.close()));
        expect(yield* one.setsockname(mapped, 0)).to.deep.equal([1]);
        const port = one.getsockname()[1] as number;
        expect(yield* two.sendto("a", mapped, port)).to.deep.equal([1]);
        expect(String((yield* one.receive())[0])).to.equal("a");
        expect(yield* two.setpeername(mapped, port)).to.deep.equal([1]);
        expect(two.getpeername()).to.deep.equal(["127.0.0.1", port, "inet"]);
        yield* two.send("b");
        expect(String((yield* one.receive())[0])).to.equal("b");
      }
    }));

  it("has no other IPv6 address in IPv4, and no IPv4 address in IPv6", () =>
    check(function* () {
      const refused = "address family for hostname not supported";
      for (const address of ["::1", "::ffff:999.0.0.1", "::ffff:1:7f00:1", "fe80::1"]) {
        expect((yield* socket.tcp4().connect(address, 9))[1], address).to.equal(refused);
        expect((yield* socket.udp4().sendto("a", address, 9))[1], address).to.equal(refused);
      }
      expect((yield* socket.tcp6().connect("127.0.0.1", 9))[1]).to.equal(refused);
      expect((yield* socket.udp6().sendto("a", "127.0.0.1", 9))[1]).to.equal(refused);
    }));
});

describe("connect", () => {
  it('takes "*" for this machine, as the C library does', () =>
    check(function* () {
      const server = yield* listening();
      for (const client of [socket.tcp(), socket.tcp4()]) {
        yield* ensure(() => void client.close());
        expect(yield* client.connect("*", portOf(server))).to.deep.equal([1]);
        expect(client.getpeername()[0]).to.equal("127.0.0.1");
      }
    }));

  it("looks for addresses of the family that the object is bound to", () =>
    check(function* () {
      const tcp = socket.tcp();
      yield* ensure(() => void tcp.close());
      yield* tcp.bind("::1", 0);
      const [, error] = yield* tcp.connect("127.0.0.1", 9);
      expect(error).to.equal("address family for hostname not supported");
    }));

  it("of a server that listen has made one is refused, and it goes on listening", () =>
    check(function* () {
      const other = yield* listening();
      const server = yield* listening();
      yield* server.listen(5);
      expect((yield* server.connect("127.0.0.1", portOf(other)))[1]).to.equal("already connected");
      const unbound = socket.tcp4();
      yield* ensure(() => void unbound.close());
      yield* unbound.listen();
      expect((yield* unbound.connect("127.0.0.1", portOf(other)))[1]).to.equal("already connected");
      const client = socket.tcp();
      yield* ensure(() => void client.close());
      expect(yield* client.connect("127.0.0.1", portOf(server))).to.deep.equal([1]);
    }));
});

describe("a zone", () => {
  it("with a NUL in it is nobody's, and not cut there", () =>
    check(function* () {
      const udp = socket.udp();
      yield* ensure(() => void udp.close());
      for (const host of ["::1%lo\0x", "fe80::1%\0"])
        for (const operation of [
          () => socket.connect(host, 9),
          () => socket.bind(host, 0),
          () => udp.sendto("x", host, 9),
          () => udp.setsockname(host, 0),
          () => udp.setpeername(host, 9),
          () => socket.dns.toip(host),
        ]) {
          const [, error] = yield* operation();
          expect(error, String(operation)).to.equal("host or service not provided, or not known");
        }
    }));
});
