import { type Coroutine, Ok, type Result, type Scope } from "effection";
import { contextHere } from "./context.js";
import { FiberContext } from "./contexts.js";
import type { Fiber, Resumer } from "./types.js";

/** An Effection routine that performs a wait: it goes on in its async context. */
class RoutineResumer implements Resumer {
  readonly outside = true;
  readonly #context = contextHere();
  readonly #goOn: (result: Result<unknown>) => void;
  readonly #scope: Scope;
  constructor(goOn: (result: Result<unknown>) => void, scope: Scope) {
    this.#goOn = goOn;
    this.#scope = scope;
  }
  get whose(): Fiber | null {
    return this.#scope.get(FiberContext) ?? null;
  }
  resume(): void {
    this.#context.runInAsyncScope(this.#goOn, undefined, Ok());
  }
}

/** A wait, as those who perform it have to know it. */
interface Parking {
  readonly unwinds: boolean;
  park(resumer: Resumer): void;
  unpark(): boolean;
}

/** Have a routine wait for `wait`, until that resolves or the routine leaves it. What is returned is called when it does. */
export function parkRoutine(
  wait: Parking,
  resolve: (result: Result<unknown>) => void,
  routine: Coroutine,
): (done: (result: Result<void>) => void) => void {
  const goOn = wait.unwinds ? () => routine.unwind() : resolve;
  wait.park(new RoutineResumer(goOn, routine.scope));
  return (done) => {
    wait.unpark();
    done(Ok());
  };
}
