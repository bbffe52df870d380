/** What both directions of a UDP object are: those who wait, under the timeouts of the object. */
import { Deadline, WaitList } from "../../reactor/index.js";
import type { Direction, Timeouts } from "../object/index.js";

export abstract class Side implements Direction {
  readonly waiters = new WaitList();
  readonly deadline = new Deadline(false);

  abstract readonly kind: "read" | "write";
  abstract readonly timeout: number;
  abstract readonly timeouts: Timeouts;
  abstract readonly of: object;
}
