/** What a fiber does now, as far as the trace knows. */
export const enum Phase {
  Ready,
  Running,
  Waiting,
  /** Its body is over, and something that belongs to it is not. */
  Ending,
  Ended,
}

/** One row of the picture: a fiber, or what belongs to a whole group, as its network. */
export class Track {
  phase = Phase.Ready;
  /** Since when, in nanoseconds. */
  since: number;
  /** Since when it had been ready when it ran first. */
  born = 0;
  /** What it waits for. */
  words = "";
  /** Who has made it ready, and when; null: nobody that is seen. */
  by: Track | null = null;
  at = 0;
  /** Whether that one has forked it, or halts it. */
  how: "wakes" | "forks" | "halts" = "wakes";

  /** @param id of the fiber, or, of what is none, below zero */
  constructor(
    readonly id: number,
    public name: string,
    now: number,
    public group: string | null = null,
  ) {
    this.since = now;
  }

  /** The same words are the same text in memory. */
  waitFor(words: string): void {
    if (words !== this.words) this.words = words;
  }
}
