import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { expect } from "chai";
import { ensure, type Operation, spawn } from "effection";
import {
  fork,
  type Handler,
  nodeHandler,
  serve,
  type ServeOptions,
  sleep,
  socket,
  type Tcp,
  type Unix,
} from "cosocket";
import { explore, simulate } from "cosocket/testing";
import { check, RawPeer } from "../../support/check.js";
import { listening, portOf, until } from "../../support/pairs.js";
import { inVirtualTime } from "../../support/simulated.js";
import { serverParams, trusting } from "../../support/tls.js";

const HEADER = "PROXY TCP4 192.0.2.1 198.51.100.1 5000 443\r\n";
const client = { address: "192.0.2.1", port: 5000 };
const site = { address: "198.51.100.1", port: 443 };

/** Tells who the client is, and gives back a line. */
const whoami: Handler = function* (tcp) {
  const [line, err] = yield* tcp.receive();
  if (err) return;
  const [ip, port] = tcp.getpeername();
  yield* tcp.send(`${ip} ${port} ${line}\n`);
};

/** A server that says what errors it was told; both end with the scope. */
function* serving(
  options: ServeOptions,
  handler: Handler = whoami,
): Operation<[port: number, errors: string[]]> {
  const server = yield* listening();
  const errors: string[] = [];
  const onproxyerror = (error: string): void => void errors.push(error);
  yield* spawn(() => serve(server, handler, { onproxyerror, ...options }));
  return [portOf(server), errors];
}

function* peer(port: number): Operation<RawPeer> {
  const raw = RawPeer.connect(port);
  yield* ensure(() => void raw.socket.destroy());
  return raw;
}

/** Connects, sends, and receives until the end. */
function* said(port: number, ...texts: string[]): Operation<string | undefined> {
  const tcp = socket.tcp();
  yield* ensure(() => void tcp.close());
  socket.try(yield* tcp.connect("127.0.0.1", port));
  for (const text of texts) {
    yield* tcp.send(text);
    yield* tcp.flush();
    yield* sleep(0);
  }
  const [all, , partial] = yield* tcp.receive("*a");
  return all ?? partial;
}

