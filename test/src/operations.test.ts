import { expect } from "chai";
import { socket } from "cosocket";
import { check } from "../support/check.js";
import { listening, pair, portOf } from "../support/pairs.js";

const UNKNOWN = [undefined, "host or service not provided, or not known", undefined];

describe("operations of sockets", () => {
  it("do nothing, and say so, when they are destructured instead of performed", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const server = yield* listening();
      const udp = socket.udp();
      const unix = socket.unix();
      const operations: (() => Iterable<unknown>)[] = [
        () => client.receive(),
        () => client.receivepartial(),
        () => client.receiveany(),
        () => client.receiveuntil("x")(),
        () => client.receiveuntil("x")(5),
        () => client.peek(1),
        () => client.send("x"),
        () => client.send(Buffer.from("x")),
        () => client.flush(),
        () => server.accept(),
        () => socket.tcp().connect("127.0.0.1", 1),
        () => socket.tcp().setpeername("127.0.0.1", 1),
        () => socket.tcp().bind("127.0.0.1", 0),
        () => socket.tcp().setsockname("127.0.0.1", 0),
        () => socket.tcp().listen(),
        () => socket.connect("127.0.0.1", 1),
        () => socket.connect4("127.0.0.1", 1),
        () => socket.connect6("::1", 1),
        () => socket.bind("127.0.0.1", 0),
        () => unix.connect("/tmp/x"),
        () => unix.bind("/tmp/x"),
        () => unix.listen(),
        () => udp.sendto("x", "127.0.0.1", 1),
        () => udp.setsockname("127.0.0.1", 0),
        () => udp.setpeername("127.0.0.1", 1),
        () => socket.select([client]),
        () => socket.sleep(1),
        () => socket.dns.toip("localhost"),
        () => socket.dns.tohostname("localhost"),
        () => socket.dns.getaddrinfo("localhost"),
        () => socket.dns.getnameinfo("localhost"),
      ];
      for (const operation of operations) {
        expect(() => {
          const [first, second] = operation();
          return [first, second];
        }, String(operation)).to.throw("was not performed: write `yield*` before it");
      }
      expect(served.dirty()).to.equal(false);
      expect([client.closed, udp.getsockname()[1], unix.getsockname()[0]]).to.deep.equal([
        false,
        0,
        "",
      ]);
    }));

  it("can be performed again, each time anew", () =>
    check(function* () {
      const server = yield* listening();
      const connecting = socket.connect("127.0.0.1", portOf(server));
      const first = socket.try(yield* connecting);
      const second = socket.try(yield* connecting);
      expect(first).to.not.equal(second);
      const tcp = socket.tcp();
      const binding = tcp.bind("127.0.0.1", 0);
      expect(yield* binding).to.deep.equal([1]);
      expect(yield* binding).to.deep.equal([undefined, "invalid argument", undefined]);
      for (const object of [first, second, tcp]) object.close();
    }));
});

describe("an empty host", () => {
  it("is known to nobody, as any other name that comes from outside may be", () =>
    check(function* () {
      for (const host of ["", "a\0b"]) {
        expect(yield* socket.connect(host, 80)).to.deep.equal(UNKNOWN);
        expect(yield* socket.connect("127.0.0.1", 80, host)).to.deep.equal(UNKNOWN);
        expect(yield* socket.bind(host, 0)).to.deep.equal(UNKNOWN);
        expect(yield* socket.tcp().connect(host, 80)).to.deep.equal(UNKNOWN);
        expect(yield* socket.tcp6().bind(host, 80)).to.deep.equal(UNKNOWN);
        expect(yield* socket.udp().setsockname(host, 0)).to.deep.equal(UNKNOWN);
        expect(yield* socket.udp().setpeername(host, 80)).to.deep.equal(UNKNOWN);
        expect((yield* socket.udp().sendto("x", host, 80))[1]).to.equal(UNKNOWN[1]);
        expect(yield* socket.dns.toip(host)).to.deep.equal(UNKNOWN);
        expect(yield* socket.dns.tohostname(host)).to.deep.equal(UNKNOWN);
        expect(yield* socket.dns.getaddrinfo(host)).to.deep.equal(UNKNOWN);
        expect(yield* socket.dns.getnameinfo(host)).to.deep.equal(UNKNOWN);
      }
      const invalid = [undefined, "invalid argument", undefined];
      expect(yield* socket.unix().connect("")).to.deep.equal(invalid);
      expect(yield* socket.unix().bind("")).to.deep.equal(invalid);
    }));

  it("that is no string is a mistake, and throws at the call", () => {
    for (const host of [undefined, null, 5, {}] as never[]) {
      expect(() => socket.connect(host, 80)).to.throw(TypeError, "the host must be");
      expect(() => socket.bind(host, 80)).to.throw(TypeError, "the host must be");
      expect(() => socket.tcp().bind(host, 80)).to.throw(TypeError, "the host must be");
      expect(() => socket.dns.toip(host)).to.throw(TypeError, "the host must be");
    }
  });
});
