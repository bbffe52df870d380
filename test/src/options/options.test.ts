/** Every option of every object, line by line of the table; and what the kernel says of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ensure } from "effection";
import { socket } from "cosocket";
import { OPTIONS } from "../../../src/options/index.js";
import { check } from "../../support/check.js";
import { pair } from "../../support/pairs.js";
import { canAskKernel, kernel } from "../../support/kernel.js";
import { optionsPage } from "../../support/options-page.js";
import { root } from "../../support/process.js";

/** A value for each option, other than its default. */
const VALUES: Record<string, unknown> = {
  keepalive: true,
  "tcp-keepidle": 77,
  "tcp-keepintvl": 10,
  "tcp-keepcnt": 4,
  "tcp-nodelay": true,
  linger: { on: true, timeout: 3 },
  reuseaddr: true,
  reuseport: true,
  "ipv6-v6only": true,
  "recv-buffer-size": 20_000,
  "send-buffer-size": 20_000,
  broadcast: true,
  "ip-multicast-ttl": 7,
  "ip-multicast-loop": false,
  "ip-multicast-if": "127.0.0.1",
  "ip-add-membership": { multiaddr: "239.1.2.3", interface: "127.0.0.1" },
  "ip-drop-membership": { multiaddr: "239.1.2.3", interface: "127.0.0.1" },
  "ipv6-unicast-hops": 9,
  "ipv6-multicast-hops": 9,
  "ipv6-multicast-loop": false,
  "ipv6-add-membership": { multiaddr: "ff02::1234", interface: 1 },
  "ipv6-drop-membership": { multiaddr: "ff02::1234", interface: 1 },
  "line-limit": 500,
  "queue-limit": 5000,
};

const make = {
  tcp: () => socket.tcp(),
  unix: () => socket.unix(),
  udp: () => socket.udp(),
} as const;

describe("the table of options", () => {
  for (const row of OPTIONS) {
    for (const kind of ["tcp", "unix", "udp"] as const) {
      const option = row.in[kind];
      if (option === undefined) continue;
      it(`${row.name} of ${kind}`, () =>
        check(function* () {
          const object = make[kind]();
          const value = VALUES[row.name];
          const works = option.set !== undefined && (option.works?.() ?? true);
          if (row.name.endsWith("drop-membership"))
            object.setoption(row.name.replace("drop", "add"), value);
          const answer = object.setoption(row.name, value);
          expect(answer[1]).to.equal(works ? undefined : "option not supported by Node");
          const [got, error] = object.getoption(row.name);
          if (option.get === undefined || option.works?.() === false)
            expect(error).to.equal("option not supported by Node");
          else if (works) expect(got).to.deep.equal(value);
          object.close();
        }));
    }
  }

  it("refuses unknown names and wrong values, and says what would be right", () => {
    expect(() => socket.tcp().setoption("nodelay" as string)).to.throw(TypeError, "tcp-nodelay");
    expect(() => socket.udp().setoption("broadcast", 1 as never)).to.throw(
      TypeError,
      "true or false",
    );
    expect(() => socket.udp().setoption("ip-multicast-ttl", 256)).to.throw(TypeError, "0 to 255");
    expect(() => socket.udp().setoption("ip-multicast-if", "x")).to.throw(
      TypeError,
      "IPv4 address",
    );
    expect(() => socket.udp().setoption("ip-add-membership", {} as never)).to.throw(
      TypeError,
      "the IPv4 address of a group as `multiaddr`, not undefined",
    );
    const group = (interface_: unknown, multiaddr = "239.1.2.3") => ({
      multiaddr,
      interface: interface_,
    });
    const join = (value: unknown, six = "") => {
      return () => socket.udp().setoption(`ip${six}-add-membership`, value);
    };
    expect(join(group("x"))).to.throw(TypeError, 'as `interface`, not "x"');
    expect(join(group("*", "::1"))).to.throw(TypeError, 'as `multiaddr`, not "::1"');
    expect(join(group("x", "ff02::1"), "v6")).to.throw(
      TypeError,
      "number of an interface, or 0 for any",
    );
    expect(join(group(1), "v6")).to.throw(TypeError, 'as `multiaddr`, not "239.1.2.3"');
    expect(() => socket.tcp().setoption("linger", 5 as never)).to.throw(
      TypeError,
      "{ on: true, timeout: 5 }, not 5",
    );
    expect(() => socket.tcp().setoption("linger", { on: true } as never)).to.throw(
      TypeError,
      "as `timeout`, not undefined",
    );
    expect(() => socket.tcp().setoption("line-limit", 0)).to.throw(TypeError, "positive integer");
    expect(socket.tcp().setoption("reuseaddr", false)[1]).to.equal("option not supported by Node");
  });

  for (const state of ["before it is bound", "bound", "connected", "closed"]) {
    for (const [kind, host] of Object.entries({ udp4: "127.0.0.1", udp6: "::1" })) {
      it(`refuses those of the other family of ${kind}, ${state}`, () =>
        check(function* () {
          const udp = socket[kind as "udp4" | "udp6"]();
          yield* ensure(() => void udp.close());
          if (state !== "before it is bound") socket.try(yield* udp.setsockname(host, 0));
          if (state === "connected") socket.try(yield* udp.setpeername(host, 9));
          if (state === "closed") udp.close();
          const refusal =
            kind === "udp4" ? "protocol not available" : "option not supported by Node";
          for (const { name, in: objects } of OPTIONS) {
            const family = /^ip(v6)?-/.exec(name);
            if (objects.udp === undefined || family === null) continue;
            const other = (family[1] === undefined) === (kind === "udp6");
            // Linux, too, takes it before there is an address only.
            const late = name === "ipv6-v6only" && state !== "before it is bound";
            const right = other ? refusal : late ? "invalid argument" : undefined;
            const word = state === "closed" ? "closed" : right;
            expect(udp.setoption(name as string, VALUES[name])[1], name).to.equal(word);
            if (objects.udp.get === undefined) continue;
            const value = other || state === "closed" ? word : undefined;
            expect(udp.getoption(name as string)[1], `get ${name}`).to.equal(value);
          }
        }));
    }
  }

  it("lets what was not made for a family have the options of both, until it has an address", () =>
    check(function* () {
      const udp = socket.udp();
      yield* ensure(() => void udp.close());
      for (const name of ["ip-multicast-ttl", "ipv6-multicast-hops"] as const)
        expect(udp.setoption(name, 7)).to.deep.equal([1]);
      socket.try(yield* udp.setsockname("127.0.0.1", 0));
      expect(udp.getoption("ip-multicast-ttl")).to.deep.equal([7]);
      expect(udp.getoption("ipv6-multicast-hops")[1]).to.equal("protocol not available");
    }));

  it("is docs/options.md", async () => {
    const page = readFileSync(join(root, "docs/options.md"), "utf8");
    expect(page, "run `npm run docs`").to.equal(await optionsPage());
  });
});

