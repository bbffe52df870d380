import { Ok, type Result } from "effection";
import { contextHere } from "./context.js";
import type { Resumer } from "./types.js";

/** An Effection routine that performs a wait: it goes on in its async context. */
export class RoutineResumer implements Resumer {
  readonly outside = true;
  readonly #context = contextHere();
  readonly #goOn: (result: Result<unknown>) => void;
  constructor(goOn: (result: Result<unknown>) => void) {
    this.#goOn = goOn;
  }
  resume(): void {
    this.#context.runInAsyncScope(this.#goOn, undefined, Ok());
  }
}
