/** The queue of those that wait until a stream takes what they send. */
import { WaitList } from "../../reactor/index.js";

/** Who waits in the stream's queue of senders. */
export interface Sender {
  /** It is first now, and there is room, or the stream is being closed. Whether it has left the queue, so that the next one may. */
  turn(): boolean;
  /** The stream is being closed. */
  closing(): void;
}

export class Senders extends WaitList {
  /** Bytes of the messages in it whose senders were halted. */
  leftBehind = 0;
}
