import { expect } from "chai";
import { sleep } from "effection";
import {
  causeOf,
  fibers,
  isFatal,
  run,
  socket,
  SocketException,
  type SocketError,
  type Source,
} from "cosocket";
import { copas } from "cosocket/copas";
import { check, RawPeer } from "../../support/check.js";
import { freePort, listening, portOf, thrown } from "../../support/pairs.js";
import { serverParams, serving } from "../../support/tls.js";

function refusal(attempt: () => unknown): SocketException {
  try {
    attempt();
  } catch (error) {
    if (error instanceof SocketException) return error;
    throw error;
  }
  throw new Error("it was to throw");
}

describe("a failure", () => {
  it("of connect says in its exception what failed, with what, and why", () =>
    check(function* () {
      const port = yield* freePort();
      const result = yield* socket.connect("127.0.0.1", port);
      expect(result).to.deep.equal([undefined, "connection refused", undefined]);
      expect(causeOf(result)).to.have.property("code", "ECONNREFUSED");
      const error = refusal(() => socket.try(result));
      expect(error.message).to.equal(`connect to 127.0.0.1:${port}: connection refused`);
      expect(error).to.include({
        error: "connection refused",
        operation: "connect",
        address: `127.0.0.1:${port}`,
      });
      expect(error.cause).to.equal(causeOf(result));
    }));

  it("of bind says which port is in use", () =>
    check(function* () {
      const server = yield* listening();
      const address = `127.0.0.1:${portOf(server)}`;
      const taken = yield* socket.bind("127.0.0.1", portOf(server));
      expect(refusal(() => socket.try(taken)).message).to.equal(
        `bind to ${address}: address already in use`,
      );
      expect(causeOf(taken)).to.have.property("code", "EADDRINUSE");
      const again = yield* socket.tcp().bind("127.0.0.1", portOf(server));
      expect(causeOf(again)).to.have.property("code", "EADDRINUSE");
      const udp = socket.udp();
      const far = yield* udp.setsockname("192.0.2.1", 0);
      expect(refusal(() => socket.try(far)).message).to.equal(
        "bind to 192.0.2.1:0: cannot assign requested address",
      );
      udp.close();
      const unix = yield* socket.unix().connect("/no/such/socket");
      expect(refusal(() => socket.try(unix)).message).to.equal(
        'connect to "/no/such/socket": no such file or directory',
      );
    }));

  it("of the resolver says which name", () =>
    check(function* () {
      const result = yield* socket.dns.toip("");
      expect(refusal(() => socket.try(result)).message).to.equal(
        "resolve: host or service not provided, or not known",
      );
      const named = yield* socket.dns.getaddrinfo("a\0b");
      expect(refusal(() => socket.try(named)).address).to.equal("a\0b");
    }));

  it("of a connection that was cut has its cause; one of a timeout has none", () =>
    check(function* () {
      const server = yield* listening();
      const peer = RawPeer.connect(portOf(server));
      const client = socket.try(yield* server.accept());
      client.settimeout(0);
      const late = yield* client.receive();
      expect(causeOf(late)).to.equal(undefined);
      expect(refusal(() => socket.try(late)).message).to.equal("timeout");
      client.settimeout(undefined);
      peer.socket.resetAndDestroy();
      const cut = yield* client.receive();
      expect(cut).to.deep.equal([undefined, "closed", ""]);
      expect(causeOf(cut)).to.have.property("code", "ECONNRESET");
      expect(refusal(() => socket.try(cut)).message).to.equal("receive: closed");
    }));

  it("of send says to whom, and why", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      const served = socket.try(yield* server.accept());
      served.setoption("linger", { on: true, timeout: 0 });
      served.close();
      yield* client.receive();
      const result = yield* client.send("x");
      const error = refusal(() => socket.try(result));
      const address = `127.0.0.1:${portOf(server)}`;
      expect(error.message).to.equal(`send to ${address}: closed`);
      expect(error).to.include({ operation: "send", address });
      expect(error.cause).to.have.property("code", "ECONNRESET");
      expect(client.lastError).to.equal(error.cause);
      const flushed = yield* client.flush();
      expect(refusal(() => socket.try(flushed)).message).to.equal(`flush to ${address}: closed`);
      client.close();
      const late = yield* client.send("x");
      expect(causeOf(late)).to.equal(undefined);
    }));

  it("of a datagram says to whom or from whom, and why", () =>
    check(function* () {
      const gone = socket.udp4();
      socket.try(yield* gone.setsockname("127.0.0.1", 0));
      const port = gone.getsockname()[1] as number;
      gone.close();
      const address = `127.0.0.1:${port}`;
      const udp = socket.udp4();
      socket.try(yield* udp.setpeername("127.0.0.1", port));
      socket.try(yield* udp.send("x"));
      const received = yield* udp.receive();
      const refused = refusal(() => socket.try(received));
      expect(refused.message).to.equal(`receive from ${address}: connection refused`);
      expect(refused.cause).to.have.property("code", "ECONNREFUSED");
      expect(udp.lastError).to.equal(refused.cause);
      socket.try(yield* udp.send("x"));
      yield* socket.select([udp], []);
      const sent = yield* udp.send("y");
      expect(refusal(() => socket.try(sent)).message).to.equal(
        `send to ${address}: connection refused`,
      );
      expect(causeOf(sent)).to.have.property("code", "ECONNREFUSED");
      expect(udp.lastError).to.equal(causeOf(sent));
      socket.try(yield* udp.setpeername("*"));
      const long = yield* udp.sendto("x".repeat(70_000), "127.0.0.1", port);
      expect(refusal(() => socket.try(long)).message).to.equal(
        `send to ${address}: message too long`,
      );
      expect(causeOf(long)).to.have.property("code", "EMSGSIZE");
      expect(udp.lastError).to.equal(causeOf(long));
      const nowhere = yield* udp.sendto("x", "127.0.0.1", 0);
      expect(refusal(() => socket.try(nowhere)).message).to.equal(
        "send to 127.0.0.1:0: invalid argument",
      );
      udp.close();
    }));

  it("of a handshake says with whom, and why; so does a connect that encrypts, and getpeerverification", () =>
    check(function* () {
      const [server] = yield* serving(serverParams);
      const address = `127.0.0.1:${portOf(server)}`;
      const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      const refused = yield* client.dohandshake();
      const word = "certificate verify failed: unable to verify the first certificate";
      expect(causeOf(refused)).to.have.property("code", "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
      expect(causeOf(refused)).to.equal(client.lastError);
      expect(refusal(() => socket.try(refused)).message).to.equal(
        `dohandshake with ${address}: ${word}`,
      );
      const connected = yield* socket.tcp().connect("127.0.0.1", portOf(server), { tls: {} });
      expect(causeOf(connected)).to.have.property("code", "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
      expect(refusal(() => socket.try(connected)).message).to.equal(
        `connect to ${address}: ${word}`,
      );
      const copasError = yield* thrown(
        copas.wrap(socket.tcp(), {}).connect("127.0.0.1", portOf(server)),
      );
      expect(copasError).to.have.nested.property("cause.code", "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
      const lax = socket.tcp();
      socket.try(yield* lax.connect("127.0.0.1", portOf(server), { tls: { verify: "none" } }));
      expect(causeOf(lax.getpeerverification())).to.have.property(
        "code",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      );
      lax.close();
    }));

  it("of a handshake that was late has no cause, whatever had failed before", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.tcp();
      yield* client.connect("127.0.0.1", yield* freePort());
      expect(client.lastError).to.have.property("code", "ECONNREFUSED");
      const tls = { verify: "none" } as const;
      client.settimeout(0.001, "t");
      const late = yield* client.connect("127.0.0.1", portOf(server), { tls });
      expect(late[1]).to.equal("timeout");
      expect(causeOf(late)).to.equal(undefined);
    }));

  it("of a source or a sink knows what that of its socket knows", () =>
    check(function* () {
      const server = yield* listening();
      for (const mode of ["until-closed", "by-length", "http-chunked"] as const) {
        const peer = RawPeer.connect(portOf(server));
        const client = socket.try(yield* server.accept());
        peer.socket.resetAndDestroy();
        const result = yield* (socket.source as (...args: unknown[]) => Source)(mode, client, 9)();
        expect(result[1]).to.equal("closed");
        expect(causeOf(result)).to.have.property("code", "ECONNRESET");
        const sent = yield* socket.sink("keep-open", client)("x");
        expect(causeOf(sent)).to.have.property("code", "ECONNRESET");
        client.close();
      }
    }));

  it("of an option that the system refuses has its cause", () =>
    check(function* () {
      const udp = socket.udp4();
      socket.try(yield* udp.setsockname("127.0.0.1", 0));
      const result = udp.setoption("ip-add-membership", { multiaddr: "1.2.3.4", interface: "*" });
      expect(result[1]).to.equal("invalid argument");
      expect(causeOf(result)).to.have.property("code", "EINVAL");
      expect(refusal(() => socket.try(result)).message).to.equal("setoption: invalid argument");
      udp.close();
    }));

  it("of a connection that broke is forgotten when the object connects again", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.tcp();
      yield* client.connect("127.0.0.1", portOf(server));
      const served = socket.try(yield* server.accept());
      served.setoption("linger", { on: true, timeout: 0 });
      served.close();
      yield* client.receive();
      expect(client.lastError).to.have.property("code", "ECONNRESET");
      expect(yield* client.connect("127.0.0.1", portOf(server))).to.deep.equal([1]);
      expect(client.lastError).to.equal(undefined);
      client.close();
    }));

  it("of an earlier connect is forgotten when the next begins", () =>
    check(function* () {
      const tcp = socket.tcp();
      yield* tcp.connect("127.0.0.1", yield* freePort());
      expect(tcp.lastError).to.have.property("code", "ECONNREFUSED");
      const server = yield* listening();
      expect(yield* tcp.connect("127.0.0.1", portOf(server))).to.deep.equal([1]);
      expect(tcp.lastError).to.equal(undefined);
      const again = yield* tcp.connect("127.0.0.1", portOf(server));
      expect(again[1]).to.equal("already connected");
      expect(causeOf(again)).to.equal(undefined);
      tcp.close();
    }));

  it("of an attempt that went on after a timeout has its cause", () =>
    check(function* () {
      const tcp = socket.tcp();
      const port = yield* freePort();
      tcp.settimeout(0);
      expect((yield* tcp.connect("127.0.0.1", port))[1]).to.equal("timeout");
      yield* socket.select([], [tcp]);
      const result = yield* tcp.connect("127.0.0.1", port);
      expect(result[1]).to.equal("connection refused");
      expect(causeOf(result)).to.have.property("code", "ECONNREFUSED");
    }));

  it("is fatal only where the object is of no more use", () => {
    const usable: SocketError[] = [
      "timeout",
      "line too long",
      "unread data in buffer",
      "already connected",
      "message too long",
      "connection refused",
      "option not supported by Node",
      "address already in use",
      "no route to host",
    ];
    const over: SocketError[] = [
      "closed",
      "invalid chunk size",
      "tls handshake failed: x",
      "certificate verify failed: x",
      "bad file descriptor",
      "system error EXYZ",
    ];
    expect(usable.filter((word) => isFatal(word))).to.deep.equal([]);
    expect(over.filter((word) => !isFatal(word))).to.deep.equal([]);
  });
});

