/**
 * Random numbers that can be replayed: each decision depends on the seed and on what it is about, and on nothing else. So a fault that
 * is left out changes no other decision, and a failing run can be made smaller fault by fault.
 *
 * Only integers and exact fractions: the same on every machine and every version of Node.
 */
export class SeededRandom {
  private readonly start: number;

  constructor(readonly seed: number) {
    this.start = scramble(seed >>> 0) ^ scramble(Math.floor(seed / 2 ** 32) + 0x9e3779b9);
  }

  /** The numbers for one decision, named by `what`. */
  draw(what: string): Draw {
    // FNV-1a
    let hash = this.start ^ 0x811c9dc5;
    for (let i = 0; i < what.length; i++) hash = Math.imul(hash ^ what.charCodeAt(i), 0x01000193);
    return new Draw(scramble(hash));
  }
}

/** The random numbers of one decision. (mulberry32) */
export class Draw {
  constructor(private state: number) {}

  /** From 0 up to 1, which it never is. */
  fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.fraction() * count);
  }

  between(low: number, high: number): number {
    return low + this.fraction() * (high - low);
  }
}

/** The end of MurmurHash3. */
function scramble(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
