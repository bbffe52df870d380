/** What a function is can be seen before it is called: one that nothing here can run is refused where it is given. */

function kind(fn: unknown): unknown {
  return (fn as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
}

/**
 * An async function gives a promise, which nobody here would wait for. TypeError.
 *
 * @example notAsync(handler, "serve"); // TypeError for an async function
 */
export function notAsync(fn: unknown, what: string): void {
  const tag = kind(fn);
  if (tag === "AsyncFunction" || tag === "AsyncGeneratorFunction")
    throw new TypeError(
      `${what} takes a generator function, not an async one: write \`function*\`, and wait for a promise with \`yield* until(promise)\``,
    );
}

/**
 * Calling a generator function runs nothing, and what an async one throws is nobody's. TypeError for both.
 *
 * @example mustBePlain(() => {}, "ondrop"); // TypeError for a generator function, and an async one
 */
export function mustBePlain(fn: unknown, what: string): void {
  const tag = kind(fn);
  if (tag !== undefined && /^(Async|Generator)/.test(String(tag)))
    throw new TypeError(
      `${what} takes a plain function: it cannot wait, but may start something that does`,
    );
}
