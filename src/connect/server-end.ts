/** Waiting until the server that a connection came from accepts no more: what a handler may end by, before it is halted. */
import { PENDING, type Pending, Wait, WaitList } from "../../reactor/index.js";
import { fail, type Result } from "../object/index.js";
import type { Endpoint } from "./endpoint.js";

/** `closing`. One that nobody has accepted has no server, and waits until it is closed itself. */
export class ServerEnd extends Wait<Result<1>> {
  readonly kind = "inactive";
  private readonly tell = (): void => this.wake();

  constructor(private readonly client: Endpoint) {
    super();
  }
  get description(): string {
    return `the end of the server of ${String(this.client.connection)}`;
  }
  protected attempt(): Result<1> | Pending {
    // What was given away goes on, and its server is still its server.
    const { givenAway } = this.client.connection;
    if (this.client.closed && givenAway === null) return fail("closed");
    return this.client.origin?.over === true ? [1] : PENDING;
  }
  protected enlist(): void {
    (this.client.endWaiters ??= new WaitList()).add(this);
    this.client.origin?.ending.add(this.tell);
  }
  protected leave(): void {
    this.client.endWaiters!.delete(this);
    this.client.origin?.ending.delete(this.tell);
  }
}
