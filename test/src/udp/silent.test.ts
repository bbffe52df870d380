/** A system that says nothing until it is asked to: what an object does with datagrams, binds and connects that are under way. */
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, sleep, socket, type Udp } from "cosocket";
import { current, type Network } from "../../../src/network/index.js";
import { UdpEndpoint } from "../../../src/udp/endpoint.js";
import type { Inbox } from "../../../src/udp/inbox.js";
import { check } from "../../support/check.js";

type Done = (error: Error | null) => void;

/** What is under way, to be answered by the test. */
class Silence {
  readonly sends: Done[] = [];
  binds = true;
}

/** Datagrams go nowhere, and nobody is told. */
function* silent(): Operation<Silence> {
  const silence = new Silence();
  const { network } = current;
  yield* ensure(() => void (current.network = network));
  const datagrams: Network["datagrams"] = (...args) => {
    const udp = network.datagrams(...args);
    const bind = udp.bind.bind(udp);
    udp.send = (_bytes, _port, _address, done) => void silence.sends.push(done);
    udp.bind = (address, port, done) => {
      if (silence.binds) bind(address, port, done);
    };
    return udp;
  };
  current.network = Object.assign(Object.create(network) as Network, { datagrams });
  return silence;
}

function* connected(): Operation<Udp> {
  const udp = socket.udp4();
  yield* ensure(() => void udp.close());
  socket.try(yield* udp.setsockname("127.0.0.1", 0));
  socket.try(yield* udp.setpeername("127.0.0.1", 9));
  return udp;
}

const tooLong = (): Error => Object.assign(new Error("too long"), { code: "EMSGSIZE" });
const CLOSED = [undefined, "closed", undefined];

describe("a UDP object whose system is slow to tell", () => {
  it("has at most 64 datagrams under way: then a sender waits, and select says so", () =>
    check(function* () {
      yield* silent();
      const udp = yield* connected();
      for (let i = 0; i < 63; i++) expect(yield* udp.send("x")).to.deep.equal([1]);
      expect((yield* socket.select([], [udp], 0))[1]).to.have.length(1);
      expect(yield* udp.send("x")).to.deep.equal([1]);
      expect((yield* socket.select([], [udp], 0))[1]).to.have.length(0);
      udp.settimeout(0.001);
      expect((yield* udp.send("x"))[1]).to.equal("timeout");
    }));

  it("tells the next call of an error that came when its sender had timed out", () =>
    check(function* () {
      const { sends } = yield* silent();
      const udp = socket.udp4();
      yield* ensure(() => void udp.close());
      udp.settimeout(0.001);
      expect((yield* udp.sendto("x", "127.0.0.1", 9))[1]).to.equal("timeout");
      sends[0]!(tooLong());
      expect((yield* udp.receive())[1]).to.equal("message too long");
    }));

  it('tells those that wait "closed" when it is closed: a sender, a flush, a bind', () =>
    check(function* () {
      const silence = yield* silent();
      const [udp, other] = [socket.udp4(), socket.udp4()];
      const sender = yield* fork(() => udp.sendto("x", "127.0.0.1", 9));
      const flush = yield* fork(() => udp.flush());
      yield* sleep(0);
      silence.binds = false;
      const bind = yield* fork(() => other.setsockname("127.0.0.1", 0));
      yield* sleep(0);
      udp.close();
      other.close();
      for (const fiber of [sender, flush, bind]) expect(yield* fiber).to.deep.equal(CLOSED);
    }));

  it("has no error of a datagram that failed because it was closed", () =>
    check(function* () {
      const { sends } = yield* silent();
      const udp = yield* connected();
      socket.try(yield* udp.send("x"));
      udp.close();
      sends[0]!(tooLong());
      expect(udp.lastError).to.equal(undefined);
    }));

  it("cannot be given a peer while it is bound", () =>
    check(function* () {
      const silence = yield* silent();
      silence.binds = false;
      const udp = socket.udp4();
      const bind = yield* fork(() => udp.setsockname("127.0.0.1", 0));
      yield* sleep(0);
      expect((yield* udp.setpeername("127.0.0.1", 9))[1]).to.equal("operation already in progress");
      udp.close();
      expect(yield* bind).to.deep.equal(CLOSED);
    }));
});

describe("datagrams that nobody has received yet", () => {
  const inbox = (datagrams: number): Inbox => {
    const box = new UdpEndpoint(4, null).reading;
    box.limit = datagrams * 257;
    return box;
  };
  const byte = Buffer.alloc(1);

  it("may be one that is longer than all together may be", () => {
    expect(inbox(1).push(Buffer.alloc(1000), "127.0.0.1", 1)).to.equal(true);
  });

  it("are dropped when a peer is chosen, unless address and port are the peer's", () => {
    const box = inbox(9);
    for (const [address, port] of [
      ["127.0.0.2", 1],
      ["127.0.0.1", 1],
      ["127.0.0.1", 2],
    ] as const)
      box.push(byte, address, port);
    box.keep("127.0.0.1", 1);
    expect(box.shift()).to.include({ address: "127.0.0.1", port: 1 });
    expect(box.empty).to.equal(true);
  });

  it("count as before when a peer was chosen, those that were kept and those that were not", () => {
    const box = inbox(2);
    box.push(byte, "127.0.0.1", 1);
    box.push(byte, "127.0.0.1", 2);
    box.keep("127.0.0.1", 1);
    expect(box.push(byte, "127.0.0.1", 1)).to.equal(true);
    expect(box.push(byte, "127.0.0.1", 1)).to.equal(false);
    expect(box.dropped).to.equal(1);
  });
});

describe("a UDP object that is given another peer", () => {
  it("forgets what the earlier one refused", () =>
    check(function* () {
      const udp = socket.udp4();
      yield* ensure(() => void udp.close());
      const { network } = current;
      yield* ensure(() => void (current.network = network));
      let fail: ((error: Error) => void) | undefined;
      const datagrams: Network["datagrams"] = (family, options, protocol) => {
        fail = (error) => protocol.failed(error);
        return network.datagrams(family, options, protocol);
      };
      current.network = Object.assign(Object.create(network) as Network, { datagrams });
      socket.try(yield* udp.setpeername("127.0.0.1", 9));
      fail!(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
      socket.try(yield* udp.setpeername("127.0.0.1", 10));
      udp.settimeout(0);
      expect((yield* udp.receive())[1]).to.equal("timeout");
    }));

  it("that the system does not allow keeps its port", () =>
    check(function* () {
      const udp = socket.udp4();
      yield* ensure(() => void udp.close());
      socket.try(yield* udp.setsockname("0.0.0.0", 0));
      const name = udp.getsockname();
      expect((yield* udp.setpeername("255.255.255.255", 9))[1]).to.be.a("string");
      expect(udp.getsockname()).to.deep.equal(name);
    }));
});
