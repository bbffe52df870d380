import * as net from "node:net";
import { run, type Operation } from "effection";
import { expect } from "chai";
import { fibers, status } from "cosocket";
import { reactor } from "cosocket/reactor";
import { uncounted } from "./assertions.js";

/** Seconds of a wait that is itself what a test is about. Nothing may be taken for done, or not done, after it: that is what `settle` and `until` are for. */
export const A_MOMENT = 0.001;

/** What keeps the process alive. (Not name look-ups under way: Node cannot call them off.) */
function handles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /^TCP|^UDP|^Pipe|Timeout/.test(name));
}

/** Wait until `condition` holds, one turn of Node's loop after the other; mocha's timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Run a test as an Effection task, and see to it that nothing is left of it. */
export async function check(test: () => Operation<void>): Promise<void> {
  // Mocha arms its own timer once the test has been called.
  await new Promise((resolve) => setImmediate(resolve));
  const before = handles().sort();
  await run(test);
  await nothingLeft(before);
}

/** No fiber, deadline, timer or handle. */
export async function nothingLeft(before: string[]): Promise<void> {
  const running = fibers().map(({ name, state, waitsFor }) => `${name} ${state} ${waitsFor}`);
  uncounted(() => {
    expect(running).to.deep.equal([]);
    expect(reactor.live).to.equal(0);
  });
  // Handles that were closed are gone a few turns later; so is what TLS says at the end.
  const gone = (): boolean => added(before).length === 0 && status().timeout === 0;
  for (let turn = 0; turn === 0 || (turn < 100 && !gone()); turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  uncounted(() => {
    expect(status().timeout).to.equal(0);
    expect(reactor.ready).to.equal(0);
    expect(added(before)).to.deep.equal([]);
  });
}

/** Handles that were not there before; one that was may have gone meanwhile. */
function added(before: string[]): string[] {
  const left = handles().sort();
  for (const name of before) {
    const index = left.indexOf(name);
    if (index >= 0) left.splice(index, 1);
  }
  return left;
}

/** A plain node:net peer, for tests that look at bytes or misbehave. */
export class RawPeer {
  received = Buffer.alloc(0);
  ended = false;
  closed = false;
  error: NodeJS.ErrnoException | undefined;
  constructor(readonly socket: net.Socket) {
    socket.on("data", (chunk) => (this.received = Buffer.concat([this.received, chunk])));
    socket.on("end", () => (this.ended = true));
    socket.on("close", () => (this.closed = true));
    socket.on("error", (error) => (this.error = error));
  }
  static connect(port: number, host = "127.0.0.1"): RawPeer {
    return new RawPeer(net.connect({ port, host, allowHalfOpen: true }));
  }
}
