/** A stream whose transport is the test itself: what arrives, and when, is said by hand. */
import type { Duplex } from "node:stream";
import type { Chunk, Endpoint, Protocol, Transport } from "../../src/network/index.js";
import { opened, type Stream } from "../../src/stream/stream.js";

export class FedTransport implements Transport {
  needsFin = false;
  readonly tls = null;
  readonly writable = true;
  protocol: Protocol | null = null;
  /** Whether the protocol wants more. */
  reading = true;

  attach(protocol: Protocol): void {
    this.protocol = protocol;
  }
  feed(chunk: Buffer): void {
    this.reading = this.protocol!.arrived(chunk);
  }
  end(error?: Error): void {
    this.protocol?.ended(error);
  }
  read(): void {
    this.reading = true;
  }
  write(chunk: Chunk["chunk"]): void;
  write(): void {
    queueMicrotask(() => this.protocol?.wrote(null));
  }
  writev(): void {
    this.write("");
  }
  unsent(): number {
    return 0;
  }
  finish(): void {
    queueMicrotask(() => this.protocol?.finished());
  }
  destroy(): void {
    this.protocol = null;
  }
  reset(): void {
    this.protocol = null;
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
  duplex(): never {
    throw new Error("a fed stream has no Duplex");
  }
}

export function fedStream(): [stream: Stream, transport: FedTransport] {
  const transport = new FedTransport();
  return [opened(transport, "fed by hand"), transport];
}
