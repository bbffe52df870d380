import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, sleep, socket, Tcp } from "cosocket";
import { current, type Network } from "../../../src/network/index.js";
import { settle, simulate } from "cosocket/testing";
import { check, RawPeer } from "../../support/check.js";
import { freePort, listening, pair, portOf, until } from "../../support/pairs.js";
import { timeStands } from "../../support/virtual-clock.js";

describe("bind, listen and accept", () => {
  it("a server may accept without listen, as in the manual of 2003", () =>
    check(function* () {
      const server = socket.tcp();
      expect(yield* server.bind("*", 0)).to.deep.equal([1]);
      const [ip, port, family] = server.getsockname();
      expect([ip, family]).to.deep.equal(["0.0.0.0", "inet"]);
      expect(port).to.be.greaterThan(0);
      const [client] = yield* socket.connect("localhost", port as number);
      const [served] = yield* server.accept();
      expect(served!.getpeername()).to.deep.equal(client!.getsockname());
      expect(client!.getpeername()).to.deep.equal(served!.getsockname());
      expect(String(served)).to.match(/^tcp\{client\} 127\.0\.0\.1:\d+<-127\.0\.0\.1:\d+$/);
      expect(String(server)).to.equal(`tcp{server} 0.0.0.0:${port}`);
      for (const each of [client!, served!, server]) each.close();
    }));

  it("listen sets the backlog, and binds an unbound object", () =>
    check(function* () {
      const server = socket.tcp();
      expect(yield* server.listen(5)).to.deep.equal([1]);
      expect(server.getsockname()[1]).to.be.greaterThan(0);
      expect(yield* server.listen(3)).to.deep.equal([1]);
      server.close();
      expect(yield* server.listen()).to.deep.equal([undefined, "closed", undefined]);
    }));

  it("IPv6: tcp6, connect6, brackets in the name", () =>
    check(function* () {
      const server = socket.tcp6();
      const [, err] = yield* server.bind("::1", 0);
      if (err === "cannot assign requested address") return;
      expect(err).to.equal(undefined);
      const [client] = yield* socket.connect6("::1", portOf(server));
      expect(client!.getfamily()).to.equal("inet6");
      expect(client!.getpeername()[2]).to.equal("inet6");
      expect(String(server)).to.match(/^tcp\{server\} \[::1\]:\d+$/);
      client!.close();
      server.close();
    }));

  it("a server at :: takes IPv6 only, as LuaSocket's, unless ipv6-v6only is set to false", () =>
    check(function* () {
      for (const server of [socket.tcp(), socket.tcp6()]) {
        const [, err] = yield* server.bind("::", 0);
        if (err) return;
        const [, refused] = yield* socket.connect4("127.0.0.1", portOf(server));
        expect(refused).to.equal("connection refused");
        const client = socket.try(yield* socket.connect6("::1", portOf(server)));
        client.close();
        server.close();
      }
    }));

  it("an IPv4 peer of a dual-stack server is shown as IPv4", () =>
    check(function* () {
      const server = socket.tcp();
      server.setoption("ipv6-v6only", false);
      const [, err] = yield* server.bind("::", 0);
      if (err) return;
      const [client] = yield* socket.connect4("127.0.0.1", portOf(server));
      const [served] = yield* server.accept();
      expect(served!.getpeername().slice(0, 1)).to.deep.equal(["127.0.0.1"]);
      expect(served!.getpeername()[2]).to.equal("inet");
      for (const each of [client!, served!, server]) each.close();
    }));

  it("each failure has its word, and Node's error behind it", () =>
    check(function* () {
      const server = yield* listening();
      const tcp = socket.tcp();
      expect(yield* tcp.bind("127.0.0.1", portOf(server))).to.deep.equal([
        undefined,
        "address already in use",
        undefined,
      ]);
      expect((tcp.lastError as NodeJS.ErrnoException).code).to.equal("EADDRINUSE");
      expect(tcp.getoption("error")).to.deep.equal(["address already in use"]);
      // The object is usable after that.
      expect(yield* tcp.bind("127.0.0.1", 0)).to.deep.equal([1]);
      tcp.close();
      expect(yield* socket.bind("203.0.113.1", 0)).to.deep.equal([
        undefined,
        "cannot assign requested address",
        undefined,
      ]);
      expect((yield* socket.bind("no.such.host.invalid", 0))[1]).to.be.oneOf([
        "host or service not provided, or not known",
        "temporary failure in name resolution",
      ]);
    }));

  it("accept obeys the timeout; 0 never waits", () =>
    check(function* () {
      const server = yield* listening();
      server.settimeout(0);
      expect(yield* server.accept()).to.deep.equal([undefined, "timeout", undefined]);
      server.settimeout(0.005);
      expect(yield* server.accept()).to.deep.equal([undefined, "timeout", undefined]);
      server.settimeout(100);
      server.settimeout(0.005, "t");
      expect(yield* server.accept()).to.deep.equal([undefined, "timeout", undefined]);
    }));

  it("connections beyond the backlog are refused and counted, the others kept with what they sent", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0, 3));
      const peers = Array.from({ length: 5 }, (_, i) => {
        const peer = RawPeer.connect(portOf(server));
        peer.socket.write(`${i}\n`);
        return peer;
      });
      yield* until(() => peers.filter((peer) => peer.closed).length === 2);
      expect(server.refused).to.equal(2);
      for (let i = 0; i < 3; i++) {
        const [client] = yield* server.accept();
        expect((yield* client!.receive())[0]).to.match(/^\d$/);
        client!.close();
      }
      server.close();
      for (const peer of peers) peer.socket.destroy();
    }));

  it("closing the server closes what nobody accepted", () =>
    check(function* () {
      const server = yield* listening();
      const peer = RawPeer.connect(portOf(server));
      expect(yield* socket.select([server])).to.deep.equal([[server], []]);
      server.close();
      yield* until(() => peer.closed);
      expect(peer.error?.code).to.equal("ECONNRESET");
      peer.socket.destroy();
    }));

  it("misuse throws, with the fix", () =>
    check(function* () {
      const server = yield* listening();
      expect(() => server.receive()).to.throw(
        TypeError,
        "receive: tcp{client} expected, but this is tcp{server}",
      );
      expect(() => server.send("x")).to.throw(TypeError, "accept a client from it first");
      expect(() => socket.tcp().receive()).to.throw(
        TypeError,
        "but this is tcp{master}: connect it first",
      );
      expect(() => socket.tcp().accept()).to.throw(TypeError, "accept: tcp{server} expected");
      const [client] = yield* pair();
      expect(() => client.accept()).to.throw(TypeError, "bind it first");
      for (const port of [-1, 65536, 1.5, "x", undefined]) {
        for (const call of [socket.connect, socket.bind])
          expect(() => call("127.0.0.1", port as number), String(port)).to.throw(
            TypeError,
            "the port must be an integer",
          );
      }
      expect(() => client.settimeout(NaN)).to.throw(TypeError, "must be a number of seconds");
      expect(() => client.settimeout(1, "x" as "b")).to.throw(
        TypeError,
        'invalid timeout mode "x"',
      );
      expect(() => client.shutdown("all" as "both")).to.throw(
        TypeError,
        'shutdown: there is no mode "all": there are "send", "receive", "both"',
      );
    }));
});

