import { expect } from "chai";
import { ensure, type Operation, sleep as effectionSleep, spawn, type Task } from "effection";
import {
  type Fiber,
  fibers,
  fork,
  type Handler,
  serve,
  type ServeOptions,
  sleep,
  socket,
  status,
  type Tcp,
} from "cosocket";
import { times } from "../../support/counts.js";
import { A_MOMENT, check, RawPeer } from "../../support/check.js";
import { listening, portOf, until } from "../../support/pairs.js";
import { inVirtualTime } from "../../support/simulated.js";

const echo: Handler = function* (client) {
  for (;;) {
    const [line, err] = yield* client.receive();
    if (err) return;
    yield* client.send(line + "\n");
  }
};

/** A server in a task of its own. */
function* serving(
  handler: Handler,
  options?: ServeOptions,
): Operation<[port: number, task: Task<void>, server: Tcp]> {
  const server = yield* listening();
  const port = portOf(server);
  const task = yield* spawn(() => serve(server, handler, options));
  return [port, task, server];
}

/** A client that has sent a line. */
function* sending(port: number, line: string): Operation<Tcp> {
  const client = socket.try(yield* socket.connect("127.0.0.1", port));
  yield* client.send(`${line}\n`);
  return client;
}

/** Ask a server and get its answer, over a Tcp object. */
function* ask(port: number, line: string): Operation<string | undefined> {
  const client = socket.tcp();
  const [, err] = yield* client.connect("127.0.0.1", port);
  if (err) return err;
  yield* client.send(`${line}\n`);
  const [answer, failure] = yield* client.receive();
  client.close();
  return answer ?? failure;
}

