/**
 * What the workers tell somebody who looks at their primary process: each is looked at as he would look at it himself, and what it tells is passed on, with
 * its number. So whoever is slow is told less often by each of them, nothing is kept here, and nobody is asked while nobody looks.
 */
import type { ServerResponse } from "node:http";
import { open, unless, workersNow } from "./workers.js";

const END = Buffer.from("\n\n");

export class Relay {
  private readonly followed = new Map<number, AbortController>();

  constructor(private readonly response: ServerResponse) {
    // Each worker that waits until it has drained listens.
    response.setMaxListeners(0);
  }

  /** Follow those that have come, and nobody else who has gone. */
  look(): void {
    const live = new Set(workersNow().map(({ id }) => id));
    for (const [id, controller] of this.followed) if (!live.has(id)) controller.abort();
    for (const id of live) if (!this.followed.has(id)) void this.follow(id);
  }

  close(): void {
    for (const controller of this.followed.values()) controller.abort();
  }

  /** As long as it tells something. Who cannot be reached is tried again at the next look. */
  private async follow(id: number): Promise<void> {
    const controller = new AbortController();
    this.followed.set(id, controller);
    const { signal } = controller;
    try {
      const response = await open(id, "/events", signal);
      if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
      for await (const event of eventsOf(response as AsyncIterable<Buffer>))
        await this.pass(id, event, signal);
    } catch {
      // It has ended, or there is no way to it: `problem` says why.
    } finally {
      controller.abort();
      this.followed.delete(id);
    }
  }

  private async pass(id: number, event: Buffer, signal: AbortSignal): Promise<void> {
    const { response } = this;
    const at = event.indexOf("{") + 1;
    response.cork();
    response.write(event.subarray(0, at));
    response.write(`"worker":${id},`);
    const room = response.write(event.subarray(at));
    response.uncork();
    // Meanwhile it is read no further, and tells less.
    if (!room) await unless(signal, new Promise((resolve) => response.once("drain", resolve)));
  }
}

/** Whole events, with what ends them. */
async function* eventsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  for await (const chunk of chunks) {
    parts.push(chunk);
    // What ends one may be in two chunks. Otherwise what was there before need not be looked at again: it may be megabytes.
    const seam = parts.length > 1 && parts.at(-2)!.at(-1) === END[0] && chunk[0] === END[0];
    if (!seam && !chunk.includes(END)) continue;
    let text = Buffer.concat(parts);
    for (let end = text.indexOf(END); end >= 0; end = text.indexOf(END)) {
      yield text.subarray(0, end + END.length);
      text = text.subarray(end + END.length);
    }
    parts = text.length > 0 ? [text] : [];
  }
}
