/** How much a sender may have under way: the receiver's room, as far as the sender has heard of it. */
export class Window {
  /** Bytes that were sent, and of which the sender has not heard that there is room for others. */
  private used = 0;
  /** Room that the sender will hear of. */
  private readonly news: { at: number; bytes: number }[] = [];

  constructor(private readonly size: number) {}

  take(bytes: number): void {
    this.used += bytes;
  }

  /** The receiver has room for so many again; the sender hears of it at a time. */
  give(bytes: number, at: number): void {
    if (bytes > 0) this.news.push({ at, bytes });
  }

  /** Bytes that may be sent now. */
  left(now: number): number {
    while (this.news.length > 0 && this.news[0]!.at <= now) this.used -= this.news.shift()!.bytes;
    return this.size - this.used;
  }

  /** When there will be more; undefined: not before the receiver takes something. */
  get next(): number | undefined {
    return this.news[0]?.at;
  }
}
