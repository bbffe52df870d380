import type { Operation } from "effection";
import { copas } from "cosocket/copas";

/** copas.loop for tests: what the initializer throws fails the test, and does not only reach copas's error handler. */
export function* loop(initializer: () => Operation<unknown>): Operation<void> {
  let failure: { error: unknown } | undefined;
  yield* copas.loop(function* () {
    try {
      yield* initializer();
    } catch (error) {
      failure = { error };
      copas.cancelall();
    }
  });
  if (failure !== undefined) throw failure.error;
}
