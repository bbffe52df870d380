import * as os from "node:os";
import { expect } from "chai";
import { ensure, race } from "effection";
import { sleep, socket } from "cosocket";
import { simulate } from "cosocket/testing";
import { current } from "../../../src/network/index.js";
import { check } from "../../support/check.js";

const { dns } = socket;

describe("dns", () => {
  it("toip and tohostname, with LuaSocket's tables", () =>
    check(function* () {
      const [ip, resolved] = yield* dns.toip("localhost");
      expect(ip).to.equal("127.0.0.1");
      expect(resolved).to.deep.include({ name: "localhost", alias: [] });
      expect((resolved as { ip: string[] }).ip).to.include("127.0.0.1");
      const [name, back] = yield* dns.tohostname("127.0.0.1");
      expect(name).to.be.a("string");
      expect(back).to.deep.equal({ name, alias: [], ip: ["127.0.0.1"] });
      expect((yield* dns.tohostname("localhost"))[0]).to.equal("localhost");
      expect((yield* dns.toip("127.0.0.1"))[0]).to.equal("127.0.0.1");
    }));

  it("getaddrinfo, getnameinfo and gethostname", () =>
    check(function* () {
      expect(yield* dns.getaddrinfo("127.0.0.1")).to.deep.equal([
        [{ family: "inet", addr: "127.0.0.1" }],
      ]);
      const [addresses] = yield* dns.getaddrinfo("localhost");
      expect(addresses!.map(({ addr }) => addr)).to.include("127.0.0.1");
      const [names, service] = yield* dns.getnameinfo("127.0.0.1", 80);
      expect(names).to.have.length(1);
      expect(service).to.be.oneOf(["http", "80"]);
      expect((yield* dns.getnameinfo("localhost"))[1]).to.equal(undefined);
      expect((yield* dns.getnameinfo(undefined, "25"))[1]).to.be.oneOf(["smtp", "25"]);
      expect(dns.gethostname()).to.deep.equal([os.hostname()]);
    }));

  it('"*" is no name', () =>
    check(function* () {
      for (const ask of [dns.toip, dns.tohostname, dns.getaddrinfo, dns.getnameinfo])
        expect((yield* ask("*"))[1]).to.equal("host or service not provided, or not known");
    }));

  it("each failure has its word", () =>
    check(function* () {
      const { network } = current;
      yield* ensure(() => void (current.network = network));
      const failing = (code: string) => Object.assign(new Error(code), { code });
      current.network = {
        ...network,
        lookup: (_host, _family, done) => done(failing("ENOTFOUND"), []),
        reverse: (address, _port, done) => done(null, address, "0"),
      };
      const unknown = [undefined, "host or service not provided, or not known", undefined];
      expect(yield* dns.toip("nobody.test")).to.deep.equal(unknown);
      expect(yield* dns.getaddrinfo("nobody.test")).to.deep.equal(unknown);
      expect(yield* dns.getnameinfo("nobody.test")).to.deep.equal(unknown);
      expect(yield* dns.getnameinfo("192.0.2.1")).to.deep.equal(unknown);
      expect((yield* dns.tohostname("192.0.2.1"))[1]).to.equal("host not found");
      current.network.reverse = (_address, _port, done) => done(failing("ENOTFOUND"), "", "");
      expect((yield* dns.tohostname("192.0.2.1"))[1]).to.equal("host not found");
      expect(() => dns.getnameinfo()).to.throw(TypeError, "cannot be both nil");
      expect(() => dns.toip(5 as never)).to.throw(TypeError, "the host must be a name");
      expect(() => dns.toip("x", "y" as never)).to.throw(TypeError, "toip: the timeout");
    }));

  it("obeys a timeout, and can be cancelled", () =>
    check(function* () {
      const { network } = current;
      yield* ensure(() => void (current.network = network));
      current.network = { ...network, lookup: () => {}, reverse: () => {} };
      expect(yield* dns.toip("slow.test", 0.003)).to.deep.equal([undefined, "timeout", undefined]);
      expect((yield* dns.tohostname("127.0.0.1", 0.003))[1]).to.equal("timeout");
      expect((yield* dns.getaddrinfo("slow.test", 0))[1]).to.equal("timeout");
      yield* race([dns.getaddrinfo("slow.test"), sleep(0)]);
      yield* race([dns.tohostname("127.0.0.1"), sleep(0)]);
    }));

  it("getnameinfo's timeout is over all that it asks the resolver", () =>
    simulate({}, function* () {
      const { network } = current;
      yield* ensure(() => void (current.network = network));
      current.network = {
        ...network,
        lookup: (_host, _family, done) =>
          void setTimeout(done, 3, null, [{ address: "192.0.2.1", family: 4 }]),
        reverse: (_address, _port, done) => void setTimeout(done, 3, null, "name", "0"),
      };
      expect((yield* dns.getnameinfo("name", undefined, 0.01))[0]).to.deep.equal(["name"]);
      expect((yield* dns.toip("name", 0.004))[0]).to.equal("192.0.2.1");
      expect((yield* dns.getnameinfo("name", undefined, 0.004))[1]).to.equal("timeout");
      // The late answer is nobody's.
      yield* sleep(1);
    }));
});
