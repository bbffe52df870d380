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
