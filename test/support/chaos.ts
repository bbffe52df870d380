/**
 * Operations that are halted, raced and timed out at random turns. The random numbers are of a seed of their own, so that the same program
 * can be run in a simulation and on real sockets.
 */
import { type Operation, race, scoped, spawn } from "effection";
import { fork, HaltedError, sleep } from "cosocket";
import { dice } from "./programs.js";

/** Why a scope ends in an error. */
class Disturbance extends Error {}

export class Chaos {
  private readonly random: () => number;

  /** @param longest the longest pause, in seconds */
  constructor(
    readonly seed: number,
    private readonly longest: number,
  ) {
    this.random = dice(seed);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }
  below(n: number): number {
    return Math.floor(this.random() * n);
  }
  any<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  /** Seconds. */
  get seconds(): number {
    return this.random() * this.longest;
  }

  /** A few turns, or some time. */
  *pause(): Operation<void> {
    if (this.chance(0.4)) return yield* sleep(this.seconds);
    for (let turns = this.below(6); turns > 0; turns--) yield* sleep(0);
  }

  /**
   * Perform it, or begin to and halt it, in one of the ways there are. What it did it has to note itself, as soon as it knows: a result
   * may come in the same turn as the halt.
   */
  *disturb(body: () => Operation<unknown>): Operation<void> {
    const pause = (): Operation<void> => this.pause();
    const ways: (() => Operation<unknown>)[] = [
      body,
      body,
      body,
      () => race([body(), pause()]),
      () => halted(body, pause),
      // By its parent.
      () => halted(() => fork(body), pause),
      () =>
        halted(function* () {
          yield* yield* fork(body);
        }, pause),
      function* () {
        yield* yield* fork(() => race([body(), pause()]));
      },
      () =>
        scoped(function* () {
          yield* fork(body);
          yield* pause();
        }),
      () =>
        scoped(function* () {
          const task = yield* spawn(body);
          yield* pause();
          yield* task.halt();
        }),
      () => besideFailure(body, pause),
      // By a sibling, while a third one waits for it.
      function* () {
        const fiber = yield* fork(body);
        yield* fork(function* () {
          yield* pause();
          void fiber.halt();
        });
        try {
          yield* fiber;
        } catch (error) {
          if (!(error instanceof HaltedError)) throw error;
        }
      },
    ];
    yield* this.any(ways)();
  }
}

function* halted(body: () => Operation<unknown>, pause: () => Operation<void>): Operation<void> {
  const fiber = yield* fork(body);
  yield* pause();
  yield* fiber.halt();
}

/** A sibling fails. */
function* besideFailure(
  body: () => Operation<unknown>,
  pause: () => Operation<void>,
): Operation<void> {
  try {
    yield* scoped(function* () {
      yield* fork(body);
      yield* pause();
      throw new Disturbance();
    });
  } catch (error) {
    if (!(error instanceof Disturbance)) throw error;
  }
}
