import { type Check, checkOptions, mustBe } from "../../reactor/index.js";

/** How the pauses between attempts differ by chance, in the words of AWS ("Exponential Backoff And Jitter"). */
export type Jitter = "full" | "equal" | "none";

/** How pauses grow. TypeError for what means nothing. */
export interface BackoffOptions {
  /** The first pause, in seconds. Default: 0.1. */
  initial?: number;
  /** Each is so many times as long as the one before. Default: 2. */
  factor?: number;
  /** The longest pause, in seconds. Default: 10. */
  maximum?: number;
  /** How many attempts in a row may come to nothing, the first one counted. Default: Infinity. */
  attempts?: number;
}

const isSeconds = (value: unknown): boolean =>
  typeof value === "number" && value > 0 && value < Infinity;
const SECONDS: Check = ["a positive number of seconds", isSeconds];
const OPTIONS: Readonly<Record<keyof BackoffOptions, Check>> = {
  initial: SECONDS,
  factor: ["a number, 1 or more", (value) => isSeconds(value) && (value as number) >= 1],
  maximum: SECONDS,
  attempts: [
    "a positive whole number, or Infinity",
    (value) => value === Infinity || (Number.isInteger(value) && (value as number) > 0),
  ],
};
const JITTERS: readonly unknown[] = ["full", "equal", "none"];
const JITTER: Check = ['"full", "equal" or "none"', (value) => JITTERS.includes(value)];

/**
 * Pauses that grow: each may be twice as long as the one before, up to the longest, and is drawn by chance, so that clients that have
 * lost their service at one moment do not come back at one moment.
 *
 * Drawn by Math.random, which in a simulation goes by its seed.
 *
 * @example
 * const backoff = new Backoff({ initial: 0.1, maximum: 10 });
 * while (!backoff.exhausted) {
 *   const [server, err] = yield* socket.bind("127.0.0.1", 7777);
 *   if (!err) yield* serve(server, handler);
 *   yield* sleep(backoff.next());
 * }
 */
export class Backoff {
  private count = 0;
  private readonly options: Required<BackoffOptions>;

  /** @param jitter "full" (default): anything from 0 up to the pause; "equal": from half of it; "none": the pause itself */
  constructor(
    options: BackoffOptions = {},
    private readonly jitter: Jitter = "full",
  ) {
    checkOptions("backoff", options, OPTIONS);
    mustBe(JITTER, "jitter", jitter);
    const { initial = 0.1, factor = 2, attempts = Infinity } = options;
    const { maximum = Math.max(initial, 10) } = options;
    if (initial > maximum)
      throw new TypeError(
        `backoff: initial must be at most maximum, ${maximum} seconds, not ${initial}`,
      );
    this.options = { initial, factor, maximum, attempts };
  }

  /** How many pauses there have been since the last reset: after as many attempts that came to nothing. */
  get failures(): number {
    return this.count;
  }

  /** Whether there have been as many as there may be. */
  get exhausted(): boolean {
    return this.count >= this.options.attempts;
  }

  /** The longest pause, in seconds. */
  get maximum(): number {
    return this.options.maximum;
  }

  /**
   * The next pause.
   *
   * @returns seconds
   *
   * @example yield* sleep(backoff.next());
   */
  next(): number {
    const { initial, factor, maximum } = this.options;
    const pause = Math.min(maximum, initial * factor ** this.count++);
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
