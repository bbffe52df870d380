/** What an object answers in states that few programs see: while it is being bound or closed, when it is closed or dead. */
import { expect } from "chai";
import type { Operation } from "effection";
import { fork, sleep, socket, type Tcp, type Udp } from "cosocket";
import { check } from "../../support/check.js";
import { both, made, pair, readable } from "../../support/pairs.js";
import { socketPath } from "../../support/transports.js";

const NAME = "localhost";

const failure = (error: string): unknown => [undefined, error, undefined];

describe("an object that several tasks want to bind", () => {
  it("is closed while it is bound: nothing is left, and nobody waits for ever", () =>
    check(function* () {
      const path = yield* socketPath();
      const tcp = (): Tcp => socket.tcp4();
      type Begun = [{ close(): 1; toString(): string }, (object: never) => Operation<unknown>];
      const begun: Begun[] = [
        [tcp(), (object: Tcp) => object.bind(NAME, 0)],
        [tcp(), (object: Tcp) => object.bind("127.0.0.1", 0)],
        [tcp(), (object: Tcp) => object.listen()],
        [socket.unix(), (object: ReturnType<typeof socket.unix>) => object.bind(path)],
        [socket.udp4(), (object: Udp) => object.setsockname(NAME, 0)],
        [socket.udp4(), (object: Udp) => object.setpeername(NAME, 9)],
      ];
      for (const [object, begin] of begun) {
        const binding = yield* fork(() => begin(object as never));
        // Right after it has begun.
        yield* yield* fork(function* () {
          object.close();
        });
        expect(yield* binding).to.deep.equal(failure("closed"));
        expect(object.toString()).to.include("(closed)");
      }
    }));

  it("connects while its name is looked up: then it is no server", () =>
    check(function* () {
      const [client] = yield* pair();
      const [ip, port] = client.getpeername();
      client.close();
      const tcp = yield* made(socket.tcp4());
      const [bound, connected] = yield* both(
        () => tcp.bind(NAME, 0),
        () => tcp.connect(ip!, port as number),
      );
      expect(bound).to.deep.equal(failure("invalid argument"));
      expect((connected as unknown[])[1]).to.equal("connection refused");
    }));

  it("sends a datagram while its name is looked up: then it is bound", () =>
    check(function* () {
      const peer = yield* made(socket.udp4());
      socket.try(yield* peer.setsockname("127.0.0.1", 0));
      const [ip, port] = peer.getsockname();
      const udp = yield* made(socket.udp());
      expect(
        yield* both(
          () => udp.setsockname(NAME, 0),
          () => udp.sendto("x", ip!, port as number),
        ),
      ).to.deep.equal([failure("invalid argument"), [1]]);
      expect(
        yield* both(
          () => udp.setpeername(NAME, port as number),
          () => udp.setpeername(ip!, port as number),
        ),
      ).to.deep.equal([[1], [1]]);
      expect(yield* udp.send("y")).to.deep.equal([1]);
    }));
});

describe("a server", () => {
  it("gives who waits to accept an answer when it connects instead", () =>
    check(function* () {
      const server = yield* made(socket.try(yield* socket.bind("127.0.0.1", 0)));
      const accepting = yield* fork(() => server.accept());
      yield* sleep(0);
      yield* server.connect("127.0.0.1", 1);
      expect(yield* accepting).to.deep.equal(failure("closed"));
    }));

  it("and a master cannot be shut down, as in LuaSocket", () =>
    check(function* () {
      const server = yield* made(socket.try(yield* socket.bind("127.0.0.1", 0)));
      for (const object of [server, socket.tcp(), socket.unix()])
        expect(() => object.shutdown("send")).to.throw(TypeError, "{client} expected");
      const [client] = yield* pair();
      client.close();
      expect(client.shutdown()).to.equal(1);
    }));

  it("listens unbound where the kernel has a port to choose; a client never does", () =>
    check(function* () {
      const tcp = yield* made(socket.tcp());
      expect(yield* tcp.listen()).to.deep.equal([1]);
      expect(tcp.getsockname()[1]).to.be.greaterThan(0);
      expect(yield* socket.unix().listen()).to.deep.equal(failure("invalid argument"));
      const [client] = yield* pair();
      expect(() => client.listen()).to.throw(TypeError, "listen: tcp{master} expected");
    }));
});

