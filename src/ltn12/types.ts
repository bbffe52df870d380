/** What LTN12 moves data by: sources, sinks, filters. (LuaSocket manual: LTN12) */
import type { Operation } from "effection";
import type { Data, Result, SocketError } from "../object/index.js";

/** Gives the next piece each time; undefined when there are no more. `Word` is what its errors may say. */
export type Source<Word extends string = SocketError> = () => Operation<
  Result<Data | undefined, undefined, Word>
>;

/**
 * Takes the next piece each time; undefined when there are no more, with the error if that is why. `Word` is what its own errors
 * may say.
 */
export type Sink<Word extends string = SocketError> = (
  piece?: Data,
  error?: string,
) => Operation<Result<1, undefined, Word>>;

/**
 * Changes pieces on their way: a plain function, which may remember what it has not given yet. It gets a piece, and gives one; `""` (or
 * anything empty) when it needs more; for undefined, the end, what it has kept, and when that is all, undefined. For `""` it gives what it has
 * kept besides, piece by piece, and `""` when that is all. (LTN12: filters)
 */
export type Filter = (piece?: Data) => Data | undefined;

/** A {@link Source} that may say, beside each piece, which source is to give the next. (LTN12: fancy sources) */
export type FancySource<Word extends string = SocketError> = () => Operation<
  | Result<Data | undefined, undefined, Word>
  | [piece: Data, next: FancySource<Word> | undefined, undefined?]
>;

/** A {@link Sink} that may say, beside its 1, which sink is to take the next piece. (LTN12: fancy sinks) */
export type FancySink<Word extends string = SocketError> = (
  piece?: Data,
  error?: string,
) => Operation<
  Result<1, undefined, Word> | [done: 1, next: FancySink<Word> | undefined, undefined?]
>;