describe("serve", () => {
  it("waits for clients whatever the server's own timeouts are", () =>
    check(function* () {
      const server = yield* listening();
      server.settimeout(0);
      const serving = yield* fork(() => serve(server, (client) => client.send("hello\n")), {
        name: "serving",
      });
      yield* sleep(0);
      expect(fibers().find(({ name }) => name === "server")?.waitsFor).to.match(/^accept on/);
      const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      expect(yield* client.receive()).to.deep.equal(["hello"]);
      client.close();
      yield* serving.halt();
    }));

  it("runs a handler for each connection, concurrently, and closes the client after it", () =>
    check(function* () {
      const [port] = yield* serving(function* (client) {
        const [line] = yield* client.receive();
        yield* client.send(`<${line}>\n`);
      });
      const slow = RawPeer.connect(port);
      expect(yield* ask(port, "quick")).to.equal("<quick>");
      slow.socket.write("slow\n");
      yield* until(() => slow.ended);
      expect(slow.received.toString()).to.equal("<slow>\n");
      slow.socket.destroy();
    }));

  it("names its fibers, and shows what they wait for", () =>
    check(function* () {
      const [port] = yield* serving(echo, { name: "echo" });
      const peer = RawPeer.connect(port);
      yield* until(() => fibers().length === 2);
      const [server, client] = fibers();
      expect(server!.name).to.equal("echo");
      expect(server!.waitsFor).to.match(/^accept on tcp\{server\} 127\.0\.0\.1:\d+$/);
      expect(client!.name).to.match(/^echo:client_\d+$/);
      expect(client!.parent).to.equal("echo");
      expect(client!.waitsFor).to.match(
        /^receive\("\*l"\) on tcp\{client\} 127\.0\.0\.1:\d+<-127\.0\.0\.1:\d+$/,
      );
      peer.socket.destroy();
    }));

  it("gives an error in a handler to the error handler, with fiber, client and stack, and goes on", () =>
    check(function* () {
      const errors: [unknown, Fiber, Tcp][] = [];
      function* work(): Operation<void> {
        throw new Error("in the handler");
      }
      const [port] = yield* serving(
        function* failing(client) {
          const [line] = yield* client.receive();
          if (line === "fail") yield* work();
          yield* client.send("ok\n");
        },
        { errorhandler: (...args) => errors.push(args) },
      );
      expect(yield* ask(port, "fail")).to.equal("closed");
      expect(yield* ask(port, "work")).to.equal("ok");
      expect(errors.length).to.equal(1);
      const [error, fiber, client] = errors[0]!;
      expect((error as Error).stack).to.match(/in the handler[^]*work[^]*failing/);
      expect(fiber.name).to.match(/^server:client_\d+$/);
      expect(String(client)).to.match(/^tcp\{client\}/);
    }));

  it("prints it when there is no error handler", () =>
    check(function* () {
      const printed: string[] = [];
      const original = console.error;
      console.error = (text: string) => printed.push(text);
      yield* ensure(() => {
        console.error = original;
      });
      const [port] = yield* serving(function* () {
        throw new Error("printed");
      });
      expect(yield* ask(port, "x")).to.equal("closed");
      expect(printed.length).to.equal(1);
      expect(printed[0]).to.match(/^server:client_\d+, tcp\{client\}.*: Error: printed\n {4}at /);
    }));

  it("goes on though the error handler itself throws, and tells of both errors", () =>
    check(function* () {
      const server = yield* listening();
      const log: string[] = [];
      const { error: before } = console;
      yield* ensure(() => void (console.error = before));
      console.error = (text: string) => void log.push(text);
      const failing = (text: string) => (): never => {
        throw new Error(text);
      };
      const serving = yield* fork(() =>
        serve(server, failing("first"), { errorhandler: failing("second") }),
      );
      for (let i = 0; i < 2; i++) yield* ask(portOf(server), "x");
      expect(serving.state).to.equal("parked");
      yield* serving.halt();
      expect(log.map((text) => /Error: (\w+)/.exec(text)![1])).to.deep.equal([
        "first",
        "second",
        "first",
        "second",
      ]);
    }));

  it("keeps to maxConnections: the next is served when one has left", () =>
    check(function* () {
      const [port] = yield* serving(echo, { maxConnections: 2 });
      const peers = [0, 1, 2].map(() => RawPeer.connect(port));
      for (const peer of peers) peer.socket.write("x\n");
      yield* until(() => peers.filter((peer) => peer.received.length > 0).length === 2);
      for (let i = 0; i < 5; i++) yield* effectionSleep(0);
      const served = peers.filter((peer) => peer.received.length > 0);
      expect(served.length).to.equal(2);
      served[0]!.socket.end();
      yield* until(() => peers.every((peer) => peer.received.length > 0));
      for (const peer of peers) peer.socket.destroy();
    }));

  it("halted: frees the port, halts every handler, and waits for their cleanup", () =>
    check(function* () {
      const log: string[] = [];
      const [port, task, server] = yield* serving(function* (client) {
        try {
          yield* echo(client) as Operation<void>;
        } finally {
          yield* sleep(A_MOMENT);
          log.push("cleaned");
        }
      });
      const peers = [0, 1, 2].map(() => RawPeer.connect(port));
      for (const peer of peers) peer.socket.write("x\n");
      yield* until(() => peers.every((peer) => peer.received.length > 0));
      yield* task.halt();
      expect(log).to.deep.equal(["cleaned", "cleaned", "cleaned"]);
      expect(server.closed).to.equal(true);
      yield* until(() => peers.every((peer) => peer.ended || peer.closed));
      for (const peer of peers) peer.socket.destroy();
      // The port is free again.
      const again = socket.try(yield* socket.bind("127.0.0.1", port));
      again.close();
    }));

  it("halted with grace: handlers may finish, what is left is halted after it", () =>
    inVirtualTime(function* () {
      const log: string[] = [];
      const [port, task] = yield* serving(
        function* (client) {
          const [line] = yield* client.receive();
          try {
            yield* sleep(line === "short" ? 1 : 100);
            yield* client.send("done\n");
            log.push(`${line} finished`);
          } finally {
            log.push(`${line} ended`);
          }
        },
        { grace: 2 },
      );
      const [short, long] = [yield* sending(port, "short"), yield* sending(port, "long")];
      yield* sleep(0.5);
      yield* task.halt();
      expect(log).to.deep.equal(["short finished", "short ended", "long ended"]);
      expect(yield* short.receive("*a")).to.deep.equal(["done\n"]);
      expect(yield* long.receive()).to.deep.equal([undefined, "closed", ""]);
      for (const client of [short, long]) client.close();
    }));

  it("ends when its server is closed and the last handler has ended", () =>
    check(function* () {
      const [port, task, server] = yield* serving(echo);
      const peer = RawPeer.connect(port);
      peer.socket.write("x\n");
      yield* until(() => peer.received.length > 0);
      server.close();
      peer.socket.write("y\n");
      yield* until(() => peer.received.length > 2);
      peer.socket.end();
      yield* task;
      expect(peer.received.toString()).to.equal("x\ny\n");
      peer.socket.destroy();
    }));

  it("a handler may use all of Effection, and be a plain function", () =>
    check(function* () {
      const [port] = yield* serving(function* (client) {
        yield* effectionSleep(1);
        const task = yield* spawn(() => client.receive());
        const [line] = yield* task;
        yield* client.send(`${line}!\n`);
      });
      expect(yield* ask(port, "both")).to.equal("both!");
      const [other] = yield* serving((client) => void client.setoption("tcp-nodelay", true));
      expect(yield* ask(other, "x")).to.equal("closed");
    }));

  it("is told what is wrong with its arguments", () =>
    check(function* () {
      const server = yield* listening();
      const bad = function* (...args: unknown[]): Operation<string> {
        try {
          yield* serve(...(args as [Tcp, Handler]));
        } catch (error) {
          return String(error);
        }
        return "";
      };
      expect(yield* bad(server, 5)).to.match(/TypeError: serve takes a handler/);
      expect(yield* bad(socket.tcp(), echo)).to.match(/TypeError: serve: tcp\{server\} expected/);
      for (const [option, value] of Object.entries({
        maxConnections: 0,
        grace: -1,
        handshakeTimeout: 0,
        name: 5,
        errorhandler: "print",
        onhandshakeerror: 1,
        tls: true,
      }))
        expect(yield* bad(server, echo, { [option]: value })).to.include(`${option} must be`);
      expect(yield* bad(server, echo, { grace: "5" })).to.include('not "5"');
      expect(yield* bad(server, echo, { grace: NaN })).to.include("not NaN");
      expect(yield* bad(server, echo, { gracePeriod: 5 })).to.match(
        /"gracePeriod": did you mean "grace"\? There are "name",/,
      );
      expect(yield* bad(server, echo, 5)).to.include("options as an object");
    }));

  it("refuses what cannot be served, and says what can, at the call", () =>
    check(function* () {
      const wrong = (server: unknown, options?: unknown): (() => unknown) => {
        return () => serve(server as Tcp, echo, options as ServeOptions);
      };
      const { readable } = new CompressionStream("gzip");
      for (const object of [undefined, null, "server", {}, readable])
        expect(wrong(object)).to.throw(TypeError, "a TCP or Unix server, or a bound UDP object");
      expect(wrong(yield* socket.bind("", 0))).to.throw(TypeError, "const [server, err]");
      const udp = socket.udp4();
      expect(wrong(udp)).to.throw(TypeError, "setsockname first");
      socket.try(yield* udp.setsockname("127.0.0.1", 0));
      for (const [option, value] of Object.entries({ maxConnections: 2, handshakeTimeout: 5 }))
        expect(wrong(udp, { [option]: value })).to.throw(TypeError, `no use for ${option}`);
      udp.close();
    }));
});

