/**
 * Sources that give their pieces away, and sinks that give memory back.
 *
 * V8 counts the memory of pieces that nobody has any more, and collects all of its heap when it is much: a third of the time of a large download. Where
 * nobody but a pump sees a piece, the sink knows when its memory can be read into again.
 */
import type { Sink, Source } from "./types.js";

const giving = new WeakSet<Source<string>>();
const returning = new WeakMap<Sink<string>, Sink<string>>();

/** What it gives nobody else has, nor any of its memory. */
export function givesAway<S extends Source<string>>(source: S): S {
  giving.add(source);
  return source;
}

/** @param other takes the same, and gives its memory back */
export function mayReturn<S extends Sink<string>>(sink: S, other: Sink<string>): S {
  returning.set(sink, other);
  return sink;
}

/** The sink for what this source gives, when nobody sees it between the two. */
export function sinkFor<Word extends string>(from: Source<string>, to: Sink<Word>): Sink<Word> {
  const other = giving.has(from) ? returning.get(to) : undefined;
  // It is the same sink, and has the same words.
  return (other as Sink<Word> | undefined) ?? to;
}
