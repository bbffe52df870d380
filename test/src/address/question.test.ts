/** Equal look-ups at one time are one. */
import fc from "fast-check";
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { type Fiber, fork, sleep, socket } from "cosocket";
import { simulate } from "cosocket/testing";
import { current, type Address } from "../../../src/network/index.js";
import { check } from "../../support/check.js";
import { inVirtualTime } from "../../support/simulated.js";
import { firstSeed, runs } from "../../support/counts.js";

type Done = (error: Error | null, addresses: Address[]) => void;
const LOCAL: Address[] = [{ address: "127.0.0.1", family: 4 }];

/** A resolver that answers when it is told to: its questions, in order. */
function* resolver(): Operation<{ question: string; answer: Done }[]> {
  const { network } = current;
  const asked: { question: string; answer: Done }[] = [];
  current.network = {
    ...network,
    lookup: (host, family, answer) => void asked.push({ question: `${host} ${family}`, answer }),
  };
  yield* ensure(() => void (current.network = network));
  return asked;
}

describe("look-ups of one name at one time", () => {
  it("are one, whoever asks, and each gets the answer", () =>
    check(function* () {
      const asked = yield* resolver();
      const [udp, tcp] = [socket.udp4(), socket.tcp4()];
      yield* ensure(() => void (udp.close(), tcp.close()));
      const asking: Fiber<readonly unknown[]>[] = [
        yield* fork(() => socket.dns.toip("a.test")),
        yield* fork(() => socket.dns.toip("a.test")),
        yield* fork(() => udp.setsockname("a.test", 0)),
        yield* fork(() => tcp.bind("a.test", 0)),
      ];
      const other = yield* fork(() => socket.dns.getaddrinfo("a.test"));
      yield* sleep(0);
      expect(asked.map(({ question }) => question)).to.deep.equal(["a.test 4", "a.test 0"]);
      for (const { answer } of asked) answer(null, LOCAL);
      const answers = [];
      for (const fiber of asking) answers.push((yield* fiber)[0]);
      expect(answers).to.deep.equal(["127.0.0.1", "127.0.0.1", 1, 1]);
      expect(yield* other).to.deep.equal([[{ family: "inet", addr: "127.0.0.1" }]]);
      // It is known no longer than it was asked for.
      const later = yield* fork(() => socket.dns.toip("a.test"));
      yield* sleep(0);
      expect(asked.length).to.equal(3);
      asked[2]!.answer(Object.assign(new Error("gone"), { code: "ENOTFOUND" }), []);
      expect((yield* later)[1]).to.equal("host or service not provided, or not known");
    }));

  it("go on for the others when one is halted, times out or is closed", () =>
    check(function* () {
      const asked = yield* resolver();
      const [tcp, impatient] = [socket.tcp4(), socket.tcp4()];
      impatient.settimeout(0);
      const halted = yield* fork(() => socket.dns.toip("a.test"));
      const closed = yield* fork(() => tcp.connect("a.test", 1));
      const staying = yield* fork(() => socket.dns.toip("a.test"));
      yield* sleep(0);
      expect((yield* impatient.connect("a.test", 1))[1]).to.equal("timeout");
      yield* halted.halt();
      tcp.close();
      impatient.close();
      // At once, and not when the answer comes.
      expect((yield* closed)[1]).to.equal("closed");
      expect(yield* socket.dns.toip("a.test", 0)).to.deep.equal([undefined, "timeout", undefined]);
      expect(asked.length).to.equal(1);
      asked[0]!.answer(null, LOCAL);
      expect((yield* staying)[0]).to.equal("127.0.0.1");
    }));

  it("are asked anew when nobody waits for the first any more: that one may hang", () =>
    check(function* () {
      const asked = yield* resolver();
      for (let i = 0; i < 3; i++)
        expect((yield* socket.dns.toip("a.test", 0))[1]).to.equal("timeout");
      const last = yield* fork(() => socket.dns.toip("a.test"));
      yield* sleep(0);
      expect(asked.length).to.equal(4);
      // What comes late is nobody's.
      asked[0]!.answer(null, [{ address: "192.0.2.1", family: 4 }]);
      const another = yield* fork(() => socket.dns.toip("a.test"));
      yield* sleep(0);
      expect(asked.length).to.equal(4);
      asked[3]!.answer(null, LOCAL);
      for (const fiber of [last, another]) expect((yield* fiber)[0]).to.equal("127.0.0.1");
    }));

  it("are each host's own in a simulation", async () => {
    const run = await simulate({}, function* (world) {
      const fibers: Fiber[] = [];
      for (const name of ["a", "b", "b"])
        fibers.push(yield* world.host(name, () => socket.dns.toip("a")));
      for (const fiber of fibers) yield* fiber;
    });
    const looks = String(run).match(/\w+ +looks a up/g);
    expect(looks?.length).to.equal(2);
  });

  it("are asked as often as a model says, whoever comes and goes (random)", async () => {
    const visits = fc.array(
      fc.record({
        name: fc.constantFrom("a.test", "b.test"),
        comes: fc.integer({ min: 0, max: 20 }),
        // Nobody goes at the moment when another comes.
        stays: fc.integer({ min: 1, max: 20 }).map((n) => n + 0.25),
      }),
      { minLength: 1, maxLength: 12 },
    );
    /** Seconds that the resolver takes; nobody comes or goes at the moment of an answer. */
    const TAKES = 7.5;
    await fc.assert(
      fc.asyncProperty(visits, async (all) => {
        // The model: by name, when the present question began, and until when anybody waits for it.
        const questions: [string, number][] = [];
        const answered: boolean[] = [];
        const present = new Map<string, { began: number; until: number }>();
        const inOrder = [...all].sort((a, b) => a.comes - b.comes);
        for (const { name, comes, stays } of inOrder) {
          const now = present.get(name);
          const joins = now && comes < Math.min(now.until, now.began + TAKES);
          if (!joins) questions.push([name, comes]);
          const one = joins ? now : { began: comes, until: 0 };
          one.until = Math.max(one.until, comes + stays);
          present.set(name, one);
          answered.push(comes + stays > one.began + TAKES);
        }
        await inVirtualTime(function* () {
          const asked: [string, number][] = [];
          const { network } = current;
          current.network = Object.assign(Object.create(network) as typeof network, {
            lookup: (host: string, _family: number, done: Done): void => {
              asked.push([host, Math.round(seconds())]);
              setTimeout(() => done(null, LOCAL), TAKES * 1000);
            },
          });
          yield* ensure(() => void (current.network = network));
          const began = socket.gettime();
          const seconds = (): number => socket.gettime() - began;
          const fibers = [];
          for (const { name, comes, stays } of inOrder)
            fibers.push(
              yield* fork(function* () {
                yield* sleep(comes);
                return (yield* socket.dns.toip(name, stays))[0] !== undefined;
              }),
            );
          const got = [];
          for (const fiber of fibers) got.push(yield* fiber);
          yield* sleep(TAKES);
          expect(got).to.deep.equal(answered);
          expect(asked).to.deep.equal(questions);
        });
      }),
      { numRuns: runs(20, 40), seed: firstSeed(7) },
    );
  });
});
