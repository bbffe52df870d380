/** Messages of the program between two processes, with a bound: who sends more than the other one receives waits. */
import {
  PENDING,
  type Pending,
  QueuedWait,
  type Sent,
  shown,
  WaitList,
  type Yieldable,
} from "../../reactor/index.js";

/** How many messages may be under way, or wait there to be received. */
export const WINDOW = 1000;

type Envelope = { cosocket: "message"; value: unknown } | { cosocket: "received"; count: number };

/** One end. */
export class Mail {
  private readonly senders = new WaitList();
  private unsaid = 0;
  private over = false;

  /** @param peer who gets what is sent, in words */
  constructor(
    readonly peer: string,
    private readonly post: (envelope: Envelope) => void,
    /** How many it can take. */
    private room: number,
  ) {}

  send(value: unknown): Yieldable<Sent> {
    return new Sending(this, value, this.senders);
  }

  /** The program here has received one. */
  received(): void {
    // Not for each: that would be as many messages again.
    if (++this.unsaid < WINDOW / 2) return;
    this.post({ cosocket: "received", count: this.unsaid });
    this.unsaid = 0;
  }

  /** The other one has received so many more. */
  admit(count: number): void {
    this.room += count;
    this.senders.wakeAll();
  }

  close(): void {
    this.over = true;
    this.senders.wakeAll();
  }

  put(value: unknown, first: boolean): Sent | Pending {
    if (this.over) return [undefined, "closed", undefined];
    if (!first || this.room === 0) return PENDING;
    try {
      this.post({ cosocket: "message", value });
    } catch (error) {
      throw new TypeError(`send takes what can be cloned (structuredClone), not ${shown(value)}`, {
        cause: error,
      });
    }
    this.room--;
    return [true];
  }
}

class Sending extends QueuedWait<Sent> {
  constructor(
    private readonly mail: Mail,
    private readonly value: unknown,
    senders: WaitList,
  ) {
    super(senders, Infinity);
  }
  get description(): string {
    return `send to ${this.mail.peer}`;
  }
  protected acquire(first: boolean): Sent | Pending {
    return this.mail.put(this.value, first);
  }
}
