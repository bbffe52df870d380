/** Messages of the program between two processes, with a bound: who sends more than the other one receives waits. */
import { deserialize, serialize } from "node:v8";
import {
  PENDING,
  type Pending,
  QueuedWait,
  type Sent,
  shown,
  WaitList,
  type Yieldable,
} from "../../reactor/index.js";

/** Messages, and their bytes. */
interface Amount {
  readonly count: number;
  readonly bytes: number;
}

/** How much may be under way, or wait there to be received: less than that, and one message more. */
export const WINDOW: Amount = { count: 1000, bytes: 16 * 1024 * 1024 };

type Envelope = { cosocket: "message"; value: Uint8Array } | ({ cosocket: "received" } & Amount);

/** A message that has come, until the program receives it. */
export interface Arrived {
  readonly message: unknown;
  readonly bytes: number;
}

export function arrived(value: Uint8Array): Arrived {
  return { message: deserialize(value), bytes: value.length };
}

/** One end. */
export class Mail {
  private readonly senders = new WaitList();
  private unsaid = { count: 0, bytes: 0 };
  private room = { count: 0, bytes: 0 };
  private over = false;

  /** @param peer who gets what is sent, in words */
  constructor(
    readonly peer: string,
    private readonly post: (envelope: Envelope) => void,
  ) {}

  send(value: unknown): Yieldable<Sent> {
    return new Sending(this, value, this.senders);
  }

  /** The program here has received one. */
  received({ bytes }: Arrived): void {
    const { unsaid } = this;
    unsaid.count++;
    unsaid.bytes += bytes;
    // Not for each: that would be as many messages again.
    if (unsaid.count < WINDOW.count / 2 && unsaid.bytes < WINDOW.bytes / 2) return;
    this.post({ cosocket: "received", ...unsaid });
    this.unsaid = { count: 0, bytes: 0 };
  }

  /** The other one can take so much more. */
  admit({ count, bytes }: Amount): void {
    this.room.count += count;
    this.room.bytes += bytes;
    this.senders.wakeAll();
  }

  close(): void {
    this.over = true;
    this.senders.wakeAll();
  }

  put(value: unknown, first: boolean): Sent | Pending {
    if (this.over) return [undefined, "closed", undefined];
    const { room } = this;
    // One that is larger than all the room goes when there is any: the other one may be waiting for it.
    if (!first || room.count <= 0 || room.bytes <= 0) return PENDING;
    const bytes = serialized(value);
    this.post({ cosocket: "message", value: bytes });
    room.count--;
    room.bytes -= bytes.length;
    return [true];
  }
}

function serialized(value: unknown): Uint8Array {
  try {
    return serialize(value);
  } catch (error) {
    throw new TypeError(`send takes what can be cloned (structuredClone), not ${shown(value)}`, {
      cause: error,
    });
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