describe("options reach the kernel", function () {
  before(function () {
    if (!canAskKernel()) this.skip();
  });

  it("of TCP", () =>
    check(function* () {
      const [client] = yield* pair();
      const names = ["keepalive", "tcp-nodelay", "tcp-keepidle"];
      const fd = client.getfd();
      expect((yield* kernel("tcp4", fd, names)).slice(0, 2)).to.deep.equal([
        "keepalive false",
        "tcp-nodelay false",
      ]);
      client.setoption("keepalive");
      client.setoption("tcp-nodelay");
      client.setoption("tcp-keepidle", 77);
      expect(yield* kernel("tcp4", fd, names)).to.deep.equal([
        "keepalive true",
        "tcp-nodelay true",
        "tcp-keepidle 77",
      ]);
    }));

  it("of UDP, set before it is bound or after", () =>
    check(function* () {
      const names = ["broadcast", "reuseaddr", "ip-multicast-loop", "ip-multicast-if"];
      for (const late of [false, true]) {
        const udp = socket.udp4();
        yield* ensure(() => void udp.close());
        const set = (): void => {
          udp.setoption("broadcast");
          udp.setoption("ip-multicast-loop", false);
          udp.setoption("ip-multicast-if", "127.0.0.1");
          udp.setoption("recv-buffer-size", 30_000);
        };
        udp.setoption("reuseaddr");
        if (!late) set();
        socket.try(yield* udp.setsockname("127.0.0.1", 0));
        if (late) set();
        expect(yield* kernel("udp4", udp.getfd(), names)).to.deep.equal([
          "broadcast true",
          "reuseaddr true",
          "ip-multicast-loop false",
          "ip-multicast-if 127.0.0.1",
        ]);
        expect(udp.getoption("recv-buffer-size")[0]).to.be.oneOf([30_000, 60_000]);
      }
    }));

  it("of UDP over IPv6", () =>
    check(function* () {
      const udp = socket.udp6();
      yield* ensure(() => void udp.close());
      udp.setoption("ipv6-unicast-hops", 9);
      udp.setoption("ipv6-multicast-loop", false);
      udp.setoption("ipv6-v6only", true);
      socket.try(yield* udp.setsockname("::1", 0));
      const names = ["ipv6-unicast-hops", "ipv6-multicast-loop", "ipv6-v6only"];
      expect(yield* kernel("udp6", udp.getfd(), names)).to.deep.equal([
        "ipv6-unicast-hops 9",
        "ipv6-multicast-loop false",
        "ipv6-v6only true",
      ]);
    }));
});

describe("multicast and broadcast", () => {
  it("a group is joined and left, before and after binding", () =>
    check(function* () {
      const membership = { multiaddr: "239.1.2.3", interface: "127.0.0.1" };
      const receiver = socket.udp4();
      yield* ensure(() => void receiver.close());
      receiver.setoption("reuseaddr");
      receiver.setoption("ip-add-membership", membership);
      socket.try(yield* receiver.setsockname("*", 0));
      const sender = socket.udp4();
      yield* ensure(() => void sender.close());
      sender.setoption("ip-multicast-if", "127.0.0.1");
      sender.setoption("ip-multicast-ttl", 0);
      const port = receiver.getsockname()[1] as number;
      expect(yield* sender.sendto("to all", "239.1.2.3", port)).to.deep.equal([6]);
      expect(String((yield* receiver.receive())[0])).to.equal("to all");
      expect(receiver.setoption("ip-drop-membership", membership)).to.deep.equal([1]);
      expect(receiver.setoption("ip-drop-membership", membership)[1]).to.equal(
        "cannot assign requested address",
      );
      yield* sender.sendto("not heard", "239.1.2.3", port);
      yield* sender.sendto("heard", "127.0.0.1", port);
      expect(String((yield* receiver.receive())[0])).to.equal("heard");
    }));

  it("a broadcast is refused unless the option allows it", () =>
    check(function* () {
      const udp = socket.udp4();
      yield* ensure(() => void udp.close());
      expect((yield* udp.sendto("x", "255.255.255.255", 9))[1]).to.be.oneOf([
        "permission denied",
        "network is unreachable",
      ]);
      udp.setoption("broadcast");
      expect((yield* udp.sendto("x", "127.255.255.255", 9))[1]).to.equal(undefined);
    }));
});
