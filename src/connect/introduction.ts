/** The header of the PROXY protocol that a connection begins with. */
import type { Operation } from "effection";
import { type Connection, Send } from "../connection/index.js";
import { type Failure, type Result, withoutPartial } from "../object/index.js";
import type { Transport } from "../network/index.js";

export class Introduction {
  private transport: Transport | null = null;

  /** @param header undefined: none */
  constructor(readonly header: Buffer | undefined) {}

  /** Whether the connection has begun: others may have waited for the same attempt. */
  isOf({ transport }: Connection): boolean {
    return this.transport === transport;
  }

  /** Begin it. Null: it has; otherwise why not. @param reused it has begun long ago */
  *begin({ transport, writing }: Connection, reused: boolean): Operation<Failure | null> {
    this.transport = transport;
    if (this.header === undefined || reused) return null;
    const sending: Operation<Result<number, number>> = new Send(
      writing,
      this.header,
      undefined,
      undefined,
    );
    const sent = yield* sending;
    return sent[1] === undefined ? null : withoutPartial(sent);
  }
}
