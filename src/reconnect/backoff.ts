import { shown } from "../../reactor/index.js";

/** How the pauses between attempts differ by chance, in the words of AWS ("Exponential Backoff And Jitter"). */
export type Jitter = "full" | "equal" | "none";

const JITTERS: readonly unknown[] = ["full", "equal", "none"];

/** What a setting has to be, in words and by test. */
export type Wanted = readonly [what: string, test: (value: unknown) => boolean];

export const BOUNDS: Wanted = [
  "the first pause and the longest in seconds, [0.1, 10]",
  (value) =>
    Array.isArray(value) && value.length === 2 && value.every(isPause) && value[0] <= value[1],
];
export const JITTER: Wanted = ['"full", "equal" or "none"', (value) => JITTERS.includes(value)];

function isPause(value: unknown): boolean {
  return typeof value === "number" && value > 0 && value < Infinity;
}

/** Misuse throws TypeError. */
export function mustBe([what, test]: Wanted, name: string, value: unknown): void {
  if (!test(value)) throw new TypeError(`${name} must be ${what}, not ${shown(value)}`);
}

/**
 * Pauses that grow: each may be twice as long as the one before, up to the longest, and is drawn by chance, so that clients that have
 * lost their service at one moment do not come back at one moment.
 *
 * Drawn by Math.random, which in a simulation goes by its seed.
 *
 * @example
 * const backoff = new Backoff([0.1, 10]);
 * for (;;) {
 *   const [server, err] = yield* socket.bind("127.0.0.1", 7777);
 *   if (!err) yield* serve(server, handler);
 *   yield* sleep(backoff.next());
 * }
 */
export class Backoff {
  private count = 0;
  private readonly bounds: readonly [first: number, longest: number];

  /**
   * @param bounds the first pause, and the longest, in seconds
   * @param jitter "full" (default): anything from 0 up to the pause; "equal": from half of it; "none": the pause itself
   */
  constructor(
    bounds: readonly [first: number, longest: number],
    private readonly jitter: Jitter = "full",
  ) {
    mustBe(BOUNDS, "Backoff: the bounds", bounds);
    mustBe(JITTER, "Backoff: jitter", jitter);
    this.bounds = [...bounds];
  }

  /** How many pauses there have been since the last reset. */
  get attempts(): number {
    return this.count;
  }

  /**
   * The next pause.
   *
   * @returns seconds
   *
   * @example yield* sleep(backoff.next());
   */
  next(): number {
    const [first, longest] = this.bounds;
    // Beyond, a power is Infinity.
    const pause = Math.min(longest, first * 2 ** Math.min(this.count++, 1000));
    if (this.jitter === "none") return pause;
    const least = this.jitter === "equal" ? pause / 2 : 0;
    return least + Math.random() * (pause - least);
  }

  /**
   * Begin again with the first pause.
   *
   * @example backoff.reset(); // it has answered
   */
  reset(): void {
    this.count = 0;
  }
}
