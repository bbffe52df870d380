import { Worker } from "node:cluster";
import { createServer } from "node:http";
import { inspect } from "node:util";
import { expect } from "chai";
import { ensure, scoped, type Effect, type Operation } from "effection";
import {
  all,
  allSettled,
  type BytePattern,
  channel,
  each,
  event,
  fork,
  nodeHandler,
  pump,
  race,
  reconnecting,
  serve,
  sleep,
  socket,
  type Tcp,
  type TextPattern,
  useFiber,
  within,
} from "cosocket";
import { ltn12 } from "cosocket/ltn12";
import { type Ftp, ftp } from "cosocket/ftp";
import { trace } from "cosocket/inspect";
import { type Smtp, smtp } from "cosocket/smtp";
import { type Tp, tp } from "cosocket/tp";
import { copas, future, limit, lock, queue, semaphore, timer } from "cosocket/copas";
import {
  assertDoesNotYield,
  assertYields,
  checkStream,
  sequencer,
  settle,
  simulate,
  streamPair,
} from "cosocket/testing";
import { useFiberParent } from "cosocket/reactor";
import { cluster } from "cosocket/cluster";
import { activated, notify, watchdog } from "cosocket/systemd";
import { check } from "../../support/check.js";
import { listening, pair, portOf, thrown } from "../../support/pairs.js";
import { checkCluster } from "../../../src/cluster/options.js";
import { Overview } from "../../../src/cluster/overview.js";
import { Supervisor } from "../../../src/cluster/primary.js";
import { bytePattern } from "../../../src/connection/patterns.js";

const UNKNOWN = [undefined, "host or service not provided, or not known", undefined];

/** With a server that says nothing. */
function* talking(server: Tcp): Operation<[Tp, Smtp, Ftp]> {
  const at = ["127.0.0.1", portOf(server)] as const;
  const control = socket.try(yield* tp.connect(...at));
  const talks: [Tp, Smtp, Ftp] = [control, yield* smtp.open(...at), yield* ftp.open(...at)];
  yield* ensure(() => {
    for (const talk of talks) talk.close();
  });
  return talks;
}

function talks(control: Tp, s: Smtp, f: Ftp): (() => Iterable<unknown>)[] {
  const [source, sink] = [ltn12.source.empty(), ltn12.sink.null()];
  return [
    () => tp.connect("127.0.0.1", 1),
    () => control.check("2.."),
    () => control.command("noop"),
    () => control.sink(sink),
    () => control.source(source),
    () => control.send("x"),
    () => control.receive(),
    () => smtp.open("127.0.0.1", 1),
    () => smtp.send({ from: "<a@b>", rcpt: "<c@d>", source }),
    () => s.greet(),
    () => s.starttls(),
    () => s.auth("user", "password", ""),
    () => s.login("user", "password"),
    () => s.plain("user", "password"),
    () => s.mail("<a@b>"),
    () => s.rcpt("<c@d>"),
    () => s.data(source),
    () => s.send({ from: "<a@b>", rcpt: "<c@d>", source }),
    () => s.quit(),
    () => ftp.open("127.0.0.1", 1),
    () => ftp.get("ftp://127.0.0.1/x"),
    () => ftp.put("ftp://127.0.0.1/x", "text"),
    () => ftp.command({ host: "127.0.0.1", command: "noop" }),
    () => f.greet(),
    () => f.login(),
    () => f.pasv(),
    () => f.epsv(),
    () => f.port(),
    () => f.eprt(1),
    () => f.send({ source }),
    () => f.receive({ sink }),
    () => f.cwd("/"),
    () => f.type("i"),
    () => f.quit(),
  ];
}

