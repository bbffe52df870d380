/** Copas's functions and methods of sockets: each result, error and edge. */
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, serve, sleep, socket, type Tcp } from "cosocket";
import { copas } from "cosocket/copas";
import { loop } from "../../support/loop.js";
import { check, RawPeer } from "../../support/check.js";
import { listening, pair, portOf, rawPair, thrown, until } from "../../support/pairs.js";
import { authority, identity } from "../../support/transports.js";

const serverParams = { key: identity.key, certificate: identity.certificate };

describe("copas's namespace", () => {
  it("has every function of Copas 4", () => {
    const names =
      "loop step finished exit exiting waitforexit cancelall gettime status gettimeouts addserver removeserver handler " +
      "addthread addnamedthread removethread wakeup pause pauseforever sleep timeout setthreadname getthreadname " +
      "setsocketname getsocketname seterrorhandler geterrorhandler gettraceback wrap connect dohandshake receive " +
      "receivepartial receivefrom send sendto close settimeout settimeouts useSocketTimeoutErrors flush setErrorHandler " +
      "receivePartial";
    for (const name of names.split(" "))
      expect(copas, name).to.have.property(name).that.is.a("function");
    for (const name of ["lock", "semaphore", "queue", "timer", "limit"] as const)
      expect(copas[name].new).to.be.a("function");
    for (const name of ["addthread", "addnamedthread"] as const)
      expect(copas.future[name]).to.be.a("function");
    for (const name of ["start", "stop", "socket"] as const)
      expect(copas.debug[name]).to.be.a("function");
    for (const name of ["_VERSION", "_COPYRIGHT", "_DESCRIPTION"] as const)
      expect(copas[name]).to.be.a("string");
    expect(copas).to.be.a("function");
    expect(copas.autoclose).to.equal(true);
    expect(copas.running).to.equal(false);
  });

  it("has every method of a wrapped socket", () => {
    const stream =
      "send receive receivepartial flush settimeout settimeouts connect close bind getsockname getpeername getstats " +
      "setstats listen accept setoption getoption shutdown sni dohandshake getalpn getsniname getfd dirty getfamily gettimeout";
    const datagram =
      "send sendto receive receivefrom setpeername setsockname close settimeout settimeouts getsockname getpeername " +
      "getstats setoption getoption getfd dirty getfamily gettimeout";
    for (const name of stream.split(" "))
      expect(copas.wrap(socket.tcp()), name).to.have.property(name).that.is.a("function");
    for (const name of datagram.split(" "))
      expect(copas.wrap(socket.udp()), name).to.have.property(name).that.is.a("function");
  });

  it("refuses what is no socket, and says so", () => {
    for (const name of [
      "wrap",
      "connect",
      "dohandshake",
      "receive",
      "receivepartial",
      "receivefrom",
      "send",
      "sendto",
      "close",
      "settimeout",
      "settimeouts",
      "getsocketname",
      "addserver",
      "removeserver",
    ] as const) {
      const call = copas[name] as (...args: unknown[]) => unknown;
      expect(() => call("nothing"), name).to.throw(TypeError, `copas.${name} takes a socket`);
    }
    expect(() => copas.setsocketname(5 as never, socket.tcp())).to.throw(TypeError, "takes a name");
  });
});

