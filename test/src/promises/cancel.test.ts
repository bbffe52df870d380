/** Every suspension point, awaited and aborted: that is a halt, and nothing is lost. */
import { expect } from "chai";
import { ensure, type Operation, until } from "effection";
import { fork } from "cosocket";
import { reactor, toPromise, Wait } from "cosocket/reactor";
import { runsAreAsked } from "../../support/counts.js";
import { check } from "../../support/check.js";
import { points, somePoints } from "../../support/suspension-points.js";

/** All of them with COSOCKET_RUNS. */
const chosen = runsAreAsked ? points : somePoints;

describe("aborting what is awaited", () => {
  it("is tried for most ways to wait", () => {
    expect(chosen.length).to.be.above(35);
  });

  for (const { name, prepare, never, check: within = check } of chosen) {
    describe(name, () => {
      const aborted = (
        abort: (controller: AbortController, provide: () => Operation<void>) => Operation<void>,
      ): Promise<void> =>
        within(function* () {
          const { suspend, provide = nothing, verify } = yield* prepare();
          const controller = new AbortController();
          yield* watched();
          const promise = toPromise(suspend(), controller.signal);
          const outcome = promise.catch((error: unknown) => error);
          yield* abort(controller, provide);
          expect(yield* until(outcome)).to.equal("enough");
          yield* verify();
        });

      it("while it waits", () =>
        aborted(function* (controller, provide) {
          yield* begun();
          controller.abort("enough");
          yield* provide();
        }));

      // Of the other transports one way is enough.
      if (name.includes(" over ") && !name.endsWith(" over TCP")) return;

      it("right after the call", () =>
        aborted(function* (controller, provide) {
          controller.abort("enough");
          yield* provide();
        }));

      if (!never)
        it("in the same turn as what it waits for", () =>
          aborted(function* (controller, provide) {
            const woken = yield* abortWhenWoken(controller);
            yield* provide();
            yield* until(woken);
          }));
    });
  }
});

/** What a promise is parked on. */
let parked: Wait<unknown> | null = null;

const setParked = (wait: Wait<unknown>): void => void (parked = wait);

/** See what promises are parked on. */
function* watched(): Operation<void> {
  const { park } = Wait.prototype;
  Wait.prototype.park = function (resumer) {
    park.call(this, resumer);
    if (resumer.constructor.name === "Awaited") setParked(this);
  };
  yield* ensure(() => {
    Wait.prototype.park = park;
    reactor.meter = parked = null;
  });
}

/** Abort when what the promise waits for has woken it, before it runs: at the beginning of the turn that would resume it. */
function* abortWhenWoken(controller: AbortController): Operation<Promise<void>> {
  yield* begun();
  return new Promise((resolve) => {
    reactor.meter = {
      begin() {
        if (parked === null || parked.parked || controller.signal.aborted) return;
        controller.abort("enough");
        resolve();
      },
      end() {},
    };
  });
}

function* nothing(): Operation<void> {}

/** Until those that are ready have run, in the same turn: nothing comes from outside meanwhile. */
function* begun(): Operation<void> {
  yield* yield* fork(nothing);
}