describe("operations of sockets", () => {
  it("do nothing, and say so, when they are destructured instead of performed", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const server = yield* listening();
      const udp = socket.udp();
      const unix = socket.unix();
      const bound = socket.udp();
      yield* ensure(() => void bound.close());
      yield* bound.setsockname("127.0.0.1", 0);
      const lines = yield* client.lines();
      const fiber = yield* fork(function* () {});
      const items = yield* queue.new<number>();
      const limited = yield* limit.new(1);
      const http = createServer();
      const [control, mails, files] = yield* talking(server);
      const primary = new Overview(
        new Supervisor(
          checkCluster(() => sleep(0), {}),
          () => new Worker(),
        ),
      );
      const operations: (() => Iterable<unknown>)[] = [
        () => cluster(() => sleep(0)),
        () => primary.receive(),
        () => primary.broadcast("x"),
        () => primary.ready(),
        () => primary.reload(),
        () => primary.status(),
        () => primary.fibers(),
        () => client.receive(),
        () => client.receivepartial(),
        () => client.receiveany(),
        () => client.receiveuntil("x")(),
        () => client.receiveuntil("x")(5),
        () => client.peek(1),
        () => client.send("x"),
        () => client.send(Buffer.from("x")),
        () => client.flush(),
        () => client.closing(),
        () => server.accept(),
        () => socket.tcp().connect("127.0.0.1", 1),
        () => socket.tcp().setpeername("127.0.0.1", 1),
        () => socket.tcp().bind("127.0.0.1", 0),
        () => socket.tcp().setsockname("127.0.0.1", 0),
        () => socket.tcp().setfd(server.getfd()),
        () => activated(),
        () => notify({ READY: 1 }),
        () => watchdog(),
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
        () => socket.source(client)(),
        () => socket.source("by-length", client, 5)(),
        () => socket.source("http-chunked", client)(),
        () => socket.sink(client)("x"),
        () => socket.sink("close-when-done", client)(),
        () => socket.sink("http-chunked", client)("x"),
        () => pump.step(socket.source(client), socket.sink(client)),
        () => pump.all(socket.source(client), socket.sink(client)),
        () => ltn12.source.empty()(),
        () => ltn12.source.rewind(socket.source(client))("x"),
        () => copas.http.request("http://127.0.0.1/"),
        () => ltn12.sink.null()(),
        () => ltn12.source.pieces(socket.source(client)),
        ...talks(control, mails, files),
        () => socket.sleep(1),
        () => socket.dns.toip("localhost"),
        () => socket.dns.tohostname("localhost"),
        () => socket.dns.getaddrinfo("localhost"),
        () => socket.dns.getnameinfo("localhost"),
        () => client.dohandshake(),
        () => client.lines(),
        () => client.blocks(5),
        () => lines.next(),
        () => serve(server, function* () {}),
        () => nodeHandler(http)(client),
        () => useFiberParent(),
        () => useFiber(),
        () => fork(function* () {}),
        () => fiber,
        () => fiber.halt(),
        () => within(1, client.receive()),
        () => race([client.receive()]),
        () =>
          reconnecting(
            function* () {},
            function* () {},
          ),
        () => all([client.receive()]),
        () => allSettled([client.receive()]),
        () => event().wait(),
        () => channel<number>().send(1),
        () => channel<number>().receive(),
        () => channel<number>(),
        () => each(client.lines()),
        () => each(channel<number>()),
        () => socket.protect(function* () {})(),
        () => copas.loop(),
        () => copas.step(),
        () => copas.waitforexit(),
        () => copas.pause(1),
        () => copas.pauseforever(),
        () => copas.sleep(1),
        () => copas.handler(function* () {})(client),
        () => copas.dohandshake(client),
        () => copas.connect(client, "127.0.0.1", 1),
        () => copas.receive(client),
        () => copas.receivepartial(client),
        () => copas.receivefrom(bound),
        () => copas.send(client, "x"),
        () => copas.sendto(udp, "x", "127.0.0.1", 1),
        () => lock.new().get(),
        () => semaphore.new(1).take(),
        () => items.pop(),
        () => items.push(1),
        () => items.finish(),
        () => queue.new(),
        () => timer.new({ delay: 1, callback: () => {} }),
        () => limit.new(1),
        () => limited.wait(),
        () => future.addthread(function* () {}),
        () => future.addnamedthread("a thread", function* () {}),
        () => trace({ seconds: 1 }),
        () => settle(),
        () => streamPair(),
        () => checkStream(() => pair()),
        () => sequencer()(0),
        () => assertYields(client.receive()),
        () => assertDoesNotYield(client.receive()),
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

  it("of a simulated world say so, too", () =>
    simulate({ seed: 1 }, function* (world) {
      expect(() => {
        const [host] = world.host("server", function* () {}) as Iterable<unknown>;
        return host;
      }).to.throw("was not performed: write `yield*` before it");
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

describe("a mistake with an operation says what would be right:", () => {
  it("yield instead of yield*, in a fiber and in an Effection task", () =>
    check(function* () {
      const [client] = yield* pair();
      const operations = [
        () => socket.connect("127.0.0.1", 1),
        () => client.send("x"),
        () => client.receive(),
      ];
      for (const make of operations) {
        const wrong = function* (): Operation<unknown> {
          return yield make() as unknown as Effect<unknown>;
        };
        const boundary = (): void => {};
        const fiber = yield* fork(wrong, { boundary });
        for (const failure of [yield* thrown(fiber), yield* thrown(scoped(wrong))])
          expect(String(failure)).to.match(/write `yield\*`, not `yield`, before \w+/);
      }
      yield* client.send("");
    }));

  it("serve takes no result of bind, and no object of another kind", () =>
    check(function* () {
      const result = yield* socket.bind("127.0.0.1", 0);
      expect(() => serve(result as never, function* () {})).to.throw(
        TypeError,
        "const [server, err] = yield* socket.bind(...)",
      );
      for (const wrong of [undefined, 7777, {}] as never[])
        expect(() => serve(wrong, function* () {})).to.throw(TypeError, "serve takes a");
      expect(() => serve(socket.tcp(), function* () {})).to.throw(TypeError, "bind it first");
      expect(() => {
        const [value] = serve(result[0]!, function* () {});
        return value;
      }).to.throw("was not performed: write `yield*`");
      result[0]!.close();
    }));

  it("console.log shows an object, an operation or a fiber in one line", () =>
    check(function* () {
      const [client] = yield* pair();
      const fiber = yield* fork(function* () {}, { name: "a fiber" });
      const udp = socket.udp();
      expect(inspect(client)).to.match(/^tcp\{client\} 127\.0\.0\.1:\d+\S+$/);
      expect(inspect(udp)).to.equal("udp{unconnected}");
      expect(inspect(fiber)).to.equal("fiber a fiber (ready)");
      expect(inspect(client.receive())).to.match(/^\[operation: receive\("\*l"\) on tcp\{client\}/);
      expect(inspect(client.send("x"))).to.match(/^\[operation: send on tcp\{client\}/);
      expect(inspect({ a: socket.connect("x", 1) })).to.equal(
        "{\n  a: [operation: connect to x:1; not performed: write `yield*` before it]\n}",
      );
    }));

  it("a pattern that may be text or bytes gives text or bytes", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* served.send("line\nbytes");
      const wanted: (TextPattern | BytePattern)[] = ["*l", 5];
      const received: (string | Buffer | undefined)[] = [];
      for (const pattern of wanted) received.push((yield* client.receive(pattern))[0]);
      expect(received).to.deep.equal(["line", Buffer.from("bytes")]);
    }));
});

describe("a number that is none", () => {
  it("is shown as what it is, as a port and as a pattern", () => {
    expect(() => socket.bind("*", NaN)).to.throw(TypeError, "65535, not NaN");
    const client = socket.tcp();
    expect(() => client.connect("localhost", "http" as never)).to.throw(TypeError, 'not "http"');
    client.close();
    expect(() => bytePattern(NaN)).to.throw(TypeError, "invalid receive pattern NaN");
  });
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
