/** One copas for each place: on each host of a simulation, and none of it is left when that is over, however it ended. */
import { expect } from "chai";
import { sleep, socket } from "cosocket";
import { copas } from "cosocket/copas";
import { channels } from "cosocket/reactor";
import { simulate } from "cosocket/testing";
import { A_MOMENT, check } from "../../support/check.js";

const failed = async (run: Promise<unknown>): Promise<string> =>
  run.then(() => "it did not fail", String);

describe("copas in simulations", () => {
  it("runs on several hosts at once; threads run on the host that adds them", async () => {
    const log: string[] = [];
    await simulate({}, function* (world) {
      for (const name of ["a", "b"])
        yield* world.host(name, () =>
          copas.loop(function* () {
            log.push(`${name}: ${copas.running} ${socket.dns.gethostname()}`);
            const server = socket.try(yield* socket.bind("*", 7000));
            copas.addserver(server, function* (client) {
              const [line] = yield* client.receive();
              yield* client.send(`${line} ${socket.dns.gethostname()}\n`);
              copas.addthread(() => {
                log.push(`thread of ${name} on ${socket.dns.gethostname()}`);
                copas.removeserver(server);
              });
            });
          }),
        );
      yield* sleep(1);
      expect(copas.running).to.equal(false);
      for (const name of ["a", "b"]) {
        const client = socket.try(yield* socket.connect(name, 7000));
        yield* client.send("hello\n");
        log.push((yield* client.receive())[0]!);
        client.close();
      }
      yield* sleep(1);
    });
    expect(log).to.deep.equal([
      "a: true a",
      "b: true b",
      "thread of a on a",
      "hello a",
      "thread of b on b",
      "hello b",
    ]);
  });

  it("a loop ends when its own threads are done, whatever another host's do", async () => {
    const ends: string[] = [];
    const { seconds } = await simulate({}, function* (world) {
      const hosts = [];
      for (const [name, time] of [
        ["short", 1],
        ["long", 5],
      ] as const)
        hosts.push(
          yield* world.host(name, function* () {
            copas.addthread(() => copas.pauseforever());
            yield* copas.loop(() => copas.pause(time));
            ends.push(`${name} ${Math.round(world.now())}`);
          }),
        );
      for (const host of hosts) yield* host;
    });
    expect(ends).to.deep.equal(["short 1", "long 5"]);
    expect(Math.round(seconds)).to.equal(5);
  });

  it("nothing of one run is in the next, or in the real world", async () => {
    const printing = copas.geterrorhandler();
    for (let round = 0; round < 2; round++)
      await simulate({}, function* () {
        expect(copas.autoclose).to.equal(true);
        expect(copas.finished()).to.equal(true);
        expect(copas.exiting()).to.equal(false);
        expect(copas.status()).to.not.have.property("steps");
        expect(copas.geterrorhandler()).to.equal(printing);
        copas.autoclose = false;
        copas.seterrorhandler(() => {}, true);
        copas.status(true);
        copas.debug.start(() => {});
        copas.addthread(() => expect.fail("never begun"));
        copas.exit();
        yield* sleep(1);
      });
    expect(copas.autoclose).to.equal(true);
    expect(copas.finished()).to.equal(true);
    expect(copas.geterrorhandler()).to.equal(printing);
    expect(copas.status()).to.not.have.property("steps");
    expect(channels.park.hasSubscribers).to.equal(false);
    expect(channels.end.hasSubscribers).to.equal(false);
  });

  it("a run that cannot clean up leaves copas usable, in other runs and for real", async () => {
    for (const mayClean of [true, false]) {
      const error = await failed(
        simulate({ limit: 10 }, () =>
          copas.loop(function* () {
            copas.addthread(function* () {
              try {
                yield* copas.pause(1000);
              } finally {
                yield* mayClean ? copas.pause(1000) : copas.pauseforever();
              }
            });
            yield* copas.step(1000);
          }),
        ),
      );
      expect(error).to.match(/10 seconds/);
      const log: string[] = [];
      const run = function* () {
        expect(copas.running).to.equal(false);
        yield* copas.loop(function* () {
          yield* copas.pause(A_MOMENT);
          log.push("real");
        });
      };
      await check(run);
      await simulate({}, run);
      expect(log).to.have.length(2);
    }
  });

  it("an awaited loop of a run that is given up leaves no signal handler", async () => {
    const before = process.listenerCount("SIGINT");
    await failed(
      simulate({ limit: 10 }, function* () {
        void copas
          .loop(function* () {
            try {
              yield* copas.pause(1000);
            } finally {
              yield* copas.pause(1000);
            }
          })
          .then(undefined, () => {});
        yield* sleep(1000);
      }),
    );
    expect(process.listenerCount("SIGINT")).to.equal(before);
  });
});
