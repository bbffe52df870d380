/** Text that is put together from pieces which are bytes already, and from numbers: several times as fast as strings, of which there would be a few for each event. */
export class Bytes {
  #buffer = Buffer.allocUnsafe(1 << 16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    this.#makeRoom(piece.length);
    this.#buffer.set(piece, this.#length);
    this.#length += piece.length;
  }

  text(text: string): void {
    this.add(Buffer.from(text));
  }

  /** Nanoseconds as microseconds. */
  microseconds(nanoseconds: number): void {
    this.#makeRoom(24);
    const whole = Math.floor(nanoseconds / 1000);
    this.#whole(whole);
    const rest = nanoseconds - whole * 1000;
    if (rest === 0) return;
    const buffer = this.#buffer;
    buffer[this.#length++] = POINT;
    buffer[this.#length++] = ZERO + Math.floor(rest / 100);
    buffer[this.#length++] = ZERO + (Math.floor(rest / 10) % 10);
    buffer[this.#length++] = ZERO + (rest % 10);
  }

  #whole(number: number): void {
    let digits = 1;
    for (let bound = 10; number >= bound; bound *= 10) digits++;
    let rest = number;
    for (let i = this.#length + digits - 1; i >= this.#length; i--) {
      const tenth = Math.floor(rest / 10);
      this.#buffer[i] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.#length += digits;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }

  /** What there is, until more is added; it is empty afterwards. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }
}

const POINT = ".".charCodeAt(0);
const ZERO = "0".charCodeAt(0);
