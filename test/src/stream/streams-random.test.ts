/**
 * duplex() and webstreams(), driven at random on both ends: what one has read is always a beginning of what the other has written, and
 * all of it if neither was broken off. More by hand: COSOCKET_RUNS=1000; COSOCKET_SEED begins with another.
 */
import type { Socket } from "node:net";
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { sleep, type WebStreams } from "cosocket";
import { eachSeed, runs } from "../../support/counts.js";
import { until } from "../../support/pairs.js";
import { type AnyStream, transports } from "../../support/transports.js";

const RUNS = runs(4);

/** Whole numbers below `n`, from a seed. (mulberry32) */
function dice(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** Bytes that tell where in the stream they stand. */
function bytesFrom(position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let i = 0; i < length; i++) bytes[i] = (position + i) * 31 + ((position + i) >> 8);
  return bytes;
}

/** One end of the connection, whatever it was given as. */
abstract class End {
  /** Bytes that were written on it, and read from it. */
  written = 0;
  read: Buffer[] = [];
  ended = false;
  broken = false;

  write(length: number): void {
    if (this.ended || this.broken) return;
    this.put(bytesFrom(this.written, length));
    this.written += length;
  }
  end(): void {
    if (!this.ended && !this.broken) this.finish();
    this.ended = true;
  }
  break(): void {
    this.broken = true;
    this.destroy();
  }
  protected abstract put(bytes: Buffer): void;
  protected abstract finish(): void;
  abstract destroy(): void;
  abstract pause(on: boolean): void;
  abstract readonly over: boolean;
}

class NodeEnd extends End {
  constructor(private readonly stream: Socket) {
    super();
    stream.on("data", (bytes: Buffer) => this.read.push(bytes));
  }
  protected put(bytes: Buffer): void {
    if (this.stream.writable) this.stream.write(bytes);
  }
  protected finish(): void {
    this.stream.end();
  }
  destroy(): void {
    this.stream.destroy();
  }
  pause(on: boolean): void {
    if (on) this.stream.pause();
    else this.stream.resume();
  }
  get over(): boolean {
    return this.stream.closed;
  }
}

class WebEnd extends End {
  private readonly writer;
  private reading = true;
  private writing = true;
  private paused = false;
  private resume = (): void => {};

  constructor({ readable, writable }: WebStreams) {
    super();
    this.writer = writable.getWriter();
    this.writer.closed.catch(() => {}).finally(() => (this.writing = false));
    void this.readAll(readable).finally(() => (this.reading = false));
  }
  private async readAll(readable: WebStreams["readable"]): Promise<void> {
    const reader = readable.getReader();
    for (;;) {
      while (this.paused) await new Promise<void>((resolve) => (this.resume = resolve));
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (done) return;
      this.read.push(Buffer.from(value!));
    }
  }
  protected put(bytes: Buffer): void {
    this.writer.write(bytes).catch(() => {});
  }
  protected finish(): void {
    this.writer.close().catch(() => {});
  }
  destroy(): void {
    this.writer.abort(new Error("broken off")).catch(() => {});
  }
  pause(on: boolean): void {
    this.paused = on;
    if (!on) this.resume();
  }
  get over(): boolean {
    return !this.reading && !this.writing;
  }
}

/** Some is sent before it is given away, and not received. */
function* given(object: AnyStream, random: (n: number) => number): Operation<End> {
  const before = random(2) * random(5000);
  if (before > 0) yield* object.send(bytesFrom(0, before));
  if (random(2) === 0) yield* sleep(0);
  const end =
    random(2) === 0
      ? new NodeEnd(object.duplex({ allowHalfOpen: true }))
      : new WebEnd(object.webstreams());
  end.written = before;
  yield* ensure(() => end.destroy());
  return end;
}

function isBeginning({ read }: End, { written }: End): void {
  const all = Buffer.concat(read);
  expect(all.length).to.be.at.most(written);
  expect(all.equals(bytesFrom(0, all.length))).to.equal(true);
}

function* program(pair: () => Operation<[AnyStream, AnyStream]>, seed: number): Operation<void> {
  const random = dice(seed);
  const [client, served] = yield* pair();
  const ends = [yield* given(client, random), yield* given(served, random)] as const;
  for (let step = 0; step < 12; step++) {
    const end = ends[random(2)]!;
    const kind = random(20);
    if (kind < 9) end.write(1 + random(random(3) === 0 ? 150_000 : 300));
    else if (kind < 13) end.pause(random(2) === 0);
    else if (kind === 13) end.end();
    else if (kind === 14 && random(4) === 0) end.break();
    else yield* sleep(0);
    isBeginning(ends[0], ends[1]);
    isBeginning(ends[1], ends[0]);
  }
  for (const end of ends) {
    end.pause(false);
    end.end();
  }
  yield* until(() => ends.every(({ over }) => over));
  isBeginning(ends[0], ends[1]);
  isBeginning(ends[1], ends[0]);
  if (ends.some(({ broken }) => broken)) return;
  for (const [to, from] of [ends, [ends[1], ends[0]]] as const)
    expect(Buffer.concat(to.read).length, "all of it").to.equal(from.written);
}

for (const { name, check, pair } of transports) {
  it(`streams over ${name}, driven at random, carry what was written and nothing else`, async function () {
    this.timeout(10_000 + RUNS * 1000);
    await eachSeed(RUNS, (seed) => check(() => program(pair, seed)));
  });
}
