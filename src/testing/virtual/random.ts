/** node:crypto's random values, by the seed: identifiers and keys are then the same in every run of it. */
import crypto, { type webcrypto } from "node:crypto";
import type { Draw } from "../seeded-random.js";

type Done<T> = (error: null, value: T) => void;
type View = NodeJS.ArrayBufferView;

/** 48 bits: node:crypto's, too. */
const MOST = 2 ** 48;

// The real ones look at what they are given first: what Node refuses is refused here.
const { randomBytes, randomFillSync, randomInt, randomUUID } = crypto;
const { getRandomValues } = globalThis.crypto;
const web = globalThis.crypto;

export class VirtualRandom {
  /** @param later calls what is to be called when the others have run */
  constructor(
    private readonly draw: Draw,
    private readonly later: (callback: () => void) => void,
  ) {}

  private fill<V extends View>(view: V, offset = 0, size?: number): V {
    const { BYTES_PER_ELEMENT: each = 1 } = view as { BYTES_PER_ELEMENT?: number };
    const bytes = bytesOf(view);
    const start = offset * each;
    const end = size === undefined ? bytes.length : start + size * each;
    for (let i = start; i < end; i++) bytes[i] = this.draw.below(256);
    return view;
  }

  private answer<T>(value: T, done: Done<T> | undefined): T | void {
    if (done === undefined) return value;
    this.later(() => done(null, value));
  }

  /** Of node:crypto. */
  functions(): Record<string, unknown> {
    const fillSync = (view: View, offset?: number, size?: number): View => {
      randomFillSync(view, offset, size);
      return this.fill(view, offset, size);
    };
    const randomFill = (view: View, ...rest: unknown[]): void => {
      const done = callbackOf("randomFill", rest.pop()) as Done<View>;
      this.answer(fillSync(view, ...(rest as number[])), done);
    };
    const bytes = (size: number, done?: Done<Buffer>): Buffer | void => {
      const buffer = this.fill(randomBytes(size));
      return this.answer(buffer, done === undefined ? done : callbackOf("randomBytes", done));
    };
    return {
      randomBytes: bytes,
      pseudoRandomBytes: bytes,
      randomFillSync: fillSync,
      randomFill,
      randomInt: (...args: unknown[]) => this.int(args),
      randomUUID: (options?: Parameters<typeof randomUUID>[0]) => {
        randomUUID(options);
        return this.uuid();
      },
    };
  }

  /** Of the global crypto. */
  web(): Pick<webcrypto.Crypto, "getRandomValues" | "randomUUID"> {
    return {
      getRandomValues: (view) => {
        getRandomValues.call(web, view as never);
        return this.fill(view as View) as typeof view;
      },
      randomUUID: () => this.uuid(),
    };
  }

  /** (max), (min, max), and both with a callback. */
  private int(args: unknown[]): number | void {
    const last = args.at(-1);
    const done = typeof last === "function" ? (last as Done<number>) : undefined;
    const bounds = done === undefined ? args : args.slice(0, -1);
    (randomInt as (...args: unknown[]) => number)(...bounds);
    const [low, high] = (bounds.length === 1 ? [0, bounds[0]] : bounds) as [number, number];
    return this.answer(low + this.draw.below(Math.min(high - low, MOST)), done);
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

function bytesOf(view: View | ArrayBuffer): Uint8Array {
  return view instanceof ArrayBuffer
    ? new Uint8Array(view)
    : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function callbackOf<T>(name: string, done: T): T {
  if (typeof done === "function") return done;
  throw Object.assign(new TypeError(`${name}: the callback must be a function`), {
    code: "ERR_INVALID_ARG_TYPE",
  });
}
