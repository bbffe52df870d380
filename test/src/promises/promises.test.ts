/** The objects of cosocket/promises. */
import { inspect } from "node:util";
import { expect } from "chai";
import { until } from "effection";
import * as operations from "cosocket";
import { causeOf, fork, run, SocketException, type Tcp as TcpOperations } from "cosocket";
import { promised, pump, sleep, socket, type Tcp } from "cosocket/promises";
import { reactor } from "cosocket/reactor";
import { check } from "../../support/check.js";
import { portOf } from "../../support/pairs.js";
import { identity, authority, socketPath } from "../../support/transports.js";

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );

/** A test in which nothing is left open. */
const awaiting = (test: () => Promise<void>): Promise<void> => check(() => until(test()));

async function pair(): Promise<[client: Tcp, served: Tcp]> {
  const server = socket.try(await socket.bind("127.0.0.1", 0));
  const connecting = socket.connect("127.0.0.1", portOf(server.operations));
  const served = socket.try(await server.accept());
  const client = socket.try(await connecting);
  server.close();
  return [client, served];
}

const withPair = (test: (client: Tcp, served: Tcp) => Promise<void>): Promise<void> =>
  awaiting(async () => {
    const [client, served] = await pair();
    try {
      await test(client, served);
    } finally {
      client.close();
      served.close();
    }
  });

