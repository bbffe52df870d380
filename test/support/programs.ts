/**
 * Random concurrent programs, as the source text of a generator function: what a failing test shows is a program that can be read
 * and run. Both kinds of children are written `fork` and `spawn`; who runs it decides what `fork` is.
 *
 * No two sleeps end at the same time, and whatever a task is woken by, it sleeps before it does anything that shows. So what is
 * logged does not depend on which of those that are ready at one moment runs first, which neither library promises.
 */

/** A small generator of random numbers (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** How many gates and promises a program has. */
export const GATES = 3;

/** What this package's combinators are called in a program, beside Effection's. */
export const LIGHT = { race: "lightRace", all: "lightAll" } as const;

/** What a task says when cleanup that waits begins, and when it is done. */
export const SLOW = "cleans up slowly";
export const CLEAN = "is clean";
/** What it says when its cleanup fails, before the error's text. */
export const FAILS = "fails in cleanup: ";

/** What may be started in one Effection scope so far: see {@link Writer.start}. */
interface Sort {
  forked: boolean;
  spawnedSince: boolean;
}

export class Writer {
  readonly #random: () => number;
  readonly #lines: string[] = [];
  readonly #names: string[] = ["main"];
  #budget: number;
  #indent = 0;

  constructor(seed: number, budget = 28) {
    this.#random = dice(seed);
    this.#budget = 4 + this.#below(budget);
  }