describe("a server under fault", () => {
  const many = times(200, 1000);

  it(`${many} clients arrive at once, and each is served`, () =>
    check(function* () {
      const [port] = yield* serving(echo);
      const peers = Array.from({ length: many }, (_, i) => {
        const peer = RawPeer.connect(port);
        peer.socket.write(`${i}\n`);
        return peer;
      });
      yield* until(() => peers.every((peer) => peer.received.includes(10)));
      for (const [i, peer] of peers.entries()) {
        expect(peer.received.toString()).to.equal(`${i}\n`);
        peer.socket.destroy();
      }
      yield* until(() => fibers().length === 1);
    }));

  it("reset while receiving: closed, after what had come before it", () =>
    check(function* () {
      const results: unknown[] = [];
      let served: Tcp | undefined;
      const [port] = yield* serving(function* (client) {
        served = client;
        results.push(yield* client.receive(), yield* client.receive(), yield* client.receive());
        results.push((client.lastError as NodeJS.ErrnoException).code);
      });
      const peer = RawPeer.connect(port);
      peer.socket.write("line\npart");
      yield* until(() => served?.getstats()[0] === 9 && results.length === 0 && served.dirty());
      peer.socket.resetAndDestroy();
      yield* until(() => results.length === 4);
      expect(results).to.deep.equal([
        ["line"],
        [undefined, "closed", "part"],
        [undefined, "closed", ""],
        "ECONNRESET",
      ]);
    }));

  it("reset while sending: closed, with the index", () =>
    check(function* () {
      const results: unknown[] = [];
      const [port] = yield* serving(function* (client) {
        results.push(yield* client.send(Buffer.alloc(64 << 20)));
        results.push(yield* client.send("more"));
      });
      const peer = RawPeer.connect(port);
      peer.socket.pause();
      yield* until(() => fibers().some(({ waitsFor }) => waitsFor?.startsWith("send")));
      peer.socket.resetAndDestroy();
      yield* until(() => results.length === 2);
      const [none, err, index] = results[0] as [undefined, string, number];
      expect([none, err]).to.deep.equal([undefined, "closed"]);
      expect(index).to.be.within(1, 64 << 20);
      expect(results[1]).to.deep.equal([undefined, "closed", 0]);
    }));

  it("a peer that never reads: send times out, everything is freed", () =>
    check(function* () {
      let result: unknown;
      const [port] = yield* serving(function* (client) {
        client.settimeout(0.01);
        client.setoption("linger", { on: true, timeout: 0.01 });
        const [, err] = yield* client.send(Buffer.alloc(64 << 20));
        result = err;
      });
      const peer = RawPeer.connect(port);
      peer.socket.pause();
      yield* until(() => result !== undefined);
      expect(result).to.equal("timeout");
      yield* until(() => fibers().length === 1);
      peer.socket.destroy();
    }));

  it("a peer's last words are received although writing to it has failed", () =>
    check(function* () {
      const results: unknown[] = [];
      const [port] = yield* serving(function* (client) {
        yield* until(() => peer.closed);
        // The peer has closed: the first write is answered by RST, and one of the next fails.
        for (let error; error === undefined; yield* sleep(0))
          [, error] = yield* client.send("anybody?\n");
        results.push(yield* client.receive());
        results.push((yield* client.send("x"))[1]);
      });
      const peer = RawPeer.connect(port);
      peer.socket.end("last words\n");
      peer.socket.on("finish", () => peer.socket.destroy());
      yield* until(() => results.length === 2);
      expect(results).to.deep.equal([["last words"], "closed"]);
    }));

  it("a handler that never waits starves nobody", () =>
    check(function* () {
      const [port] = yield* serving(function* (client) {
        const [line] = yield* client.receive();
        // Sends for ever to a peer that reads: there is always room.
        while (line === "flood") {
          const [, err] = yield* client.send("x");
          if (err) return;
        }
        yield* client.send("served\n");
      });
      const flood = RawPeer.connect(port);
      flood.socket.write("flood\n");
      yield* until(() => flood.received.length > 10_000);
      expect(yield* ask(port, "polite")).to.equal("served");
      flood.socket.destroy();
      yield* until(() => fibers().length === 1);
    }));

  it("close under a blocked reader and a blocked writer: both are told at once", () =>
    check(function* () {
      const server = yield* listening();
      const peer = RawPeer.connect(portOf(server));
      peer.socket.pause();
      const client = socket.try(yield* server.accept());
      client.setoption("linger", { on: true, timeout: 0.01 });
      const reader = yield* fork(() => client.receive());
      const writer = yield* fork(() => client.send(Buffer.alloc(64 << 20)));
      yield* until(() => reader.state === "parked" && writer.state === "parked");
      client.close();
      expect(yield* reader).to.deep.equal([undefined, "closed", ""]);
      const [, err, index] = yield* writer;
      expect(err).to.equal("closed");
      expect(index).to.be.greaterThan(0);
      peer.socket.destroy();
      yield* until(() => status().timeout === 0);
    }));

  it("close under a reader gives what had come as its partial", () =>
    check(function* () {
      const server = yield* listening();
      const peer = RawPeer.connect(portOf(server));
      const client = socket.try(yield* server.accept());
      const reader = yield* fork(() => client.receive());
      peer.socket.write("half a li");
      yield* until(() => client.dirty());
      client.close();
      expect(yield* reader).to.deep.equal([undefined, "closed", "half a li"]);
      peer.socket.destroy();
    }));

  it(`connects and leaves at once, ${many} times: nothing is left`, () =>
    check(function* () {
      const [port] = yield* serving(echo);
      for (let i = 0; i < many; i += 50) {
        const peers = Array.from({ length: 50 }, () => RawPeer.connect(port));
        yield* until(() => peers.every((peer) => !peer.socket.connecting));
        for (const [j, peer] of peers.entries()) {
          if (j % 3 === 0) peer.socket.resetAndDestroy();
          else if (j % 3 === 1) peer.socket.destroy();
          else peer.socket.end("x\n");
        }
        yield* until(() => peers.every((peer) => peer.closed || peer.ended));
        for (const peer of peers) peer.socket.destroy();
      }
      yield* until(() => fibers().length === 1);
      expect(fibers()[0]!.waitsFor).to.match(/^accept on/);
      expect(yield* ask(port, "still there")).to.equal("still there");
    }));
});
