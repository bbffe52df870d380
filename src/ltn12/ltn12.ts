/** LuaSocket's ltn12 module, by its names. */
import { blocksize, setBlocksize } from "./blocksize.js";
import { filter } from "./filter.js";
import { pump } from "./pump.js";
import { sink } from "./sink.js";
import { source } from "./source.js";

/** Filters, sources, sinks and pumps, as LuaSocket's `require "ltn12"` has them. See docs/ltn12.md. */
export const ltn12 = {
  /** The version of LuaSocket's module that this is. (LTN12: ltn12._VERSION) */
  _VERSION: "LTN12 1.0.3",

  /** Bytes that `source.string` and `source.file` give at once: 65536; may be set. (LTN12: ltn12.BLOCKSIZE) */
  get BLOCKSIZE(): number {
    return blocksize();
  },
  set BLOCKSIZE(bytes: number) {
    setBlocksize(bytes);
  },

  // By their own declarations, which have their docstrings.
  filter: filter as typeof filter,
  source: source as typeof source,
  sink: sink as typeof sink,
  pump: pump as typeof pump,
};