describe("connect", () => {
  it('refused is "connection refused"; the object can connect again', () =>
    check(function* () {
      const port = yield* freePort();
      const client = socket.tcp();
      expect(yield* client.connect("127.0.0.1", port)).to.deep.equal([
        undefined,
        "connection refused",
        undefined,
      ]);
      expect((client.lastError as NodeJS.ErrnoException).code).to.equal("ECONNREFUSED");
      expect(yield* client.receive()).to.deep.equal([undefined, "closed", ""]);
      expect(yield* client.send("x")).to.deep.equal([undefined, "closed", 0]);
      const server = yield* listening();
      expect(yield* client.connect("127.0.0.1", portOf(server))).to.deep.equal([1]);
      expect(yield* client.connect("127.0.0.1", portOf(server))).to.deep.equal([
        undefined,
        "already connected",
        undefined,
      ]);
      const served = socket.try(yield* server.accept());
      yield* client.send("again\n");
      expect(yield* served.receive()).to.deep.equal(["again"]);
      client.close();
      served.close();
      expect(yield* client.connect("127.0.0.1", port)).to.deep.equal([
        undefined,
        "closed",
        undefined,
      ]);
    }));

  it("with timeout 0 goes on behind the scenes, and is finished by calling again", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.tcp();
      client.settimeout(0);
      const port = portOf(server);
      expect(yield* client.connect("127.0.0.1", port)).to.deep.equal([
        undefined,
        "timeout",
        undefined,
      ]);
      const served = socket.try(yield* server.accept());
      let result = yield* client.connect("127.0.0.1", port);
      while (result[1] === "timeout") {
        yield* sleep(0);
        result = yield* client.connect("127.0.0.1", port);
      }
      expect(result).to.deep.equal([1]);
      expect((yield* client.connect("127.0.0.1", port))[1]).to.equal("already connected");
      client.close();
      served.close();
    }));

  it("what is sent while it connects leaves when it is connected", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.tcp();
      client.settimeout(0);
      yield* client.connect("127.0.0.1", portOf(server));
      expect(yield* client.send("early\n")).to.deep.equal([6]);
      const served = socket.try(yield* server.accept());
      expect(yield* served.receive()).to.deep.equal(["early"]);
      client.close();
      served.close();
    }));

  it("a host that never answers is a timeout, whatever the mode, and close frees everything", async () => {
    await simulate({}, function* (world) {
      yield* world.host("server", () => sleep(0));
      world.partition("home", "server");
      for (const [mode, autoSelectFamily, seconds] of [
        ["b", true, 10],
        ["t", true, 10],
        // The host has two addresses, and the timeout is for each wait.
        ["b", false, 20],
        ["t", false, 10],
      ] as const) {
        const client = socket.tcp();
        client.settimeout(10, mode);
        const began = world.now();
        expect(yield* client.connect("server", 80, { autoSelectFamily })).to.deep.equal([
          undefined,
          "timeout",
          undefined,
        ]);
        client.close();
        expect(Math.round(world.now() - began)).to.equal(seconds);
      }
    });
  });

  it("close ends a pending connect with closed", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.tcp();
      const fiber = yield* fork(() => client.connect("127.0.0.1", portOf(server)));
      // Runs right after it, before the kernel is asked.
      yield* fork(function* () {
        client.close();
      });
      expect(yield* fiber).to.deep.equal([undefined, "closed", undefined]);
    }));

  it("uses the address and port it was bound to", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.tcp();
      yield* client.bind("127.0.0.1", 0);
      const [, local] = client.getsockname();
      expect(yield* client.connect("127.0.0.1", portOf(server))).to.deep.equal([1]);
      expect(client.getsockname().slice(0, 2)).to.deep.equal(["127.0.0.1", local]);
      client.close();
      const port = yield* freePort();
      const other = socket.try(
        yield* socket.connect("127.0.0.1", portOf(server), "127.0.0.1", port),
      );
      expect(other.getsockname()[1]).to.equal(port);
      other.close();
    }));

  it("tries the addresses of a name in order", () =>
    check(function* () {
      // localhost is ::1, then 127.0.0.1, or only the latter: the server listens on the latter alone.
      const server = yield* listening();
      const client = socket.try(yield* socket.connect("localhost", portOf(server)));
      expect(client.getpeername().slice(0, 1)).to.deep.equal(["127.0.0.1"]);
      client.close();
      expect((yield* socket.connect6("127.0.0.1", portOf(server)))[1]).to.equal(
        "address family for hostname not supported",
      );
    }));

  it("an unknown name has LuaSocket's word", () =>
    check(function* () {
      const [client, err] = yield* socket.connect("no.such.host.invalid", 80);
      expect(client).to.equal(undefined);
      expect(err).to.be.oneOf([
        "host or service not provided, or not known",
        "temporary failure in name resolution",
      ]);
    }));
});

