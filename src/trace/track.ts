import { told, wordsOf } from "../../reactor/index.js";

/** What a fiber does now, as far as the trace knows. */
export const enum Phase {
  Ready,
  Running,
  Waiting,
  /** Its body is over, and something that belongs to it is not. */
  Ending,
  Ended,
}

/** What a fiber waits for. */
export interface Words {
  readonly description: string;
  /** The same without on what, and on what. */
  readonly action?: string | undefined;
  readonly subject?: object;
}

/** Different things that one does on one socket. */
const MOST_SAID = 16;

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

  name: string;

  /** @param id of the fiber, or, of what is none, below zero */
  constructor(
    readonly id: number,
    name: string,
    now: number,
    public group: string | null = null,
  ) {
    this.since = now;
    this.name = told(name);
  }

  /** It may have been named since. */
  rename(name: string): void {
    if (name !== this.name) this.name = told(name);
  }

  /** What it waits for on one socket, by what it does there: one who waits for the same again and again does not ask the kernel for addresses each time. */
  #said: Map<string, string> | null = null;
  #subject: object | null = null;
  /** The last one, whose words are still there. */
  #action: string | null = null;

  /** The same words are the same text in memory. */
  waitFor(wait: Words): void {
    const { action, subject } = wait;
    if (action === undefined || subject === undefined) this.#say(wordsOf(wait));
    else if (subject !== this.#subject || action !== this.#action) {
      this.words = this.#known(subject, action) ?? this.#learn(action, wordsOf(wait));
      this.#action = action;
    }
  }

  #say(words: string): void {
    this.#action = null;
    if (words !== this.words) this.words = words;
  }

  #known(subject: object, action: string): string | undefined {
    if (subject === this.#subject) return this.#said!.get(action);
    this.#subject = subject;
    if (this.#said === null) this.#said = new Map();
    else this.#said.clear();
    return undefined;
  }

  #learn(action: string, words: string): string {
    if (this.#said!.size >= MOST_SAID) this.#said!.clear();
    this.#said!.set(action, words);
    return words;
  }

  /** Its fiber has ended: events keep the track, and it keeps nothing. */
  over(): void {
    this.phase = Phase.Ended;
    this.#said = this.#subject = this.by = null;
  }
}
