/** What is asked of a worker again and again: its status, its fibers. */

/**
 * Questions to one worker, of one kind: one is under way. Who asks meanwhile is told what the next one brings: an answer that was on its way
 * when he asked might not know of what he has done before. So a worker that does not answer is asked once, however often somebody wants to know.
 */
export class Inquiry {
  /** How often it was asked, at the last question to the worker, and before the last answer. */
  private asked = 0;
  private said = 0;
  private over = 0;
  private latest: unknown = undefined;
  /** Who waits for an answer. */
  private waiting = 0;

  /** @param say asks the worker */
  constructor(private readonly say: () => void) {}

  /** Gives its number. Whoever asks says when he does not care any more: {@link leave}. */
  ask(): number {
    this.waiting++;
    this.asked++;
    if (this.said === this.over) this.next();
    return this.asked;
  }

  private next(): void {
    this.said = this.asked;
    this.say();
  }

  /** Whether a question has its answer. */
  knows(number: number): boolean {
    return this.over >= number;
  }

  /** Undefined: it has none. */
  answer(number: number): unknown {
    return this.knows(number) ? this.latest : undefined;
  }

  /** The worker has answered. */
  answered(value: unknown): void {
    this.over = this.said;
    this.latest = this.waiting > 0 ? value : undefined;
    if (this.asked > this.over && this.waiting > 0) this.next();
  }

  /** An answer may be large: nobody keeps it. */
  leave(): void {
    if (--this.waiting === 0) this.latest = undefined;
  }
}