describe("connect by name", () => {
  /** The real network, with a resolver and a way to hang of its own. */
  function* network(changes: Partial<Network>): Operation<void> {
    const real = current.network;
    current.network = { ...real, ...changes };
    yield* ensure(() => {
      current.network = real;
    });
  }

  const twoAddresses: Network["lookup"] = (_host, _family, done) => {
    setImmediate(done, null, [
      { address: "127.0.0.2", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ]);
  };

  it("goes to the next address when one refuses", () =>
    check(function* () {
      const server = yield* listening();
      yield* network({ lookup: twoAddresses });
      const client = socket.tcp();
      expect(yield* client.connect("two.test", portOf(server))).to.deep.equal([1]);
      expect(client.getpeername()[0]).to.equal("127.0.0.1");
      client.close();
    }));

  it("goes to the next address when one does not answer within the block timeout", () =>
    check(function* () {
      const server = yield* listening();
      const tried: string[] = [];
      const { connect } = current.network;
      yield* network({
        lookup: twoAddresses,
        connect: (options, link, done) => {
          const { address } = options as { address: string };
          tried.push(address);
          // What the first address answers is kept from the one who waits.
          return connect(options, link, address === "127.0.0.2" ? () => {} : done);
        },
      });
      const client = socket.tcp();
      client.settimeout(5);
      yield* timeStands(function* (clock) {
        const connecting = yield* fork(() => client.connect("two.test", portOf(server)));
        yield* until(() => tried.length === 1);
        yield* settle();
        expect(clock.advance()).to.equal(true);
        expect(yield* connecting).to.deep.equal([1]);
      });
      expect(tried).to.deep.equal(["127.0.0.2", "127.0.0.1"]);
      client.close();
    }));

  it("does not when the total timeout is over, and gives the last error when all fail", () =>
    check(function* () {
      const port = yield* freePort();
      yield* network({ lookup: twoAddresses });
      expect((yield* socket.connect("two.test", port))[1]).to.equal("connection refused");
      const { connect } = current.network;
      current.network = {
        ...current.network,
        connect: (options, link) => connect(options, link, () => {}),
      };
      const client = socket.tcp();
      client.settimeout(0.01, "t");
      expect((yield* client.connect("two.test", port))[1]).to.equal("timeout");
      client.close();
    }));

  it("a resolver that never answers is a timeout; its late answer is ignored", () =>
    check(function* () {
      let answer: (() => void) | undefined;
      yield* network({
        lookup: (_host, _family, done) => {
          answer = () => done(null, [{ address: "127.0.0.1", family: 4 }]);
        },
      });
      const client = socket.tcp();
      client.settimeout(0.005);
      expect((yield* client.connect("slow.test", 1))[1]).to.equal("timeout");
      client.close();
      answer!();
      const halted = yield* fork(() => socket.connect("slow.test", 1));
      yield* sleep(0);
      yield* halted.halt();
      answer!();
    }));
});

describe("a closed or unconnected object", () => {
  it("answers every method, as LuaSocket does", () =>
    check(function* () {
      const master = socket.tcp4();
      expect(master.getsockname()).to.deep.equal(["0.0.0.0", 0, "inet"]);
      expect(socket.tcp6().getsockname()).to.deep.equal(["::", 0, "inet6"]);
      expect(master.getpeername()).to.deep.equal([
        undefined,
        "transport endpoint is not connected",
        undefined,
      ]);
      expect(master.getfamily()).to.equal("inet4");
      expect(master.getfd()).to.equal(-1);
      expect(master.dirty()).to.equal(false);
      expect(() => master.shutdown()).to.throw(TypeError, "tcp{client} expected");
      expect(master.gettimeout()).to.deep.equal([-1, -1]);
      expect(master.settimeouts(1, 2, 3)).to.equal(true);
      expect(master.gettimeout()).to.deep.equal([3, -1]);
      expect(master.close()).to.equal(1);
      expect(master.close()).to.equal(1);
      expect(master.getsockname()).to.deep.equal([undefined, "closed", undefined]);
      expect(master.getpeername()).to.deep.equal([undefined, "closed", undefined]);
      expect(String(master)).to.equal("tcp{master} (closed)");
      const [client, served] = yield* pair();
      yield* served.send("unread\n");
      yield* until(() => client.dirty());
      expect(client.getfd()).to.be.greaterThan(0);
      client.close();
      expect(yield* client.receive()).to.deep.equal([undefined, "closed", ""]);
      expect(yield* client.receive(5)).to.deep.equal([undefined, "closed", Buffer.alloc(0)]);
      expect(yield* client.receive("*a")).to.deep.equal([undefined, "closed", ""]);
      expect(yield* client.send("x")).to.deep.equal([undefined, "closed", 0]);
      expect(client.getfd()).to.equal(-1);
    }));

  it("works with using", () =>
    check(function* () {
      const server = yield* listening();
      let kept: Tcp;
      {
        using client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
        kept = client;
      }
      expect(kept.closed).to.equal(true);
      yield* ensure(() => void kept[Symbol.asyncDispose]());
    }));
});

describe("options", () => {
  it("of a server are its clients'", () =>
    check(function* () {
      const server = yield* listening();
      server.setoption("tcp-nodelay", true);
      server.setoption("line-limit", 100);
      server.setoption("linger", { on: true, timeout: 2 });
      const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      const served = socket.try(yield* server.accept());
      expect(served.getoption("tcp-nodelay")).to.deep.equal([true]);
      expect(served.getoption("line-limit")).to.deep.equal([100]);
      expect(served.getoption("linger")).to.deep.equal([{ on: true, timeout: 2 }]);
      expect(client.getoption("tcp-nodelay")).to.deep.equal([false]);
      client.setoption("linger", { on: false, timeout: 5 });
      expect(client.getoption("linger")).to.deep.equal([{ on: false, timeout: 0 }]);
      for (const each of [client, served]) each.close();
    }));

  it("linger 0 resets the connection", () =>
    check(function* () {
      const server = yield* listening();
      const peer = RawPeer.connect(portOf(server));
      const served = socket.try(yield* server.accept());
      served.setoption("linger", { on: true, timeout: 0 });
      served.close();
      yield* until(() => peer.closed);
      expect(peer.error?.code).to.equal("ECONNRESET");
    }));
});
