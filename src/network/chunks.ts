import type { Chunk } from "./network.js";

/** What is to be written, as one piece of bytes. */
export function joined(chunks: Chunk[]): Buffer {
  return Buffer.concat(
    chunks.map(({ chunk, encoding }) =>
      typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding) : chunk,
    ),
  );
}
