/** A mistake in how the reactor is used. `code` is stable; the message says what would be right. */
export class ReactorError extends Error {
  override readonly name = "ReactorError";
  constructor(
    readonly code: "YIELD" | "BUSY" | "NOT_AN_OPERATION" | "NO_TIMEOUT" | "ITERATION",
    message: string,
  ) {
    super(message);
  }
}

/** What joining a halted fiber throws, as in Effection. */
export class HaltedError extends Error {
  override readonly name = "HaltedError";
  constructor(who: string) {
    super(`halted: ${who}`);
  }
}