describe("a closed object", () => {
  it('answers "closed" to setoption, getoption and the names', () =>
    check(function* () {
      const [client, served] = yield* pair();
      served.close();
      const objects = [client, socket.tcp(), socket.udp4(), socket.unix()];
      for (const object of objects) {
        object.close();
        const name: string = object.toString().startsWith("udp") ? "broadcast" : "linger";
        const value = name === "linger" ? { on: true, timeout: 1 } : true;
        expect(object.setoption(name, value)).to.deep.equal(failure("closed"));
        expect(object.getoption(name)).to.deep.equal(failure("closed"));
        expect(object.getoption("error" as string)).to.deep.equal(failure("closed"));
        expect(object.getsockname()).to.deep.equal(failure("closed"));
        expect(object.getpeername()).to.deep.equal(failure("closed"));
        expect(() => object.setoption(name, 5)).to.throw(TypeError);
        expect(() => object.getoption("no-such" as string)).to.throw(
          TypeError,
          "unsupported option",
        );
      }
    }));
});

describe("a connection that broke", () => {
  it("has no peer any more, and tells its error once", () =>
    check(function* () {
      const [client, served] = yield* pair();
      served.setoption("linger", { on: true, timeout: 0 });
      served.close();
      yield* readable(client);
      expect(client.getpeername()).to.deep.equal(failure("transport endpoint is not connected"));
      expect(client.getoption("error")).to.deep.equal(["closed"]);
      expect(client.getoption("error")).to.deep.equal([undefined]);
      expect((yield* client.receive())[1]).to.equal("closed");
    }));

  for (const method of ["send", "flush"] as const)
    it(`has no error left to tell once ${method} has told it`, () =>
      check(function* () {
        const [client, served] = yield* pair();
        served.setoption("linger", { on: true, timeout: 0 });
        served.close();
        yield* readable(client);
        expect((yield* client[method]("x"))[1]).to.equal("closed");
        expect(client.getoption("error")).to.deep.equal([undefined]);
      }));

  it("told by a send: has no peer either", () =>
    check(function* () {
      const [client, served] = yield* pair();
      served.close();
      client.settimeout(5);
      for (;;) {
        const [, err] = yield* client.send("x");
        if (err) break;
        yield* client.flush();
        yield* sleep(0);
      }
      expect(client.getpeername()).to.deep.equal(failure("transport endpoint is not connected"));
    }));
});

describe("toString", () => {
  it("tells by its arrow who began a connection", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const [near, far] = [client, served].map((one) => one.getsockname().slice(0, 2).join(":"));
      expect(String(client)).to.equal(`tcp{client} ${near}->${far}`);
      expect(String(served)).to.equal(`tcp{client} ${far}<-${near}`);
      const udp = yield* made(socket.udp6());
      if ((yield* udp.setpeername("::1", 9))[1] === undefined)
        expect(String(udp)).to.match(/^udp\{connected\} \[::1\]:\d+->\[::1\]:9$/);
      const path = yield* socketPath();
      const server = yield* made(socket.unix());
      socket.try(yield* server.bind(path));
      const caller = yield* made(socket.unix());
      socket.try(yield* caller.connect(path));
      expect(String(caller)).to.equal(`unix{client} ->${JSON.stringify(path)}`);
      const answerer = yield* made(socket.try(yield* server.accept()));
      expect(String(answerer)).to.equal(`unix{client} ${JSON.stringify(path)}<-`);
      expect(String(server)).to.equal(`unix{server} ${JSON.stringify(path)}`);
    }));
});

describe("gettimeouts", () => {
  it("gives those of connect, send and receive, in Copas's order; accept obeys that of receive", () =>
    check(function* () {
      const tcp = yield* made(socket.try(yield* socket.bind("127.0.0.1", 0)));
      expect(tcp.gettimeouts()).to.deep.equal([-1, -1, -1]);
      tcp.settimeouts(1, 2, 0);
      expect(tcp.gettimeouts()).to.deep.equal([1, 2, 0]);
      expect(tcp.gettimeout()).to.deep.equal([0, -1]);
      expect((yield* tcp.accept())[1]).to.equal("timeout");
      tcp.settimeouts(0, 0, 30);
      const accepting = yield* fork(() => tcp.accept());
      const client = socket.try(yield* socket.connect("127.0.0.1", tcp.getsockname()[1] as number));
      const [accepted, err] = yield* accepting;
      expect(err).to.equal(undefined);
      accepted!.close();
      client.close();
    }));
});
