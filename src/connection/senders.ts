/** Those that wait until a stream takes what they send. */
import { type Wait, WaitList } from "../../reactor/index.js";

/** What stands among them and nobody waits for: it does something itself when its turn comes, instead of being woken. */
export interface Standing {
  /** It is first now, and there is room, or the stream is being closed. Whether it has left the queue, so that the next one may. */
  turn(): boolean;
  /** The stream is being closed. */
  closing(): void;
}

export class Senders extends WaitList {
  /** Bytes of the messages in it whose senders were halted. */
  leftBehind = 0;

  /** There is room for the first. Whether it has left the queue. */
  turn(): boolean {
    const { first } = this;
    if (first === null) return false;
    if (stands(first)) return first.turn();
    first.enqueue();
    return false;
  }

  /** The stream is being closed: all learn of it. Some may leave while they are told. */
  closing(): void {
    for (const sender of [...this]) {
      if (stands(sender)) sender.closing();
      else sender.wake();
    }
  }
}

function stands(sender: Wait<unknown>): sender is Wait<unknown> & Standing {
  return (sender as Partial<Standing>).turn !== undefined;
}