describe("objects of cosocket/promises", () => {
  it("give the same results: values, errors with partials, what is behind a failure", () =>
    withPair(async (client, served) => {
      expect(await client.send("one\ntwo")).to.deep.equal([7]);
      client.shutdown("send");
      expect(await served.receive("*l")).to.deep.equal(["one"]);
      expect(await served.receive()).to.deep.equal([undefined, "closed", "two"]);
      const refused = await socket.connect("127.0.0.1", 1);
      expect(refused[1]).to.equal("connection refused");
      expect(causeOf(refused)).to.have.property("code", "ECONNREFUSED");
      expect(() => socket.try(refused)).to.throw(SocketException);
    }));

  it("have what answers at once as it is: names, options, timeouts, and what they look like", () =>
    withPair(async (client, served) => {
      const { operations: same } = client;
      expect(client.getpeername()).to.deep.equal(served.getsockname());
      expect(client.settimeout(5)).to.equal(1);
      expect(same.gettimeout()).to.deep.equal([5, -1]);
      expect(client.setoption("tcp-nodelay", true)).to.deep.equal([1]);
      expect(client.getoption("tcp-nodelay")).to.deep.equal([true]);
      expect(String(client)).to.equal(String(same));
      expect(inspect(client)).to.equal(inspect(same));
      expect(JSON.stringify({ client })).to.equal(JSON.stringify({ client: same }));
      expect([client.closed, client.lastError]).to.deep.equal([false, undefined]);
      client.close();
      expect(same.closed).to.equal(true);
    }));

  it("are always the same ones for the same object, and lead back", () =>
    withPair(async (client) => {
      expect(promised(client.operations)).to.equal(client);
      expect(promised(client)).to.equal(client);
      expect(client.operations).to.be.instanceOf(operations.Tcp);
      expect(() => promised({} as TcpOperations)).to.throw(
        TypeError,
        "takes an object of cosocket",
      );
      expect(() => promised(undefined as never)).to.throw(TypeError, "takes an object of cosocket");
    }));

  it("throw at the call for misuse, and take no signal that is none", () =>
    withPair(async (client) => {
      expect(() => client.receive("*x" as never)).to.throw(TypeError, "pattern");
      expect(() => client.accept()).to.throw(TypeError, "server");
      expect(() => client.receive({ signal: 5 as never })).to.throw(TypeError, "AbortSignal");
      expect(() => client.receive("*l", { sgnal: 1 } as never)).to.throw(TypeError);
      expect(() => socket.connect("127.0.0.1", -1)).to.throw(TypeError, "port");
    }));

  it("take a signal behind the arguments, wherever those end, or none in empty options", () =>
    withPair(async (client, served) => {
      const aborted = { signal: AbortSignal.abort("enough") };
      for (const promise of [
        client.receive(aborted),
        client.receive("*l", aborted),
        client.receive("*l", "prefix", aborted),
        client.receiveuntil("x")(aborted),
        client.receiveuntil("x")(5, aborted),
        client.send("x", aborted),
        client.send("x", 1, 1, aborted),
        client.flush(aborted),
        client.peek(1, aborted),
        client.dohandshake({ ...aborted }),
        client.dohandshake({ verify: "none", ...aborted }),
        socket.connect("127.0.0.1", 1, aborted),
        socket.tcp().connect("127.0.0.1", 1, { pool: "p", ...aborted }),
        socket.dns.toip("localhost", aborted),
        socket.select([client], undefined, 1, aborted),
        sleep(1, aborted),
        client.lines(aborted)[Symbol.asyncIterator]().next(),
        client.blocks(5, aborted)[Symbol.asyncIterator]().next(),
      ])
        expect(await caught(promise)).to.equal("enough");
      expect(client.getstats()[1]).to.equal(0);
      await served.send("a\nb\nc\nd\n");
      expect(await client.receive({})).to.deep.equal(["a"]);
      expect(await client.receive("*l", {})).to.deep.equal(["b"]);
      expect(await client.receive({ signal: undefined })).to.deep.equal(["c"]);
      expect(await client.receive("*l", { signal: new AbortController().signal })).to.deep.equal([
        "d",
      ]);
    }));

  it("keep the line that comes after an abort, and what an aborted send has handed over", () =>
    withPair(async (client, served) => {
      const timeout = AbortSignal.timeout(1);
      expect(await caught(client.receive("*l", { signal: timeout }))).to.have.property(
        "name",
        "TimeoutError",
      );
      await served.send("kept\n");
      expect(await client.receive()).to.deep.equal(["kept"]);
      const big = "x".repeat(16 << 20);
      const controller = new AbortController();
      const sending = client.send(big, { signal: controller.signal });
      controller.abort();
      expect(await caught(sending)).to.have.property("name", "AbortError");
      const next = client.send("next");
      expect((await served.receive(big.length))[0]!.length).to.equal(big.length);
      expect(String((await served.receive(4))[0])).to.equal("next");
      expect(await next).to.deep.equal([4]);
    }));

  it("serve those that wait at one time first come, first served", () =>
    withPair(async (client, served) => {
      const three = Promise.all([client.receive(), client.receive(), client.receive()]);
      await served.send("1\n2\n3\n");
      expect(await three).to.deep.equal([["1"], ["2"], ["3"]]);
    }));

  it("iterate over lines with a signal, and lose none when that is aborted", () =>
    withPair(async (client, served) => {
      const controller = new AbortController();
      const seen: string[] = [];
      const loop = (async () => {
        for await (const line of client.lines({ signal: controller.signal })) seen.push(line);
      })();
      await served.send("1\n");
      while (seen.length === 0) await sleep(0);
      controller.abort("enough");
      await served.send("2\n");
      expect(await caught(loop)).to.equal("enough");
      expect(seen).to.deep.equal(["1"]);
      expect(await client.receive()).to.deep.equal(["2"]);
    }));

  it("can be mixed with operations, in one object", () =>
    withPair(async (client, served) => {
      const first = client.receive();
      const second = run(() => client.operations.receive());
      const third = run(function* () {
        // In a fiber: what it awaits is not its own.
        return yield* until(client.receive());
      });
      await served.send("1\n2\n3\n");
      expect(await Promise.all([first, second, third])).to.deep.equal([["1"], ["2"], ["3"]]);
    }));

  it("are encrypted in place", () =>
    withPair(async (client, served) => {
      const handshakes = await Promise.all([
        client.dohandshake({ cafile: authority.certificate }),
        served.dohandshake({ certificate: identity.certificate, key: identity.key }),
      ]);
      expect(handshakes.map(([object]) => object)).to.deep.equal([client, served]);
      expect(client.info()[0]).to.have.property("protocol", "TLSv1.3");
      await client.send("secret\n");
      expect(await served.receive()).to.deep.equal(["secret"]);
    }));

  it("are given to select, which gives back those that it was given", () =>
    withPair(async (client, served) => {
      expect(await socket.select([client], [served], 5)).to.deep.equal([[], [served]]);
      await served.send("x\n");
      const source = socket.source(client);
      const [readable] = await socket.select([client, source], undefined, 5);
      expect(readable).to.have.members([client, source]);
    }));

  it("read from sources and write to sinks, and pump between them, also to functions of the user's", () =>
    withPair(async (client, served) => {
      const sink = socket.sink("http-chunked", client);
      expect(await sink("hello ")).to.deep.equal([1]);
      expect(await sink("world")).to.deep.equal([1]);
      expect(await sink()).to.deep.equal([1]);
      const pieces: string[] = [];
      const collect = async (piece?: unknown): Promise<[1]> => {
        if (piece !== undefined) pieces.push(String(piece));
        return [1];
      };
      expect(await pump.all(socket.source("http-chunked", served), collect)).to.deep.equal([1]);
      expect(pieces.join("")).to.equal("hello world");
      const failing = async (): Promise<[undefined, "timeout", undefined]> => [
        undefined,
        "timeout",
        undefined,
      ];
      expect(await pump.step(failing, collect)).to.deep.equal([undefined, "timeout", undefined]);
      const never = pump.all(socket.source(served), collect, { signal: AbortSignal.timeout(1) });
      expect(await caught(never)).to.have.property("name", "TimeoutError");
      await client.send("not lost\n");
      expect(await served.receive()).to.deep.equal(["not lost"]);
    }));

  it("turn what try throws in an async function into a result", () =>
    withPair(async (client, served) => {
      const ask = socket.protect(async (question: string) => {
        socket.try(await client.send(`${question}\n`));
        return socket.try(await client.receive());
      });
      await served.send("answer\n");
      expect(await ask("who?")).to.deep.equal(["answer"]);
      served.close();
      expect(await ask("who?")).to.deep.equal([undefined, "closed"]);
      const broken = socket.protect(async () => {
        throw new Error("a bug");
      });
      expect(await caught(broken())).to.have.property("message", "a bug");
    }));

  it("are UDP and Unix objects and streams, too", () =>
    check(function* () {
      const path = yield* socketPath();
      yield* until(
        (async () => {
          const [udp, peer] = [socket.udp(), socket.udp4()];
          await udp.setsockname("127.0.0.1", 0);
          await peer.sendto("hello", "127.0.0.1", udp.getsockname()[1] as number);
          const [datagram, ip] = await udp.receivefrom();
          expect([String(datagram), ip]).to.deep.equal(["hello", "127.0.0.1"]);
          expect(udp.dropped).to.equal(0);
          for (const object of [udp, peer]) object.close();

          const server = socket.unix();
          expect(await server.bind(path)).to.deep.equal([1]);
          const client = socket.unix.stream();
          expect(await client.connect(path)).to.deep.equal([1]);
          const served = socket.try(await server.accept());
          await client.send("over Unix\n");
          expect(await served.receive()).to.deep.equal(["over Unix"]);
          expect(socket.unix.dgram()[1]).to.equal("not supported by Node");
          for (const object of [server, client, served]) object.close();

          const { PassThrough } = await import("node:stream");
          const stream = socket.stream(new PassThrough());
          await stream.send("through\n");
          expect(await stream.receive()).to.deep.equal(["through"]);
          stream.close();
        })(),
      );
    }));

  it("belong to nobody, also if a fiber makes them, and are closed by `using`", () =>
    check(function* () {
      const made: Tcp[] = [];
      yield* yield* fork(function* () {
        made.push(socket.tcp());
        const [server] = yield* until(socket.bind("127.0.0.1", 0));
        const accepting = server!.accept();
        const [client] = yield* until(socket.connect("127.0.0.1", portOf(server!.operations)));
        made.push(server!, client!, (yield* until(accepting))[0]!);
      });
      expect(made.map(({ closed }) => closed)).to.deep.equal([false, false, false, false]);
      for (const object of made) object[Symbol.dispose]();
      yield* until(made[0]![Symbol.asyncDispose]());
      expect(made.map(({ closed }) => closed)).to.deep.equal([true, true, true, true]);
    }));

  it("are given away by a fiber that returns them, as those with operations are", () =>
    check(function* () {
      const [client, [another]] = yield* until(
        run(function* () {
          const one = socket.try(yield* operations.socket.bind("127.0.0.1", 0));
          const two = socket.try(yield* operations.socket.bind("127.0.0.1", 0));
          return [promised(one), [promised(two)]] as const;
        }),
      );
      expect([client.closed, another!.closed]).to.deep.equal([false, false]);
      client.close();
      another!.close();
    }));

  it("leave the fiber alone that calls: it is still the one that runs", () =>
    check(function* () {
      yield* yield* fork(function* () {
        const me = reactor.current;
        void socket.sleep(0);
        expect(() => socket.connect("x", -1)).to.throw(TypeError);
        expect(reactor.current).to.equal(me);
      });
    }));

  it("use what was put in the place of a method of the object that they stand for", () =>
    withPair(async (client) => {
      const { operations: same } = client;
      same.dohandshake = () => same.send("instead") as never;
      expect(await client.dohandshake()).to.deep.equal([7]);
    }));
});