  /** The body of the main generator. */
  program(): string {
    this.#body("main", 0);
    return this.#lines.join("\n");
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }
  #chance(p: number): boolean {
    return this.#random() < p;
  }
  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }
  #add(line: string): void {
    this.#lines.push("  ".repeat(this.#indent) + line);
  }
  #block(head: string, body: () => void, tail = "}"): void {
    this.#add(head);
    this.#indent++;
    body();
    this.#indent--;
    this.#add(tail);
  }
  /** Sleep: ours, or one that only Effection knows. */
  #pause(): void {
    this.#add(
      `yield* ${this.#chance(0.7) ? "sleep" : "nap"}(${(this.#random() * 10).toFixed(9)});`,
    );
  }
  #log(me: string, what: string): void {
    this.#add(`log("${me}", ${what});`);
  }
  #someone(): string {
    return `tasks.${this.#pick(this.#names)}`;
  }

  #body(me: string, depth: number): void {
    const sort: Sort = { forked: false, spawnedSince: false };
    this.#pause();
    this.#log(me, '"begins"');
    if (this.#chance(0.3)) {
      this.#block("try {", () => this.#statements(me, depth, sort), "} finally {");
      this.#cleanup(me);
      this.#add("}");
    } else this.#statements(me, depth, sort);
    if (this.#chance(0.5)) this.#add(`return "${me}'s";`);
  }

  #cleanup(me: string): void {
    this.#indent++;
    if (this.#chance(0.5)) {
      this.#log(me, `"${SLOW}"`);
      this.#pause();
      this.#log(me, `"${CLEAN}"`);
    } else this.#log(me, '"cleans up"');
    if (this.#chance(0.1)) this.#fail(me, "cleanup");
    this.#indent--;
  }

  /** Fail in cleanup, with an error of its own. */
  #fail(me: string, what: string): void {
    const error = `${me}'s ${what} ${this.#lines.length}`;
    this.#log(me, `"${FAILS}${error}"`);
    this.#add(`throw new Error("${error}");`);
  }

  #statements(me: string, depth: number, sort: Sort): void {
    const count = 1 + this.#below(4);
    for (let i = 0; i < count && this.#budget > 0; i++) {
      this.#budget--;
      this.#statement(me, depth, sort);
    }
    if (count === 0) this.#pause();
  }

  #statement(me: string, depth: number, sort: Sort): void {
    const deep = depth >= 4;
    const kinds: [weight: number, write: () => void][] = [
      [5, () => (this.#pause(), this.#log(me, '"slept"'))],
      [deep ? 0 : 7, () => this.#start(me, depth, sort)],
      [3, () => this.#join(me)],
      [3, () => this.#halt(me)],
      [1, () => this.#throw(me)],
      [2, () => this.#tryCatch(me, depth, sort)],
      [2, () => this.#tryFinally(me, depth, sort)],
      [deep ? 0 : 2, () => this.#scoped(me, depth)],
      [deep ? 0 : 1.5, () => this.#several(me, "race", depth, sort)],
      [deep ? 0 : 1.5, () => this.#several(me, "all", depth, sort)],
      [1.5, () => this.#ensure(me, sort)],
      [1.5, () => this.#resource(me, sort)],
      [1, () => this.#context(me, sort)],
      [1.5, () => this.#gate(me)],
      [1, () => this.#promise(me)],
      [0.7, () => this.#abortSignal(me, sort)],
      [0.7, () => this.#signal(me, sort)],
      [0.5, () => this.#add("yield* sleep(Infinity);")],
    ];
    let roll = this.#random() * kinds.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, write] of kinds) if ((roll -= weight) < 0) return write();
  }

  /** A task of Effection's begins in this scope. */
  #tasks(sort: Sort): void {
    if (sort.forked) sort.spawnedSince = true;
  }

  /**
   * Start a child. One guard task stands for all fibers of a scope, so tasks and fibers of it are halted in turn, but not strictly
   * interleaved (docs/effection.md): here all forks of a scope come one after the other.
   */
  #start(me: string, depth: number, sort: Sort): void {
    const name = `t${this.#names.length}`;
    const fork = !sort.spawnedSince && this.#chance(0.6);
    if (fork) sort.forked = true;
    else this.#tasks(sort);
    this.#names.push(name);
    this.#block(
      `tasks.${name} = yield* ${fork ? "fork" : "spawn"}(function* ${name}() {`,
      () => this.#body(name, depth + 1),
      "});",
    );
    if (this.#chance(0.6)) {
      this.#pause();
      this.#log(me, `"goes on beside ${name}"`);
    }
  }

  #join(me: string): void {
    const who = this.#someone();
    if (this.#chance(0.5)) {
      this.#add(
        `let result; try { result = yield* ${who} ?? none; } catch (error) { result = word(error); }`,
      );
      const last = this.#lines.pop()!;
      this.#block("{", () => {
        this.#lines.push("  " + last);
        this.#pause();
        this.#log(me, `"joined ${who}: " + result`);
      });
    } else {
      this.#rethrowing(`yield* ${who} ?? none;`);
      this.#pause();
      this.#log(me, `"joined ${who}"`);
    }
  }

  #halt(me: string): void {
    const who = this.#someone();
    const halt = `yield* ${who}?.halt() ?? none;`;
    if (this.#chance(0.3)) {
      this.#add(`try { ${halt} } catch (error) {`);
      this.#indent++;
      this.#pause();
      this.#log(me, `"halting ${who} threw " + word(error)`);
      this.#indent--;
      this.#add("}");
    } else this.#rethrowing(halt);
    this.#pause();
    this.#log(me, `"has halted ${who}"`);
  }

  /** What fails because another task has ended does so a while later. */
  #rethrowing(statement: string): void {
    this.#add(`try { ${statement} } catch (error) {`);
    this.#indent++;
    this.#pause();
    this.#add("throw error;");
    this.#indent--;
    this.#add("}");
  }

  #throw(me: string): void {
    if (this.#chance(0.7)) this.#pause();
    this.#add(`if (true) throw new Error("${me}!");`);
  }

  #tryCatch(me: string, depth: number, sort: Sort): void {
    this.#block("try {", () => this.#statements(me, depth + 1, sort), "} catch (error) {");
    this.#indent++;
    this.#pause();
    this.#log(me, '"caught " + word(error)');
    this.#indent--;
    this.#add("}");
  }

  #tryFinally(me: string, depth: number, sort: Sort): void {
    this.#block("try {", () => this.#statements(me, depth + 1, sort), "} finally {");
    this.#cleanup(me);
    this.#add("}");
  }

  #scoped(me: string, depth: number): void {
    this.#block(
      "yield* scoped(function* () {",
      () => this.#statements(me, depth + 1, { forked: false, spawnedSince: false }),
      "});",
    );
    this.#pause();
    this.#log(me, '"left the scope"');
  }

  /** Combine bodies: with this package's combinators, which fork, or with Effection's. */
  #several(me: string, how: "race" | "all", depth: number, sort: Sort): void {
    const light = !sort.spawnedSince && this.#chance(0.6);
    if (light) sort.forked = true;
    else this.#tasks(sort);
    const combine = light ? LIGHT[how] : how;
    const result = `r${this.#lines.length}`;
    this.#block(
      `const ${result} = yield* ${combine}([`,
      () => {
        const count = 1 + this.#below(3);
        for (let i = 0; i < count; i++) {
          const name = `c${this.#lines.length}`;
          this.#block("(function* () {", () => this.#body(name, depth + 1), "})(),");
        }
      },
      "]);",
    );
    this.#pause();
    this.#log(me, `"${combine}: " + ${result}`);
  }

  #ensure(me: string, sort: Sort): void {
    this.#tasks(sort);
    const number = this.#lines.length;
    this.#block(
      "yield* ensure(function* () {",
      () => {
        if (this.#chance(0.5)) {
          this.#log(me, `"${SLOW}"`);
          this.#pause();
          this.#log(me, `"${CLEAN}"`);
        }
        this.#log(me, `"ensured ${number}"`);
        if (this.#chance(0.1)) this.#fail(me, "ensure");
      },
      "});",
    );
  }

  #resource(me: string, sort: Sort): void {
    this.#tasks(sort);
    const name = `v${this.#lines.length}`;
    this.#block(
      `const ${name} = yield* resource(function* (provide) {`,
      () => {
        if (this.#chance(0.3)) this.#pause();
        if (this.#chance(0.1)) this.#add(`if (true) throw new Error("${me}'s resource");`);
        this.#block("try {", () => this.#add(`yield* provide("${name}");`), "} finally {");
        this.#cleanup(me);
        this.#add("}");
      },
      "});",
    );
    this.#pause();
    this.#log(me, `"has " + ${name}`);
  }

  #context(me: string, sort: Sort): void {
    // A child that was forked before its parent had to do with Effection does not see it.
    if (!sort.forked && this.#chance(0.5)) this.#add(`yield* Colour.set("${me}'s colour");`);
    this.#log(me, '"sees " + (yield* Colour.get())');
    if (this.#chance(0.3)) {
      this.#add(`yield* Colour.with("${me}'s own", function* () {`);
      this.#indent++;
      this.#pause();
      this.#log(me, '"sees " + (yield* Colour.get())');
      this.#indent--;
      this.#add("});");
    }
  }

  #gate(me: string): void {
    const gate = `gates[${this.#below(GATES)}]`;
    if (this.#chance(0.5)) {
      this.#add(`${gate}.resolve("${me}'s word");`);
      this.#pause();
    } else {
      const result = `r${this.#lines.length}`;
      this.#add(`const ${result} = yield* ${gate}.operation;`);
      this.#pause();
      this.#log(me, `"through: " + ${result}`);
    }
  }

  #promise(me: string): void {
    const promise = `promises[${this.#below(GATES)}]`;
    if (this.#chance(0.5)) this.#add(`${promise}.resolve("${me}'s promise");`);
    const result = `r${this.#lines.length}`;
    this.#add(`const ${result} = yield* until(${promise}.promise);`);
    this.#pause();
    this.#log(me, `"was promised " + ${result}`);
  }

  #abortSignal(me: string, sort: Sort): void {
    this.#tasks(sort);
    this.#add(
      `(yield* useAbortSignal()).addEventListener("abort", () => log("${me}", "aborted"));`,
    );
  }

  #signal(me: string, sort: Sort): void {
    if (this.#chance(0.5)) {
      this.#add(`signal.send("${me}'s signal");`);
      this.#pause();
      return;
    }
    this.#tasks(sort);
    const result = `r${this.#lines.length}`;
    this.#add(`const ${result} = yield* (yield* signal).next();`);
    this.#pause();
    this.#log(me, `"heard " + ${result}.value`);
  }
}
