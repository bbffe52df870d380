/** A stream whose transport is the test itself: what arrives, and when, is said by hand. */
import type { Duplex } from "node:stream";
import type { Chunk, Endpoint, Link, Wire } from "../../src/network/index.js";
import { opened, type Stream } from "../../src/stream/stream.js";

export class FedWire implements Wire {
  readonly farewell = false;
  readonly tls = null;
  readonly writable = true;
  link: Link | null = null;
  /** Whether the link wants more. */
  reading = true;

  attach(link: Link): void {
    this.link = link;
  }
  feed(chunk: Buffer): void {
    this.reading = this.link!.arrived(chunk);
  }
  end(error?: Error): void {
    this.link?.ended(error);
  }
  read(): void {
    this.reading = true;
  }
  write(chunk: Chunk["chunk"]): void;
  write(): void {
    queueMicrotask(() => this.link?.wrote(null));
  }
  writev(): void {
    this.write("");
  }
  unsent(): number {
    return 0;
  }
  finish(): void {
    queueMicrotask(() => this.link?.finished());
  }
  destroy(): void {
    this.link = null;
  }
  reset(): void {
    this.link = null;
  }
  hold(): void {}
  setNoDelay(): void {}
  setKeepAlive(): void {}
  local(): Endpoint | undefined {
    return undefined;
  }
  peer(): Endpoint | undefined {
    return undefined;
  }
  fd(): number {
    return -1;
  }
  release(): Duplex {
    throw new Error("a fed stream has no Duplex");
  }
}

export function fedStream(): [stream: Stream, wire: FedWire] {
  const wire = new FedWire();
  return [opened(wire, "fed by hand"), wire];
}
