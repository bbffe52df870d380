/** The send window: the receiver's room, as far as the sender knows of it. (RFC 9293, 3.8.6) */
export class Window {
  /** Bytes that were sent, and for which no window update has come. */
  private used = 0;
  /** Window updates on their way to the sender. */
  private readonly updates: { at: number; bytes: number }[] = [];

  constructor(private readonly size: number) {}

  take(bytes: number): void {
    this.used += bytes;
  }

  /** The receiver has room for so many again; the sender learns of it at a time. */
  give(bytes: number, at: number): void {
    if (bytes > 0) this.updates.push({ at, bytes });
  }

  /** Bytes that may be sent now. */
  left(now: number): number {
    while (this.updates.length > 0 && this.updates[0]!.at <= now)
      this.used -= this.updates.shift()!.bytes;
    return this.size - this.used;
  }

  /** When there will be more; undefined: not before the receiver takes something. */
  get next(): number | undefined {
    return this.updates[0]?.at;
  }
}
