/** The name that a TLS client asks for, read before the handshake begins: it decides with which parameters that is. */

/** A handshake record; of its content, a ClientHello. (RFC 8446, 5.1 and 4) */
const HEADER = 5;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const MAX_RECORD = 16 * 1024;
/** Longest ClientHello that is looked at. Real ones have less than 2 kB. */
const MAX_HELLO = 64 * 1024;
/** The extension server_name, and in it a host_name. (RFC 6066, 3) */
const SERVER_NAME = 0;
const HOST_NAME = 0;

/**
 * What the first bytes of a connection say: the name, lower case ("" when none is asked for); "more" while they
 * are not all there; "other" when they are no ClientHello, which OpenSSL will say better.
 */
export type Hello = { name: string } | "more" | "other";

/** Reads it as it comes; each byte is looked at once, however many segments and records it takes. */
export class HelloReader {
  /** Everything that has come, for the handshake to begin with. */
  private readonly chunks: Buffer[] = [];
  /** What is not a whole record yet. */
  private rest: Buffer[] = [];
  private restSize = 0;
  /** Bytes of the next record, as far as that is known. */
  private wanted = HEADER;
  private readonly parts: Buffer[] = [];
  private size = 0;
  state: Hello = "more";

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  push(chunk: Buffer): Hello {
    this.chunks.push(chunk);
    this.rest.push(chunk);
    this.restSize += chunk.length;
    if (this.chunks.length === 1 && chunk[0] !== HANDSHAKE) this.state = "other";
    while (this.state === "more" && this.restSize >= this.wanted) this.record();
    return this.state;
  }

  /** There is a header, or a whole record. */
  private record(): void {
    const bytes = this.rest.length === 1 ? this.rest[0]! : Buffer.concat(this.rest);
    let at = 0;
    this.wanted = HEADER;
    while (this.state === "more" && bytes.length - at >= HEADER) {
      const size = bytes.readUInt16BE(at + 3);
      if (bytes[at] !== HANDSHAKE || bytes[at + 1] !== 3 || size === 0 || size > MAX_RECORD)
        return void (this.state = "other");
      this.wanted = HEADER + size;
      if (bytes.length - at < this.wanted) break;
      this.take(bytes.subarray(at + HEADER, at + this.wanted));
      at += this.wanted;
      this.wanted = HEADER;
    }
    this.rest = [bytes.subarray(at)];
    this.restSize = bytes.length - at;
  }

  /** A piece of the message. */
  private take(part: Buffer): void {
    this.parts.push(part);
    this.size += part.length;
    if (this.parts[0]![0] !== CLIENT_HELLO) this.state = "other";
    else if (this.size >= 4) {
      const { length } = this;
      if (length > MAX_HELLO) this.state = "other";
      else if (this.size >= 4 + length) this.state = this.read();
    }
  }

  /** Of the message, without its type and the length itself. */
  private get length(): number {
    if (this.parts[0]!.length >= 4) return this.parts[0]!.readUIntBE(1, 3);
    return Buffer.concat(this.parts.slice(0, 4)).readUIntBE(1, 3);
  }

  private read(): Hello {
    const message = Buffer.concat(this.parts);
    try {
      return { name: serverName(new Reader(message.subarray(4, 4 + this.length))) };
    } catch (error) {
      if (error instanceof RangeError) return "other";
      throw error;
    }
  }
}

/** Throws RangeError where the message ends too early. */
function serverName(hello: Reader): string {
  hello.take(2 + 32);
  hello.take(hello.number(1));
  hello.take(hello.number(2));
  hello.take(hello.number(1));
  if (hello.empty) return "";
  const extensions = hello.inner(2);
  while (!extensions.empty) {
    const type = extensions.number(2);
    const content = extensions.inner(2);
    if (type !== SERVER_NAME) continue;
    const names = content.inner(2);
    if (names.number(1) !== HOST_NAME) return "";
    return names.take(names.number(2)).toString("latin1").toLowerCase();
  }
  return "";
}

class Reader {
  private at = 0;
  constructor(private readonly bytes: Buffer) {}
  get empty(): boolean {
    return this.at >= this.bytes.length;
  }
  number(size: 1 | 2): number {
    return this.take(size).readUIntBE(0, size);
  }
  take(size: number): Buffer {
    if (this.at + size > this.bytes.length) throw new RangeError("the message ends too early");
    return this.bytes.subarray(this.at, (this.at += size));
  }
  /** What has its own length before it. */
  inner(size: 1 | 2): Reader {
    return new Reader(this.take(this.number(size)));
  }
}
