/**
 * What has been sent on a stream and is not in the kernel yet.
 *
 * Everything sent during a turn is gathered and leaves as one write when the turn ends. Only one write is under way at a
 * time, so what "sent" means is exact, and two messages never mix.
 */
import { reactor, type Flushable } from "../../reactor/index.js";
import type { Chunk, Transport } from "../network/index.js";
import type { Encoding } from "../object/index.js";

/** Bytes that `send` takes before it waits for the peer. */
export const OUTPUT_BOUND = 64 * 1024;
/** Output below this is room enough to wake a sender. */
export const SEND_AGAIN = OUTPUT_BOUND / 2;

/** Told when the kernel has taken something. */
export interface OutputOwner {
  readonly transport: Transport | null;
  /** There is room again. */
  drained(): void;
}

export class Output implements Flushable {
  /** Bytes taken and not in the kernel yet. */
  queued = 0;
  /** Bytes of the write that is under way; 0 when there is none. */
  private writing = 0;
  private text = "";
  private encoding: Encoding = "latin1";
  /** How many of the bytes of `text` were sent as Latin-1, and so may be no ASCII. */
  private latin1Bytes = 0;
  private chunks: Chunk[] | null = null;
  private dirty = false;

  constructor(private readonly owner: OutputOwner) {}

  /** Take a string whose length in bytes is known. Plain ASCII is the same in both encodings. */
  addText(text: string, encoding: Encoding, bytes: number): void {
    const plain = bytes === text.length ? "latin1" : encoding;
    // Half a surrogate pair at the end of one message and half at the start of the next are no character.
    if (plain === "utf8" && isLowSurrogate(text.charCodeAt(0))) this.closeText();
    if (this.text === "") this.encoding = plain;
    else if (this.encoding !== plain) {
      // ASCII before or after UTF-8 is UTF-8, too; Latin-1 beside UTF-8 is not.
      if (encoding === "utf8" && this.latin1Bytes === 0) this.encoding = "utf8";
      else {
        this.closeText();
        this.encoding = plain;
      }
    }
    if (encoding === "latin1") this.latin1Bytes += bytes;
    this.text += text;
    this.added(bytes);
  }

  /** Take bytes. They must be the stream's own: the sender may use its buffer again. */
  addBytes(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.closeText();
    (this.chunks ??= []).push({ chunk: bytes, encoding: "buffer" });
    this.added(bytes.length);
  }

  private added(bytes: number): void {
    this.queued += bytes;
    if (!this.dirty && this.writing === 0) {
      this.dirty = true;
      reactor.flushLater(this);
    }
  }

  private closeText(): void {
    if (this.text === "") return;
    (this.chunks ??= []).push({ chunk: this.text, encoding: this.encoding });
    this.text = "";
    this.latin1Bytes = 0;
  }

  /** Hand everything to the kernel, unless a write is under way: then its end does it. */
  flush(): void {
    this.dirty = false;
    const { transport } = this.owner;
    if (this.writing > 0 || this.queued === 0 || transport === null) return;
    this.writing = this.queued;
    if (this.chunks === null) {
      const { text, encoding } = this;
      this.text = "";
      this.latin1Bytes = 0;
      transport.write(text, encoding);
      return;
    }
    this.closeText();
    const { chunks } = this;
    this.chunks = null;
    if (chunks.length === 1) transport.write(chunks[0]!.chunk, chunks[0]!.encoding);
    else transport.writev(chunks);
  }

  /** The write that was under way is in the kernel. */
  wrote(): void {
    this.queued -= this.writing;
    this.writing = 0;
    if (this.queued > 0 && !this.dirty) this.flush();
    this.owner.drained();
  }

  /** Whether a write is under way. */
  get busy(): boolean {
    return this.writing > 0;
  }

  /** What no write has taken yet, in order, for another to write. */
  rest(): Chunk[] {
    this.closeText();
    const rest = this.chunks ?? [];
    this.discard();
    return rest;
  }

  /** Forget everything: the connection is gone. */
  discard(): void {
    this.queued = this.writing = 0;
    this.text = "";
    this.chunks = null;
  }
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
