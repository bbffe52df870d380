/** node:crypto's random values, by the seed: identifiers and keys are then the same in every run of it. */
import type { webcrypto } from "node:crypto";
import type { Roll } from "../dice.js";

type Done<T> = (error: null, value: T) => void;
type View = NodeJS.ArrayBufferView;

/** 48 bits: node:crypto's, too. */
const MOST = 2 ** 48;

export class VirtualRandom {
  /** @param later calls what is to be called when the others have run */
  constructor(
    private readonly roll: Roll,
    private readonly later: (callback: () => void) => void,
  ) {}

  private fill<V extends View>(view: V, offset = 0, size?: number): V {
    const { BYTES_PER_ELEMENT: each = 1 } = view as { BYTES_PER_ELEMENT?: number };
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const start = offset * each;
    const end = size === undefined ? bytes.length : start + size * each;
    if (!(start >= 0 && start <= end && end <= bytes.length))
      throw new RangeError(`offset ${offset} and size ${size} do not fit ${bytes.length} bytes`);
    for (let i = start; i < end; i++) bytes[i] = this.roll.below(256);
    return view;
  }

  private answer<T>(value: T, done: Done<T> | undefined): T | void {
    if (done === undefined) return value;
    this.later(() => done(null, value));
  }

  /** Of node:crypto. */
  functions(): Record<string, unknown> {
    const randomFill = (view: View, ...rest: (number | Done<View>)[]): void => {
      const done = rest.pop() as Done<View>;
      this.answer(this.fill(view, ...(rest as number[])), done);
    };
    return {
      randomBytes: (size: number, done?: Done<Buffer>) =>
        this.answer(this.fill(Buffer.alloc(size)), done),
      randomFillSync: (view: View, offset?: number, size?: number) => this.fill(view, offset, size),
      randomFill,
      randomInt: (...args: (number | Done<number>)[]) => this.int(args),
      randomUUID: () => this.uuid(),
    };
  }

  /** Of the global crypto. */
  web(): Pick<webcrypto.Crypto, "getRandomValues" | "randomUUID"> {
    return {
      getRandomValues: (view) => this.fill(view as View) as typeof view,
      randomUUID: () => this.uuid(),
    };
  }

  /** (max), (min, max), and both with a callback. */
  private int(args: (number | Done<number>)[]): number | void {
    const numbers = args.filter((value) => typeof value === "number");
    const done = args.find((value) => typeof value === "function");
    const [low, high] = numbers.length === 1 ? [0, numbers[0]!] : (numbers as [number, number]);
    if (!(Number.isSafeInteger(low) && Number.isSafeInteger(high) && low < high))
      throw new RangeError(`crypto.randomInt: from ${low} up to ${high} there is no whole number`);
    return this.answer(low + this.roll.below(Math.min(high - low, MOST)), done);
  }

  /** Version 4. (RFC 9562) */
  private uuid(): ReturnType<webcrypto.Crypto["randomUUID"]> {
    const bytes = this.fill(Buffer.alloc(16));
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = bytes.toString("hex");
    const parts = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(hex)!.slice(1);
    return parts.join("-") as ReturnType<webcrypto.Crypto["randomUUID"]>;
  }
}
