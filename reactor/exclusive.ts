import { global, type Coroutine, type Effect, type Result } from "effection";

/**
 * Runs a function as one step of an Effection routine.
 *
 * Effection runs one routine at a time, and those that are resumed meanwhile after it. So Effection code that is woken by what runs
 * here (a signal is sent, a promise resolved, a task halted) runs when this is done, not inside it, and in its own name.
 */
export class Exclusive implements Effect<unknown>, Iterator<Effect<unknown>, never, unknown> {
  readonly description = "cosocket";
  #routine: Coroutine | null = null;
  #begun = false;
  #wanted = false;
  #owed = false;
  #failure: { error: unknown } | null = null;

  /** @param whenFree called when Effection code that was on the stack is not any more */
  constructor(
    private readonly body: () => void,
    private readonly whenFree: () => void,
  ) {}

  /** False: Effection code is on the stack, so it cannot be run now. `whenFree` will be called. */
  run(): boolean {
    this.#wanted = true;
    if (this.#routine !== null) this.#routine.resume(GO_ON);
    else if (!this.#begun) {
      this.#begun = true;
      global.run(() => ({ [Symbol.iterator]: () => this }));
    }
    if (this.#wanted) {
      this.#wanted = false;
      this.#owed = true;
      return false;
    }
    const failure = this.#failure;
    if (failure !== null) {
      this.#failure = null;
      throw failure.error;
    }
    return true;
  }

  next(): IteratorResult<Effect<unknown>, never> {
    if (this.#wanted) {
      this.#wanted = false;
      try {
        this.body();
      } catch (error) {
        // Effection would end the routine.
        this.#failure = { error };
      }
    } else if (this.#owed) {
      this.#owed = false;
      this.whenFree();
    }
    return { done: false, value: this };
  }

  /** Performed once: from then on the routine's steps come here without the generators that Effection has around an operation. */
  enter(
    _resolve: (result: Result<unknown>) => void,
    routine: Coroutine,
  ): (left: (result: Result<void>) => void) => void {
    routine.step = () => this.next();
    routine.perform = () => {};
    this.#routine = routine;
    return (left) => left(LEFT);
  }
}

const GO_ON: Result<undefined> = { ok: true, value: undefined };
const LEFT: Result<void> = { ok: true, value: undefined };
