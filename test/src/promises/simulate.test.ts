/** Async programs in a simulation. */
import { expect } from "chai";
import { type Operation, until } from "effection";
import { serve, sleep, socket } from "cosocket/promises";
import { awaited } from "cosocket/reactor";
import { ALL_FAULTS, simulate, SimulationError, type World } from "cosocket/testing";

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );

/** A server on a host of its own, and clients that ask it, some of whom lose patience. */
function* program(world: World): Operation<string[]> {
  const log: string[] = [];
  const server = yield* world.host("server", () =>
    until(
      (async () => {
        await sleep(1);
        const server = socket.try(await socket.bind("*", 7777));
        const stop = new AbortController();
        const service = caught(
          serve(
            server,
            async (client, { signal }) => {
              for await (const line of client.lines({ signal })) {
                await sleep(Number(line), { signal });
                await client.send(`${socket.dns.gethostname()[0]} ${line}\n`);
              }
            },
            { signal: stop.signal, errorhandler: (error) => log.push(String(error)) },
          ),
        );
        await sleep(60);
        stop.abort("closing time");
        log.push(String(await service));
      })(),
    ),
  );
  const ask = async (seconds: number): Promise<void> => {
    await sleep(2);
    const [client, refused] = await socket.connect("server", 7777);
    if (refused) return void log.push(refused);
    try {
      await client.send(`${seconds}\n`);
      const signal = AbortSignal.timeout(10_000);
      const [answer, err] = await client.receive("*l", { signal });
      log.push(err ?? answer);
    } catch (error) {
      log.push((error as Error).name);
    } finally {
      client.close();
    }
  };
  yield* until(Promise.all([ask(1), ask(5), ask(20)]));
  yield* server;
  return log;
}

describe("async programs in a simulation", () => {
  it("run on the virtual clock, and each on the host where it was begun", async () => {
    const { value, seconds } = await simulate({ seed: 1 }, program);
    expect(value).to.deep.equal(["server 1", "server 5", "TimeoutError", "closing time"]);
    expect(seconds).to.be.within(60, 80);
  });

  it("run the same for the same seed, whatever goes wrong", async () => {
    const [first, second] = [
      await simulate({ seed: 7, faults: ALL_FAULTS }, program),
      await simulate({ seed: 7, faults: ALL_FAULTS }, program),
    ];
    expect(first.faults).to.not.deep.equal([]);
    expect(second.value).to.deep.equal(first.value);
    expect(String(second)).to.equal(String(first));
  });

  it("are a deadlock when nobody can resolve what they await, and leave no socket unseen", async () => {
    const stuck = simulate({ seed: 1 }, () =>
      until(
        (async () => {
          const server = socket.try(await socket.bind("*", 7777));
          await server.accept();
        })(),
      ),
    );
    const error = await caught(stuck);
    expect(error).to.be.instanceOf(SimulationError);
    expect(String(error)).to.match(/deadlock[^]*a promise: accept on tcp\{server\} /);
    expect(awaited()).to.deep.equal([]);
    const leaking = simulate({ seed: 1 }, () => until(socket.bind("*", 7778)));
    expect(String(await caught(leaking))).to.match(/left behind[^]*7778/);
  });
});
