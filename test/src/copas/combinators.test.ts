/** Combinators in Copas threads, and over simulated sockets in virtual time. */
import { expect } from "chai";
import type { Operation } from "effection";
import { all, channel, each, race, serve, sleep, socket, within } from "cosocket";
import { copas } from "cosocket/copas";
import { reactor } from "cosocket/reactor";
import { explore, simulate, type World } from "cosocket/testing";
import { loop } from "../../support/loop.js";
import { worlds } from "../../support/transports.js";

for (const { where, check } of worlds) {
  describe(where + "combinators in Copas threads", () => {
    it("work as in any fiber, and what they perform runs in the thread's name", () =>
      check(() =>
        loop(function* () {
          const log: unknown[] = [];
          let done = false;
          copas.addnamedthread("asker", function* () {
            const name = function* (): Operation<[string]> {
              yield* copas.pause(0);
              return [copas.getthreadname()];
            };
            log.push(yield* within(5, name));
            log.push(yield* race([name, copas.pauseforever()]));
            log.push(yield* all([name, name]));
            log.push((yield* within(0, copas.pauseforever()))[1]);
            done = true;
          });
          while (!done) yield* copas.pause(0);
          expect(log).to.deep.equal([["asker"], ["asker"], [["asker"], ["asker"]], "timeout"]);
        }),
      ));

    it("end with their thread when it is removed", () =>
      check(() =>
        loop(function* () {
          const log: string[] = [];
          const thread = copas.addthread(function* () {
            try {
              yield* all([
                function* () {
                  try {
                    yield* copas.pauseforever();
                  } finally {
                    log.push("inside");
                  }
                },
              ]);
            } finally {
              log.push("around");
            }
          });
          yield* copas.pause(0);
          copas.removethread(thread);
          yield* copas.pause(0);
          expect(log).to.deep.equal(["inside", "around"]);
        }),
      ));

    it("let the loop end when nobody is left whom a channel or a race could wait for, and not before a deadline", () =>
      check(function* () {
        const log: string[] = [];
        yield* copas.loop(function* () {
          copas.addthread(function* () {
            yield* race([channel().receive(), channel().receive()]);
          });
          copas.addthread(function* () {
            const [, err] = yield* within(0.1, channel().receive());
            log.push(String(err));
          });
        });
        expect(log).to.deep.equal(["timeout"]);
      }));
  });
}

describe("combinators over simulated sockets", () => {
  it("count the simulation's time", () =>
    simulate({}, function* () {
      const begun = reactor.clock.now();
      expect(yield* within(3600, sleep(7200))).to.deep.equal([undefined, "timeout", undefined]);
      expect(reactor.clock.now() - begun).to.be.closeTo(3600, 0.01);
    }));

  it("lose no line to deadlines and races, whatever goes wrong between the hosts", () =>
    explore({ runs: 12, faults: LOSSLESS, shrink: 0 }, program).then(({ missed }) => {
      expect(missed).to.deep.equal([]);
    }));

  const LOSSLESS = {
    latency: [0.0001, 0.3],
    split: 0.3,
    join: 0.2,
    stall: 0.05,
    order: 0.3,
  } as const;

  function* program(world: World): Operation<void> {
    yield* world.host("server", function* () {
      const server = socket.try(yield* socket.bind("*", 7000));
      yield* serve(server, function* (client) {
        for (let i = 0; i < 20; i++) {
          yield* client.send(`line ${i}\n`);
          if (i % 4 === 0) yield* sleep(1);
        }
      });
    });
    const client = yield* world.host("client", function* () {
      const [client, err] = yield* within(60, () => socket.connect("server", 7000));
      if (err) throw new Error(err);
      const got: string[] = [];
      while (got.length < 10) {
        const [line, late] = yield* within(0.4, client.receive("*l"));
        if (late === "closed") throw new Error(late);
        if (line !== undefined) got.push(line);
        const [won] = yield* race([client.receive("*l"), nothing(0.2)]);
        if (won !== undefined) got.push(won);
      }
      for (const line of yield* each(client.lines())) {
        got.push(line);
        yield* each.next();
      }
      expect(got).to.deep.equal(Array.from({ length: 20 }, (_, i) => `line ${i}`));
    });
    yield* client;
  }

  function* nothing(seconds: number): Operation<[]> {
    yield* sleep(seconds);
    return [];
  }
});