describe("copas.receive, receivepartial, send", () => {
  it("are the methods, over TCP", () =>
    check(function* () {
      const [a, b] = yield* pair();
      expect(yield* copas.send(a, "one\r\ntwo\n3456")).to.deep.equal([13]);
      expect(yield* copas.send(a, "xyz", 2, 2)).to.deep.equal([2]);
      expect(yield* copas.receive(b)).to.deep.equal(["one"]);
      expect(yield* copas.receive(b, "*l", "more ")).to.deep.equal(["more two"]);
      expect(yield* copas.receive(b, 3, "0")).to.deep.equal([Buffer.from("034")]);
      expect(yield* copas.receivepartial(b, 10)).to.deep.equal([
        undefined,
        "timeout",
        Buffer.from("56y"),
      ]);
      expect(copas.flush(b)).to.equal(undefined);
      copas.settimeout(b, 0.001);
      expect(yield* copas.receive(b)).to.deep.equal([undefined, "timeout", ""]);
      copas.settimeout(b, -1);
      expect(b.gettimeout()).to.deep.equal([-1, -1]);
      copas.close(a);
      expect(yield* copas.receivePartial(b)).to.deep.equal([undefined, "closed", ""]);
      expect(yield* copas.receive(b)).to.deep.equal([undefined, "closed", ""]);
      expect((yield* copas.send(a, "x"))[1]).to.equal("closed");
      expect(copas.close(a)).to.equal(1);
      expect(() => copas.receive(b, "*x" as never)).to.throw(TypeError, "pattern");
    }));

  it("and of datagrams, over UDP", () =>
    check(function* () {
      const [a, b] = [copas.wrap(socket.udp()), copas.wrap(socket.udp())];
      yield* ensure(() => void (a.close(), b.close()));
      yield* a.setsockname("127.0.0.1", 0);
      const port = a.getsockname()[1] as number;
      expect(yield* copas.sendto(b, "first", "127.0.0.1", port)).to.deep.equal([5]);
      const [data, ip, from] = yield* copas.receivefrom(a);
      expect([String(data), ip]).to.deep.equal(["first", "127.0.0.1"]);
      yield* a.setpeername("127.0.0.1", from as number);
      expect(yield* copas.send(a, "second")).to.deep.equal([6]);
      expect(yield* copas.receive(b, 3)).to.deep.equal([Buffer.from("sec")]);
      expect(yield* copas.send(a, "third")).to.deep.equal([5]);
      expect(yield* copas.receivepartial(b)).to.deep.equal([Buffer.from("third")]);
      b.settimeout(0.001);
      expect((yield* copas.receivefrom(b, 10))[1]).to.equal("timeout");
      copas.close(a);
      expect((yield* copas.receive(a))[1]).to.equal("closed");
      expect(() => copas.wrap(b, serverParams)).to.throw(TypeError, "no TLS over UDP");
    }));

  it("settimeouts: undefined leaves, negative is for ever; each limits what it is for", () =>
    check(function* () {
      const [client] = yield* pair();
      expect(copas.settimeouts(client, 1, 2, 0.002)).to.equal(true);
      expect(copas.settimeouts(client, undefined, undefined, undefined)).to.equal(true);
      expect(client.gettimeout()).to.deep.equal([0.002, -1]);
      expect((yield* copas.receive(client))[1]).to.equal("timeout");
      copas.settimeouts(client, undefined, 0.001, -1);
      expect(client.gettimeout()).to.deep.equal([-1, -1]);
      expect((yield* copas.send(client, "x".repeat(10_000_000)))[1]).to.equal("timeout");
      expect(() => copas.settimeout(client, "x" as never)).to.throw(TypeError, "number of seconds");
      expect(copas.useSocketTimeoutErrors(true)).to.equal(undefined);
    }));

  it("connect: connected, refused, timed out, connected already", () =>
    check(function* () {
      const server = yield* listening();
      const client = copas.wrap(socket.tcp());
      expect(yield* copas.connect(client, "127.0.0.1", portOf(server))).to.deep.equal([1]);
      expect((yield* copas.connect(client, "127.0.0.1", portOf(server)))[1]).to.equal(
        "already connected",
      );
      const port = portOf(server);
      client.close();
      server.close();
      expect((yield* copas.connect(client, "127.0.0.1", port))[1]).to.equal("closed");
      expect((yield* copas.connect(socket.tcp(), "127.0.0.1", port))[1]).to.equal(
        "connection refused",
      );
      const slow = socket.tcp();
      slow.settimeout(0);
      expect((yield* slow.connect("127.0.0.1", port))[1]).to.equal("timeout");
      slow.close();
    }));

  it("flush waits until what was sent is in the kernel", () =>
    check(function* () {
      const [client, peer] = yield* rawPair();
      expect(yield* client.flush()).to.deep.equal([1]);
      peer.socket.pause();
      const big = "x".repeat(8_000_000);
      const sending = yield* fork(() => client.send(big));
      const flushing = yield* fork(() => client.flush());
      yield* sleep(0);
      const later = yield* fork(() => client.send("later"));
      yield* sleep(0);
      client.settimeout(0.001);
      expect((yield* client.flush())[1]).to.equal("timeout");
      client.settimeout();
      expect(flushing.state).to.equal("parked");
      peer.socket.resume();
      expect(yield* sending).to.deep.equal([big.length]);
      expect(yield* flushing).to.deep.equal([1]);
      expect(yield* later).to.deep.equal([5]);
      yield* until(() => peer.received.length === big.length + 5);
      peer.socket.pause();
      yield* client.send("x".repeat(60_000));
      const again = yield* fork(() => client.flush());
      client.close();
      expect((yield* again)[1] ?? "closed").to.equal("closed");
      peer.socket.destroy();
      expect((yield* client.flush())[1]).to.equal("closed");
    }));
});

