import { createScope, type Future, type Scope } from "effection";
import { Parent } from "./parent.js";
import { reactor } from "./reactor.js";

/** The parent of one fiber that plain code has started: it has none, but there must be a scope if it needs Effection. */
export class Root extends Parent {
  #scope: Scope | null = null;
  #destroy: (() => Future<void>) | null = null;
  #over = false;

  get home(): Scope {
    if (this.#scope === null) [this.#scope, this.#destroy] = createScope();
    return this.#scope;
  }

  get over(): boolean {
    return this.#over;
  }

  get nearest(): null {
    return null;
  }

  toString(): string {
    return "plain code";
  }

  /** Whoever has started the fiber has a promise of its outcome. */
  override childFailed(): void {}

  override windUp(): null {
    this.#over = true;
    reactor.parents.delete(this);
    const destroy = this.#destroy;
    // When Effection is done with the task in which the fiber has ended.
    if (destroy !== null) reactor.first({ outside: true, resume: () => void destroy() });
    return null;
  }
}