describe("serve behind a proxy", () => {
  it("takes the client's address from the header, and not a byte behind it", () =>
    check(function* () {
      const [port] = yield* serving({ proxy: "require" });
      expect(yield* said(port, `${HEADER}hello\n`)).to.equal("192.0.2.1 5000 hello\n");
      expect(yield* said(port, "PROXY TCP6 ::1 ::2 1 2\r\nhello\n")).to.equal("::1 1 hello\n");
      const [own, from, line] = (yield* said(port, "PROXY UNKNOWN\r\nhello\n"))!.split(" ");
      expect([own, line]).to.deep.equal(["127.0.0.1", "hello\n"]);
      expect(Number(from)).to.be.greaterThan(0);
    }));

  it("takes a header that comes byte by byte", () =>
    check(function* () {
      const [port] = yield* serving({ proxy: "require" });
      expect(yield* said(port, ...HEADER, "hello\n")).to.equal("192.0.2.1 5000 hello\n");
    }));

  it("runs no handler without one, and says why", () =>
    check(function* () {
      const [port, errors] = yield* serving({ proxy: "require" }, () => {
        throw new Error("it runs");
      });
      expect(yield* said(port, "hello\n")).to.equal("");
      expect(yield* said(port, "PROXY TCP4 1.2.3.4 oops\r\n")).to.equal("");
      const gone = yield* peer(port);
      gone.socket.end("PROX");
      yield* until(() => gone.closed);
      expect(errors).to.deep.equal(["invalid proxy header", "invalid proxy header", "closed"]);
    }));

  it("waits for one no longer than proxyTimeout, however slowly it comes", () =>
    inVirtualTime(function* () {
      const [port, errors] = yield* serving({ proxy: "require", proxyTimeout: 2 });
      const tcp = socket.tcp();
      socket.try(yield* tcp.connect("127.0.0.1", port));
      const dripping = yield* fork(function* () {
        for (const byte of HEADER) {
          if ((yield* tcp.send(byte))[1]) return;
          yield* sleep(0.5);
        }
      });
      expect((yield* tcp.receive())[1]).to.equal("closed");
      expect(errors).to.deep.equal(["timeout"]);
      yield* dripping.halt();
      tcp.close();
    }));

  it("believes only those who are trusted; a header of anybody else is an error, and its handler is halted", () =>
    check(function* () {
      const log: string[] = [];
      const [port, errors] = yield* serving({ proxy: ["192.0.2.0/24"] }, function* (tcp) {
        try {
          yield* tcp.send("welcome\n");
          log.push(String(yield* tcp.receive()));
        } finally {
          log.push("over");
        }
      });
      expect(yield* said(port, `${HEADER}hello\n`)).to.match(/^(welcome\n)?$/);
      expect(errors).to.deep.equal(["untrusted proxy header"]);
      expect(log).to.deep.equal(["over"]);
      const [direct] = yield* serving({ proxy: ["192.0.2.0/24"] });
      expect(yield* said(direct, "hello\n")).to.match(/^127\.0\.0\.1 \d+ hello\n$/);
      const [trusting] = yield* serving({ proxy: ["::1", "127.0.0.0/8"] });
      expect(yield* said(trusting, `${HEADER}hello\n`)).to.equal("192.0.2.1 5000 hello\n");
    }));

  it("is told that one is closed which was reset before it was accepted: the kernel does not tell any more whose it was", () =>
    check(function* () {
      const tls = { tls: serverParams, onhandshakeerror: () => errors.push("handshake") };
      const errors: string[] = [];
      for (const options of [{}, tls]) {
        const onproxyerror = (error: string): void => void errors.push(error);
        const [port] = yield* serving({ proxy: ["127.0.0.1"], onproxyerror, ...options }, () => {
          errors.push("it is handled");
        });
        const script = `require("node:net").connect(${port}, "127.0.0.1", function () { this.write(${JSON.stringify(HEADER)}, () => this.resetAndDestroy()); })`;
        // All of it before this process turns to its sockets again.
        spawnSync(process.execPath, ["-e", script]);
        yield* until(() => errors.length > 0);
        expect(errors.splice(0)).to.deep.equal(["closed"]);
      }
    }));

  it("serves others than those who are trusted at once, though the server speaks first, or ends first", () =>
    check(function* () {
      const [port] = yield* serving({ proxy: ["192.0.2.1"] }, (tcp) => tcp.send("good day\n"));
      expect(yield* said(port)).to.equal("good day\n");
    }));

  it("gives errors of handlers to the error handler, whoever was trusted", () =>
    check(function* () {
      for (const proxy of [["127.0.0.1"], ["192.0.2.1"]]) {
        const errors: unknown[] = [];
        const errorhandler = (error: unknown): void => void errors.push(String(error));
        const [port] = yield* serving({ proxy, errorhandler }, function* (tcp) {
          yield* tcp.receive();
          throw new Error("oops");
        });
        yield* said(port, proxy[0] === "127.0.0.1" ? `${HEADER}\n` : "\n");
        expect(errors).to.deep.equal(["Error: oops"]);
      }
    }));

  it("takes it before TLS, with the handshake behind it in one segment", () =>
    check(function* () {
      const [port] = yield* serving({ proxy: "require", tls: serverParams });
      const tcp = socket.tcp();
      const proxy = { source: client, destination: site };
      socket.try(yield* tcp.connect("127.0.0.1", port, { tls: trusting, proxy }));
      yield* tcp.send("hello\n");
      expect(yield* tcp.receive()).to.deep.equal(["192.0.2.1 5000 hello"]);
      tcp.close();
    }));

  it("tells with getproxy everything that was said, and who said it", () =>
    check(function* () {
      const seen: unknown[] = [];
      const [port] = yield* serving({ proxy: "require" }, (tcp) => {
        seen.push(tcp.getproxy(), String(tcp).replace(/.*<-/, ""));
      });
      const tcp = socket.tcp();
      const tlvs = [{ type: 2, value: "example.org" }];
      const proxy = { source: client, destination: site, tlvs, checksum: true };
      socket.try(yield* tcp.connect("127.0.0.1", port, { proxy }));
      const [ip, from] = tcp.getsockname();
      yield* tcp.receive();
      tcp.close();
      expect(seen).to.deep.equal([
        {
          version: 2,
          command: "PROXY",
          source: { ...client, family: "inet" },
          destination: { ...site, family: "inet" },
          tlvs: [{ type: 2, value: Buffer.from("example.org") }],
          proxy: { address: ip, port: from, family: "inet" },
        },
        "192.0.2.1:5000",
      ]);
      const server = yield* listening();
      const none = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      expect(none.getproxy()).to.equal(undefined);
      none.close();
    }));

  it("goes over a Unix socket, whose peer has no address of its own", () =>
    check(function* () {
      const server: Unix = socket.unix();
      socket.try(yield* server.bind("\0cosocket-proxy-test"));
      socket.try(yield* server.listen());
      yield* spawn(() =>
        serve(
          server,
          function* (unix) {
            yield* unix.send(`${unix.getproxy()?.source?.address}\n`);
          },
          { proxy: "require" },
        ),
      );
      const unix = socket.unix();
      const proxy = { source: client, destination: site };
      socket.try(yield* unix.connect("\0cosocket-proxy-test", { proxy }));
      expect(yield* unix.receive()).to.deep.equal(["192.0.2.1"]);
      unix.close();
      expect(() => serve(server, () => {}, { proxy: ["127.0.0.1"] })).to.throw(/Unix socket/);
    }));

  it("tells a server of Node's the client's address", () =>
    check(function* () {
      const http = createServer((request, response) =>
        response.end(`${request.socket.remoteAddress} ${request.socket.remotePort}`),
      );
      yield* ensure(() => void http.close());
      const [port] = yield* serving({ proxy: "require" }, nodeHandler(http));
      const request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      expect(yield* said(port, HEADER, request)).to.match(/\r\n\r\n192\.0\.2\.1 5000$/);
    }));

  it("keeps connections with different headers apart in a pool, and sends a header once", () =>
    check(function* () {
      const [port] = yield* serving({ proxy: "require" }, function* (tcp) {
        for (;;) {
          const [line, err] = yield* tcp.receive();
          if (err) return;
          yield* tcp.send(`${tcp.getpeername()[0]} ${line}\n`);
        }
      });
      const ask = function* (address: string | undefined, line: string): Operation<string> {
        const tcp: Tcp = socket.tcp();
        const source =
          address === undefined ? {} : { source: { address, port: 1 }, destination: site };
        socket.try(yield* tcp.connect("127.0.0.1", port, { proxy: source }));
        yield* tcp.send(`${line}\n`);
        const [answer] = yield* tcp.receive();
        const [times] = tcp.getreusedtimes();
        socket.try(tcp.setkeepalive());
        return `${answer} ${times}`;
      };
      expect(yield* ask("192.0.2.1", "a")).to.equal("192.0.2.1 a 0");
      expect(yield* ask("192.0.2.2", "b")).to.equal("192.0.2.2 b 0");
      expect(yield* ask("192.0.2.1", "c")).to.equal("192.0.2.1 c 1");
      expect(yield* ask(undefined, "d")).to.equal("127.0.0.1 d 0");
      expect(yield* ask("192.0.2.2", "e")).to.equal("192.0.2.2 e 1");
    }));

  it("is halted in the midst of a header, with nothing left", () =>
    check(function* () {
      const server = yield* listening();
      const running = yield* spawn(() => serve(server, whoami, { proxy: "require" }));
      const raw = yield* peer(portOf(server));
      raw.socket.write("PROXY TCP4 ");
      yield* sleep(0);
      yield* running.halt();
      yield* until(() => raw.ended || raw.closed);
      expect(raw.received.toString()).to.equal("");
    }));

  it("finds the client, or an error, whatever the network does", async () => {
    const faults = {
      latency: [0, 0.2],
      split: 0.5,
      reset: 0.05,
      stall: 0.1,
      halfclose: 0.05,
    } as const;
    await explore({ faults, runs: 60 }, function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const port = portOf(server);
      yield* fork(() => serve(server, whoami, { proxy: "require" }));
      for (const proxy of [
        { source: client, destination: site },
        { source: client, destination: site, version: 1 as const },
      ]) {
        const tcp = socket.tcp();
        tcp.settimeout(20);
        const [, err] = yield* tcp.connect("127.0.0.1", port, { proxy });
        if (err) continue;
        yield* tcp.send("hello\n");
        const [line] = yield* tcp.receive();
        if (line !== undefined) expect(line).to.equal("192.0.2.1 5000 hello");
        tcp.close();
      }
      server.close();
    });
  });

  it("refuses a header of somebody who is not trusted in every order of those that run", async () => {
    for (let seed = 1; seed <= 30; seed++)
      await simulate({ seed, faults: { order: 1 } }, function* () {
        const server = socket.try(yield* socket.bind("127.0.0.1", 0));
        const port = portOf(server);
        const lines: unknown[] = [];
        yield* fork(() =>
          serve(
            server,
            function* (tcp) {
              lines.push((yield* tcp.receive())[0]);
            },
            { proxy: ["192.0.2.1"] },
          ),
        );
        const tcp = socket.tcp();
        socket.try(yield* tcp.connect("127.0.0.1", port, { proxy: {} }));
        expect((yield* tcp.receive())[1]).to.equal("closed");
        tcp.close();
        server.close();
        expect(lines).to.deep.equal([]);
      });
  });

  it("tells whoever is told of a failure who it was: the client that a proxy has told of, or who has connected", () =>
    check(function* () {
      const told: unknown[] = [];
      const onproxyerror: ServeOptions["onproxyerror"] = (error, tcp, peer) =>
        void told.push([error, tcp.closed, ...peer]);
      const tls = { ...serverParams };
      const [port] = yield* serving({
        ...{ tls, proxy: "require", onproxyerror },
        onhandshakeerror: (error, tcp, peer) => void told.push([error, tcp.closed, ...peer]),
      });
      yield* said(port, HEADER, "in the clear\n");
      const stranger = socket.try(yield* socket.connect("127.0.0.1", port));
      const [, own] = stranger.getsockname();
      yield* stranger.send("in the clear\n");
      yield* stranger.receive("*a");
      stranger.close();
      yield* until(() => told.length === 2);
      expect(told).to.deep.equal([
        ["unread data before the tls handshake", true, client.address, client.port, "inet"],
        ["invalid proxy header", false, "127.0.0.1", own, "inet"],
      ]);
    }));

  it("checks its options", () =>
    check(function* () {
      const server = yield* listening();
      const wrong: [options: object, text: RegExp][] = [
        [{ proxy: "yes" }, /proxy must be "require", or an array/],
        [{ proxy: ["localhost"] }, /"localhost" is not an address or a network/],
        [{ proxy: "require", proxyTimeout: 0 }, /proxyTimeout must be/],
        [{ onproxyerror: 1 }, /onproxyerror must be/],
      ];
      for (const [options, text] of wrong)
        expect(() => serve(server, whoami, options as ServeOptions)).to.throw(TypeError, text);
      const udp = socket.udp();
      socket.try(yield* udp.setsockname("127.0.0.1", 0));
      expect(() => serve(udp, () => {}, { proxy: "require" })).to.throw(TypeError, /proxy/);
      udp.close();
    }));
});
