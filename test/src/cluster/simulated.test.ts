/** A program that calls cluster, in a simulation. */
import { expect } from "chai";
import { fork, serve, sleep, socket } from "cosocket";
import { cluster } from "cosocket/cluster";
import { simulate } from "cosocket/testing";

describe("a cluster in a simulation", () => {
  it("is one worker on its host, which hears that it is to end, answers what is under way, and is halted after its grace", async () => {
    const { value, seconds } = await simulate({}, function* (world) {
      const said: unknown[] = [];
      const server = yield* world.host("server", function* () {
        yield* cluster(
          function* (worker) {
            said.push([worker.slot, worker.workers, yield* worker.receive()]);
            const server = socket.try(yield* socket.bind("*", 7777));
            yield* fork(function* () {
              yield* worker.closing();
              said.push("closing");
            });
            yield* serve(server, function* (client) {
              yield* sleep(3);
              yield* client.send(`slow, ${worker.isClosing}\n`);
            });
            yield* sleep(100);
          },
          { workers: 8, grace: 5 },
        );
      });
      const client = yield* world.host("client", function* () {
        const client = socket.try(yield* socket.connect("server", 7777));
        return yield* client.receive("*l");
      });
      yield* sleep(1);
      yield* server.halt();
      said.push(yield* client);
      return said;
    });
    expect(value).to.deep.equal([
      [1, 1, [undefined, "closed", undefined]],
      "closing",
      ["slow, true"],
    ]);
    expect(Math.round(seconds)).to.equal(6);
  });

  it("has its servers closed when it is to end, so that its body returns when its last client has left", async () => {
    const said: unknown[] = [];
    const { seconds } = await simulate({}, function* (world) {
      const body = function* () {
        const server = socket.try(yield* socket.bind("*", 7777));
        const unix = socket.unix();
        socket.try(yield* unix.bind("/tmp/served"));
        yield* fork(() => serve(unix, function* () {}));
        yield* serve(
          server,
          function* (client) {
            for (;;) {
              const [line, err] = yield* client.receive();
              if (err) return;
              yield* sleep(2);
              yield* client.send(`${line}\n`);
            }
          },
          { idle: "close" },
        );
        said.push("served");
      };
      const one = yield* world.host("one", () => cluster(body, { grace: 60 }));
      const other = yield* world.host("other", function* () {
        const server = socket.try(yield* socket.bind("*", 7777));
        return (yield* server.accept())[1];
      });
      const client = yield* world.host("client", function* () {
        const client = socket.try(yield* socket.connect("one", 7777));
        yield* client.send("slow\n");
        said.push(yield* client.receive(), (yield* client.receive())[1]);
        said.push((yield* socket.connect("one", 7777))[1]);
        yield* socket.connect("other", 7777);
      });
      yield* sleep(1);
      yield* one.halt();
      yield* client;
      said.push([yield* other]);
    });
    expect(said).to.deep.equal([["slow"], "closed", "connection refused", "served", [undefined]]);
    expect(seconds).to.be.below(3);
  });

  it("fails with the error of its body", async () => {
    const failed = simulate({}, () =>
      cluster(function* () {
        yield* sleep(1);
        throw new Error("no");
      }),
    );
    const error = await failed.catch((error: unknown) => error as Error);
    expect(error).to.have.nested.property("cause.message", "no");
  });
});
