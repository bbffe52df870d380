/** What a program holds: it may be wrapped, and is told what is wrong when a method has lost its object. */
import { inspect } from "node:util";
import { expect } from "chai";
import { fork, sleep, socket, Tcp } from "cosocket";
import { copas } from "cosocket/copas";
import { certificate } from "../../../examples/support/certificate.js";
import { check } from "../../support/check.js";
import { listening, pair, portOf } from "../../support/pairs.js";

describe("a Proxy around a socket", () => {
  for (const [what, around] of [
    ["of the program's", (client: Tcp) => new Proxy(client, {})],
    ["that copas.debug.socket makes", (client: Tcp) => copas.debug.socket(client)],
  ] as const)
    it(`${what} is a socket to all that take one`, () =>
      check(function* () {
        const [client, served] = yield* pair();
        copas.debug.start(() => {});
        try {
          const wrapped = around(client);
          yield* served.send("one\ntwo\n345");
          expect(yield* wrapped.receive()).to.deep.equal(["one"]);
          expect(yield* copas.receive(wrapped)).to.deep.equal(["two"]);
          expect((yield* socket.select([wrapped], [wrapped]))[0]).to.deep.equal([wrapped]);
          expect((yield* socket.source("by-length", wrapped, 3)())[0]!.toString()).to.equal("345");
          expect(yield* socket.sink("keep-open", wrapped)("x")).to.deep.equal([1]);
          expect(inspect(wrapped)).to.equal(String(client));
        } finally {
          copas.debug.stop();
        }
      }));
});

describe("what only looks like a socket", () => {
  it("is printed without an error", () => {
    const like = Object.create(Tcp.prototype) as Tcp;
    for (const text of [String(like), inspect(like), JSON.stringify(like)])
      expect(text).to.include("without a socket");
  });

  it("is told that a method has lost its object", () =>
    check(function* () {
      const [client] = yield* pair();
      const { receive, close } = client;
      for (const call of [
        () => receive.call({} as Tcp, "*l"),
        () => close.call(undefined as never),
      ])
        expect(call).to.throw(TypeError, "a method of a socket was called on");
    }));
});

describe("shutdown before there is a connection to shut down", () => {
  it("is done when there is one", () =>
    check(function* () {
      const server = yield* listening();
      const client = socket.tcp();
      const connecting = yield* fork(() => client.connect("127.0.0.1", portOf(server)));
      yield* sleep(0);
      client.shutdown("send");
      expect(yield* connecting).to.deep.equal([1]);
      const served = socket.try(yield* server.accept());
      served.settimeout(5);
      expect(yield* served.receive("*a")).to.deep.equal([undefined, "closed", ""]);
      expect(served.lastError).to.equal(undefined);
      expect((yield* client.send("x"))[1]).to.equal("closed");
      for (const each of [client, served, server]) each.close();
    }));

  it("is done when it is encrypted", () =>
    check(function* () {
      const { key, certificate: shown } = certificate(["localhost"]);
      const [client, served] = yield* pair();
      const other = yield* fork(() => served.dohandshake({ key, certificate: shown }));
      const handshake = yield* fork(() => client.dohandshake({ verify: "none" }));
      yield* sleep(0);
      client.shutdown("send");
      socket.try(yield* handshake);
      socket.try(yield* other);
      served.settimeout(5);
      expect(yield* served.receive("*a")).to.deep.equal([undefined, "closed", ""]);
      expect(served.lastError).to.equal(undefined);
    }));
});

describe("a second setpeername of UDP", () => {
  it("that the kernel refuses is refused, also at once after the first", () =>
    check(function* () {
      const udp = socket.udp();
      try {
        expect(yield* udp.setpeername("127.0.0.1", 9)).to.deep.equal([1]);
        // Without a route it is "network is unreachable".
        expect((yield* udp.setpeername("255.255.255.255", 9))[1]).to.be.oneOf([
          "permission denied",
          "network is unreachable",
        ]);
      } finally {
        udp.close();
      }
    }));
});