describe("try and newtry", () => {
  it("take undefined for a value where no error stands beside it", () => {
    expect(socket.try([undefined])).to.equal(undefined);
    expect(socket.try([undefined, undefined, undefined])).to.equal(undefined);
    expect(socket.try(["127.0.0.1", { name: "x", alias: [], ip: [] }])).to.equal("127.0.0.1");
    expect(() => socket.try([undefined, "closed", undefined])).to.throw(SocketException, "closed");
  });

  it("run a finalizer that is a generator: before the throw, if it does not wait", () => {
    const log: string[] = [];
    const attempt = socket.newtry(function* () {
      log.push("finalized");
    });
    expect(() => attempt([undefined, "closed"])).to.throw(SocketException, "closed");
    expect(log).to.deep.equal(["finalized"]);
  });

  it("let a finalizer that waits go on by itself, also when the caller ends", () =>
    check(function* () {
      const log: string[] = [];
      const attempt = socket.newtry(function* () {
        log.push("begun");
        yield* socket.sleep(0);
        log.push("goes on");
        yield* sleep(0);
        log.push("done");
        throw new Error("dropped");
      });
      const work = socket.protect(function* () {
        attempt([undefined, "closed"]);
      });
      expect(yield* work()).to.deep.equal([undefined, "closed"]);
      expect(log).to.deep.equal(["begun"]);
      while (log.at(-1) !== "done" || fibers().length > 0) yield* sleep(0);
      expect(log).to.deep.equal(["begun", "goes on", "done"]);
    }));

  it("refuse a finalizer that is none", () => {
    expect(() => socket.newtry("x" as never)).to.throw(TypeError, "newtry takes a function");
    expect(() => socket.protect(5 as never)).to.throw(TypeError, "protect takes a generator");
  });
});

describe("protect", () => {
  it("gives all values back, and failures that were returned as they are", async () => {
    const request = socket.protect(function* (fail: boolean): Generator<never, Reply> {
      if (fail) return [undefined, "closed", undefined, undefined];
      return [1, 200, { host: "x" }, "HTTP/1.1 200 OK"];
    });
    expect(await run(() => request(false))).to.deep.equal([
      1,
      200,
      { host: "x" },
      "HTTP/1.1 200 OK",
    ]);
    const [r, code, headers, status] = await run(() => request(true));
    expect([r, code, headers, status]).to.deep.equal([undefined, "closed", undefined, undefined]);
  });
});

type Reply =
  | [r: 1, code: number, headers: { host: string }, status: string]
  | [r: undefined, error: string, headers: undefined, status: undefined];
