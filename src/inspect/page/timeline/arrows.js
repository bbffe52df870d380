/** Arrows between tracks, found by time and by track. */
import { KINDS, lowerBound } from "./lane.js";

const RUNNING = KINDS.indexOf("running");

export class Arrows {
  /** @param {import("./read.js").Arrow[]} arrows in the order of `from` */
  constructor(arrows) {
    this.byBegin = arrows;
    this.byEnd = arrows.toSorted((a, b) => a.to - b.to);
    this.begins = Float64Array.from(this.byBegin, ({ from }) => from);
    this.ends = Float64Array.from(this.byEnd, ({ to }) => to);
  }

  /** How many begin between two times. */
  count(begin, end) {
    return lowerBound(this.begins, end) - lowerBound(this.begins, begin);
  }

  /** Those that begin or end between two times. */
  *between(begin, end) {
    const last = lowerBound(this.begins, end);
    for (let i = lowerBound(this.begins, begin); i < last; i++) yield this.byBegin[i];
    const final = lowerBound(this.ends, end);
    for (let i = lowerBound(this.ends, begin); i < final; i++)
      if (!(this.byEnd[i].from >= begin)) yield this.byEnd[i];
  }

  /** The one that has come to a slice of a track; to one that waits, the one that has ended its waiting. */
  into(track, lane, slice) {
    const begin = lane.begins[slice];
    const waits = lane.kinds[slice] !== RUNNING && slice + 1 < lane.length;
    const end = lane.ends[waits ? slice + 1 : slice];
    const last = lowerBound(this.ends, end);
    for (let i = lowerBound(this.ends, begin); i < last; i++)
      if (this.byEnd[i].target === track) return this.byEnd[i];
    return undefined;
  }

  /** Those that leave a slice of a track. */
  outOf(track, lane, slice) {
    const [begin, end] = [lane.begins[slice], lane.ends[slice]];
    const found = [];
    const last = lowerBound(this.begins, end);
    for (let i = lowerBound(this.begins, begin); i < last; i++)
      if (this.byBegin[i].source === track) found.push(this.byBegin[i]);
    return found;
  }
}