describe("copas.wrap with TLS", () => {
  /** A server that answers over TLS. */
  function* secureServer(): Operation<number> {
    const server = yield* listening();
    yield* fork(() =>
      serve(
        server,
        function* (client) {
          yield* client.send(`${client.getsniname()[0]}\n`);
          yield* client.receive();
        },
        { tls: serverParams },
      ),
    );
    return portOf(server);
  }

  it("connect encrypts, by method and by function; once wrapped it stays so", () =>
    check(function* () {
      const port = yield* secureServer();
      for (const connect of [
        (skt: Tcp) => copas.connect(skt, "localhost", port),
        (skt: Tcp) => skt.connect("localhost", port),
      ]) {
        const skt = copas.wrap(socket.tcp(), { wrap: { cafile: authority.certificate } });
        expect(copas.wrap(skt, { verify: "none" })).to.equal(skt);
        expect(yield* connect(skt)).to.deep.equal([1]);
        expect(skt.info()[0]!.verified).to.equal(true);
        expect(yield* skt.receive()).to.deep.equal(["localhost"]);
        skt.close();
      }
    }));

  it("a failed handshake throws, and closes; nothing goes on in the clear", () =>
    check(function* () {
      const port = yield* secureServer();
      const wary = copas.wrap(socket.tcp(), {});
      expect(String(yield* thrown(wary.connect("localhost", port)))).to.match(
        /^Error: TLS\/SSL handshake failed: certificate verify failed/,
      );
      expect(wary.closed).to.equal(true);
      expect((yield* wary.send("secret"))[1]).to.equal("closed");
    }));

  it("dohandshake uses the wrapped parameters, or others; sni asks for a name", () =>
    check(function* () {
      const port = yield* secureServer();
      const skt = socket.tcp();
      yield* skt.connect("localhost", port);
      copas.wrap(skt, { mode: "client", protocol: "any", cafile: authority.certificate });
      expect(skt.sni("a.example.test")).to.equal(1);
      expect(yield* skt.dohandshake()).to.deep.equal([skt]);
      expect(yield* skt.receive()).to.deep.equal(["a.example.test"]);
      skt.close();
      const other = socket.tcp();
      yield* other.connect("localhost", port);
      expect(yield* copas.dohandshake(other, { verify: "none" })).to.equal(other);
      other.close();
      expect(() => skt.sni(5 as never)).to.throw(TypeError, "sni takes a name");
    }));

  it("sni of a server: contexts by name, strict refuses others", () =>
    check(function* () {
      const server = yield* listening();
      const errors: string[] = [];
      yield* ensure(() => copas.seterrorhandler(undefined, true));
      yield* loop(function* () {
        copas.seterrorhandler((error) => errors.push(String(error)), true);
        copas.addserver(server, function* (skt) {
          copas.wrap(skt, serverParams);
          skt.sni({ "a.example.test": serverParams }, true);
          yield* skt.dohandshake();
          yield* skt.send("welcome\n");
        });
        for (const [name, welcome] of [
          ["a.example.test", true],
          ["b.example.test", false],
        ] as const) {
          const skt = copas.wrap(socket.tcp(), { cafile: authority.certificate });
          skt.sni(name);
          const failure = yield* thrown(skt.connect("localhost", portOf(server)));
          expect(failure === undefined).to.equal(welcome);
          if (welcome) expect(yield* skt.receive()).to.deep.equal(["welcome"]);
          skt.close();
        }
        yield* until(() => errors.length === 1);
        copas.removeserver(server);
      });
      expect(errors[0]).to.match(/TLS\/SSL handshake failed/);
    }));

  it("handler hands arguments on; without parameters it only wraps", () =>
    check(function* () {
      const [client, peer] = yield* rawPair();
      const log: unknown[] = [];
      const handler = copas.handler(function* (skt: Tcp, word: string) {
        log.push(word);
        yield* skt.send("plain\n");
      });
      yield* handler(client, "word");
      yield* until(() => String(peer.received) === "plain\n");
      expect(log).to.deep.equal(["word"]);
    }));
});

describe("copas.addserver", () => {
  it("the server's timeouts are its clients', and do not stop its accepting; a 0 of LuaSocket's is none", () =>
    check(function* () {
      const PATIENCE = 0.005;
      const server = yield* listening();
      server.settimeout(0);
      server.settimeout(PATIENCE, "t");
      yield* loop(function* () {
        copas.addserver(server, function* (client) {
          expect(client.gettimeout()).to.deep.equal([-1, PATIENCE]);
          const [, err] = yield* client.receive();
          yield* client.send(`${err}\n`);
        });
        yield* copas.pause(2 * PATIENCE);
        expect(copas.status().read).to.equal(1);
        const peer = RawPeer.connect(portOf(server));
        yield* until(() => String(peer.received) === "timeout\n");
        copas.removeserver(server);
        peer.socket.destroy();
      });
    }));

  it("one that keeps its server open gives it back; a closed one ends its thread", () =>
    check(function* () {
      const server = yield* listening();
      yield* loop(function* () {
        copas.addserver(server, function* () {});
        expect(copas.removeserver(server, true)).to.equal(true);
        expect(copas.removeserver(server, true)).to.equal(true);
      });
      expect(server.closed).to.equal(false);
      yield* loop(function* () {
        copas.addserver(server, function* () {});
        yield* copas.pause(0);
        server.close();
      });
      expect(copas.removeserver(server)).to.equal(1);
    }));

  it("the end of the loop closes servers, and clients without autoclose", () =>
    check(function* () {
      const server = yield* listening();
      yield* ensure(() => void (copas.autoclose = true));
      const clients: Tcp[] = [];
      const loop = yield* fork(() =>
        copas.loop(function* () {
          copas.autoclose = false;
          copas.addserver(server, function* (client) {
            clients.push(client);
          });
          yield* copas.pauseforever();
        }),
      );
      const peer = RawPeer.connect(portOf(server));
      yield* until(() => clients.length === 1);
      yield* loop.halt();
      expect([server.closed, clients[0]!.closed]).to.deep.equal([true, true]);
      peer.socket.destroy();
    }));
});
