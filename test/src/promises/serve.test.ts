/** `serve` with async handlers. */
import { AsyncLocalStorage } from "node:async_hooks";
import { createServer } from "node:http";
import { expect } from "chai";
import { until } from "effection";
import { fibers, SocketException } from "cosocket";
import { nodeHandler, serve, type ServeOptions, sleep, socket, type Tcp } from "cosocket/promises";
import { simulate } from "cosocket/testing";
import { check, until as holds } from "../../support/check.js";
import { authority, identity } from "../../support/transports.js";

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );

/** A server, how to connect to it, and how to end it: what its `serve` rejects with. */
interface Served {
  server: Tcp;
  connect(): Promise<Tcp>;
  stop(): Promise<unknown>;
  errors: unknown[];
}

/** A test with a server in a simulated world, where seconds cost nothing. */
async function serving(
  handler: Parameters<typeof serve<Tcp>>[1],
  test: (served: Served) => Promise<void>,
  options: ServeOptions = {},
): Promise<void> {
  await simulate({ seed: 1 }, () =>
    until(
      (async () => {
        const server = socket.try(await socket.bind("127.0.0.1", 0));
        const [, port] = server.getsockname();
        const controller = new AbortController();
        const errors: unknown[] = [];
        const service = serve(server, handler, {
          errorhandler: (error) => errors.push(error),
          signal: controller.signal,
          ...options,
        });
        const outcome = caught(service);
        const stop = (): Promise<unknown> => {
          controller.abort("enough");
          return outcome;
        };
        const connect = async (): Promise<Tcp> =>
          socket.try(await socket.connect("127.0.0.1", port as number));
        await test({ server, connect, stop, errors });
        await stop();
      })(),
    ),
  );
}

