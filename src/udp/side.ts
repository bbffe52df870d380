/** One direction of a UDP object: its timeout, and those who wait in it. */
import { Deadline, WaitList } from "../../reactor/index.js";
import type { Direction, Timeouts } from "../object/index.js";

export class Side implements Direction {
  readonly waiters = new WaitList();
  readonly deadline = new Deadline(false);

  constructor(
    readonly kind: "read" | "write",
    private readonly socket: { readonly timeouts: Timeouts },
  ) {}

  get timeouts(): Timeouts {
    return this.socket.timeouts;
  }
  get timeout(): number {
    return this.kind === "read" ? this.timeouts.receive : this.timeouts.send;
  }
}