describe("serve with async handlers", () => {
  it("runs one for each client, and closes that when it settles", () =>
    serving(
      async (client) => {
        for await (const line of client.lines()) {
          if (line === "bye") return;
          await client.send(`${line}!\n`);
        }
      },
      async ({ connect }) => {
        const [one, two] = [await connect(), await connect()];
        await one.send("1\n");
        await two.send("2\nbye\n");
        expect(await one.receive()).to.deep.equal(["1!"]);
        expect(await two.receive("*a")).to.deep.equal(["2!\n"]);
        await one.send("still there\n");
        expect(await one.receive()).to.deep.equal(["still there!"]);
        for (const client of [one, two]) client.close();
      },
    ));

  it("gives what a handler throws to the error handler, with the promised client, and goes on", async () => {
    const seen: unknown[][] = [];
    let served: Tcp | undefined;
    await serving(
      async (client) => {
        served = client;
        socket.try(await client.receive());
      },
      async ({ connect }) => {
        const client = await connect();
        client.close();
        await holds(() => seen.length > 0);
        const another = await connect();
        await another.send("fine\n");
        expect((await another.receive())[1]).to.equal("closed");
        another.close();
        expect(seen).to.have.length(1);
        expect(seen[0]![0]).to.be.instanceOf(SocketException);
        expect(seen[0]![1]).to.match(/^named:client_/);
      },
      {
        name: "named",
        errorhandler: (error, fiber, client) => {
          expect(client).to.equal(served);
          seen.push([error, fiber.name]);
        },
      },
    );
  });

  it("frees the port when it is aborted, aborts the signals of its handlers, waits for them, and rejects with the reason", async () => {
    const log: string[] = [];
    await serving(
      async (client, { signal }) => {
        try {
          await client.receive("*l", { signal });
        } catch (error) {
          log.push(String(error));
          await sleep(1);
          await client.send("good-bye\n");
          throw error;
        }
      },
      async ({ server, connect, stop, errors }) => {
        const client = await connect();
        await sleep(1);
        expect(await stop()).to.equal("enough");
        expect(server.closed).to.equal(true);
        expect(log).to.deep.equal(["enough"]);
        expect(await client.receive()).to.deep.equal(["good-bye"]);
        expect((await client.receive())[1]).to.equal("closed");
        expect(errors).to.deep.equal([]);
        client.close();
      },
    );
  });

  it("ends handlers that wait for their client without a signal: that receives no more", () =>
    serving(
      async (client) => {
        const [, err] = await client.receive();
        await client.send(`${err}\n`);
      },
      async ({ connect, stop, errors }) => {
        const client = await connect();
        await sleep(1);
        const begun = socket.gettime();
        await stop();
        expect(socket.gettime() - begun).to.be.below(1);
        expect(await client.receive()).to.deep.equal(["closed"]);
        expect(errors).to.deep.equal([]);
        client.close();
      },
    ));

  it("lets handlers go on for the grace, and aborts none that end in it", async () => {
    let aborted = false;
    await serving(
      async (client, { signal }) => {
        signal.addEventListener("abort", () => (aborted = true));
        await sleep(3);
        await client.send("done\n");
      },
      async ({ connect, stop }) => {
        const client = await connect();
        await sleep(1);
        await stop();
        expect(await client.receive()).to.deep.equal(["done"]);
        expect(aborted).to.equal(false);
        client.close();
      },
      { grace: 5 },
    );
  });

  it('closes those that are between requests at once, with idle: "close", and lets others end within the grace', async () => {
    const log: string[] = [];
    await serving(
      async (client) => {
        for await (const line of client.lines()) {
          await sleep(Number(line));
          await client.send(`${line}\n`);
        }
        log.push("ended");
      },
      async ({ connect, stop, errors }) => {
        const [idle, busy] = [await connect(), await connect()];
        await idle.send("0\n");
        expect(await idle.receive()).to.deep.equal(["0"]);
        await busy.send("3\n");
        await sleep(1);
        const begun = socket.gettime();
        await stop();
        expect(socket.gettime() - begun).to.be.within(1, 3.1);
        expect((await idle.receive())[1]).to.equal("closed");
        expect(await busy.receive()).to.deep.equal(["3"]);
        expect([log, errors]).to.deep.equal([["ended", "ended"], []]);
        for (const client of [idle, busy]) client.close();
      },
      { grace: 30, idle: "close" },
    );
  });

  it("gives up a handler that does not settle, closes its client, and says so", async () => {
    let end = (): void => {};
    await serving(
      () => new Promise<void>((resolve) => (end = resolve)),
      async ({ connect, stop, errors }) => {
        const client = await connect();
        await sleep(1);
        const begun = socket.gettime();
        await stop();
        expect(socket.gettime() - begun).to.be.within(12, 13);
        expect((await client.receive())[1]).to.equal("closed");
        expect(errors.map(String)).to.deep.equal([
          "Error: the handler was told to end, and has not settled in 10 s: it goes on by itself, without its client",
        ]);
        client.close();
        end();
      },
      { grace: 2 },
    );
  });

  it("does not begin when its signal is aborted already, and closes the server", () =>
    check(function* () {
      const server = socket.try(yield* until(socket.bind("127.0.0.1", 0)));
      const options = { signal: AbortSignal.abort("too late") };
      const outcome = caught(serve(server, async () => {}, options));
      expect(yield* until(outcome)).to.equal("too late");
      expect(server.closed).to.equal(true);
    }));

  it("closes the server also when it is aborted before it has begun", () =>
    check(function* () {
      const server = socket.try(yield* until(socket.bind("127.0.0.1", 0)));
      const controller = new AbortController();
      const outcome = caught(serve(server, async () => {}, { signal: controller.signal }));
      controller.abort("enough");
      expect(yield* until(outcome)).to.equal("enough");
      expect(server.closed).to.equal(true);
    }));

  it("ends when its server is closed", () =>
    check(function* () {
      const server = socket.try(yield* until(socket.bind("127.0.0.1", 0)));
      const service = serve(server, async () => {});
      yield* until(sleep(0));
      server.close();
      expect(yield* until(service)).to.equal(undefined);
    }));

  it("gives each handler an async context of its own, in which it stays behind each await", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await serving(
      async (client) => {
        expect(storage.getStore()).to.equal(undefined);
        const [name] = await client.receive();
        storage.enterWith(name!);
        for await (const line of client.lines()) seen.push([line, storage.getStore()]);
      },
      async ({ connect }) => {
        const clients = [await connect(), await connect()];
        for (const [i, client] of clients.entries()) await client.send(`${i}\n`);
        for (const [i, client] of clients.entries()) await client.send(`of ${i}\n`);
        await holds(() => seen.length === 2);
        expect(seen).to.have.deep.members([
          ["of 0", "0"],
          ["of 1", "1"],
        ]);
        for (const client of clients) client.close();
      },
    );
  });

  it("encrypts, and tells of handshakes that fail with the promised client", () =>
    check(function* () {
      const failed: unknown[] = [];
      const server = socket.try(yield* until(socket.bind("127.0.0.1", 0)));
      const controller = new AbortController();
      const service = serve(
        server,
        async (client) => {
          await client.send(`${client.info()[0]!.protocol}\n`);
        },
        {
          tls: { certificate: identity.certificate, key: identity.key },
          signal: controller.signal,
          onhandshakeerror: (error, client) => failed.push(error, client.operations.closed),
        },
      );
      const outcome = caught(service);
      yield* until(
        (async () => {
          const [, port] = server.getsockname();
          const client = socket.try(await socket.connect("127.0.0.1", port as number));
          await client.dohandshake({ cafile: authority.certificate });
          expect(await client.receive()).to.deep.equal(["TLSv1.3"]);
          client.close();
          const plain = socket.try(await socket.connect("127.0.0.1", port as number));
          await plain.send("in the clear\n");
          await holds(() => failed.length > 0);
          expect(failed[0]).to.equal("unread data before the tls handshake");
          plain.close();
          controller.abort();
          await outcome;
        })(),
      );
    }));

  it("serves a UDP object: its handler is run once, and ends when it is closed", () =>
    check(function* () {
      const udp = socket.udp();
      yield* until(udp.setsockname("127.0.0.1", 0));
      const controller = new AbortController();
      const outcome = caught(
        serve(
          udp,
          async (object) => {
            expect(object).to.equal(udp);
            for (;;) {
              const [datagram, ip, port] = await object.receivefrom();
              if (datagram === undefined) return;
              await object.sendto(datagram, ip, port);
            }
          },
          { signal: controller.signal },
        ),
      );
      yield* until(
        (async () => {
          const client = socket.udp();
          await client.setpeername("127.0.0.1", udp.getsockname()[1] as number);
          await client.send("hello");
          expect(String((await client.receive())[0])).to.equal("hello");
          client.close();
          controller.abort("enough");
          expect(await outcome).to.equal("enough");
          expect(udp.closed).to.equal(true);
        })(),
      );
    }));

  it("performs an operation that a handler returns, and gives connections to a server of Node's", () =>
    serving(
      nodeHandler(createServer((_, response) => response.end("hello"))),
      async ({ connect, errors }) => {
        const client = await connect();
        await client.send("GET / HTTP/1.0\r\n\r\n");
        expect((await client.receive("*a"))[0]).to.match(/^HTTP\/1.1 200 OK\r\n[^]*\r\nhello$/);
        expect(errors).to.deep.equal([]);
        client.close();
      },
    ));

  it("takes plain functions that need not wait", () =>
    serving(
      (client) => void client.settimeout(5),
      async ({ connect, errors }) => {
        const client = await connect();
        expect((await client.receive())[1]).to.equal("closed");
        expect(errors).to.deep.equal([]);
        client.close();
      },
    ));

  it("refuses generators with the way out, and options that are wrong", () => {
    expect(() => serve(socket.tcp(), function* () {} as never)).to.throw(
      TypeError,
      "async handler",
    );
    expect(() => serve({} as Tcp, async () => {})).to.throw(TypeError, "serve takes");
    expect(() => serve(socket.tcp(), async () => {}, { gracee: 1 } as never)).to.throw(
      TypeError,
      "grace",
    );
    expect(() =>
      serve(socket.tcp(), async () => {}, { errorhandler: (async () => {}) as never }),
    ).to.throw(TypeError, "plain function");
    expect(fibers()).to.deep.equal([]);
  });
});
