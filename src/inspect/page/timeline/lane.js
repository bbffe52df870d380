/**
 * One line of slices that do not overlap, in the order of time, in columns: a million of them are a few tens of megabytes, and are searched by halving.
 *
 * @typedef {"running" | "waiting" | "ready" | "network" | "other"} Kind
 */

/** @type {readonly Kind[]} */
export const KINDS = ["running", "waiting", "ready", "network", "other"];
const RUNNING = KINDS.indexOf("running");

export class Lane {
  /**
   * @param {{ begin: number, end: number, kind: number, name: number }[]} slices in the order of their begin; times in microseconds
   */
  constructor(slices) {
    const { length } = slices;
    this.length = length;
    this.begins = new Float64Array(length);
    this.ends = new Float64Array(length);
    this.kinds = new Uint8Array(length);
    /** Numbers of texts. */
    this.names = new Uint32Array(length);
    /** Time for which it has run before each slice, and in all. */
    this.ran = new Float64Array(length + 1);
    for (let i = 0; i < length; i++) {
      const { begin, end, kind, name } = slices[i];
      this.begins[i] = begin;
      this.ends[i] = end;
      this.kinds[i] = kind;
      this.names[i] = name;
      this.ran[i + 1] = this.ran[i] + (kind === RUNNING ? end - begin : 0);
    }
  }

  /** The first slice that begins at a time or later. */
  from(time) {
    return lowerBound(this.begins, time, this.length);
  }

  /** The slice around a time; -1: there is none. */
  at(time) {
    const i = this.from(time) - 1;
    if (this.begins[i + 1] === time) return i + 1;
    return i >= 0 && this.ends[i] > time ? i : -1;
  }
}

/** The first of `values`, which rise, that is not below `value`. */
export function lowerBound(values, value, length = values.length) {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Pixels of a slice that is drawn by itself. */
const LEAST = 1;

/**
 * What is drawn of a lane between two times, in so many pixels: slices that have a pixel at least, and for those that have not one block a pixel. It takes steps
 * for pixels, not for slices.
 *
 * @param {Lane} lane
 * @param {number} begin
 * @param {number} end
 * @param {number} width
 * @param {(x: number, width: number, slice: number, ran: number) => void} block is given the pixels, the number of the slice (-1: several), and of
 * several the share of the time for which they ran
 */
export function eachBlock(lane, begin, end, width, block) {
  const { begins, ends, ran, length } = lane;
  const perPixel = (end - begin) / width;
  let i = Math.max(lane.from(begin) - 1, 0);
  while (i < length && begins[i] < end) {
    const x = (begins[i] - begin) / perPixel;
    const wide = (ends[i] - begins[i]) / perPixel;
    if (wide >= LEAST) {
      const left = Math.max(x, 0);
      const right = Math.min(x + wide, width);
      if (right > left) block(left, right - left, i, 0);
      i++;
      continue;
    }
    const pixel = Math.floor(x);
    const until = begin + (pixel + 1) * perPixel;
    let j = after(begins, until, i, length);
    // The last one may go on: it is drawn by itself.
    if (j - 1 > i && (ends[j - 1] - begins[j - 1]) / perPixel >= LEAST) j--;
    // One that begins before the first pixel may reach into it.
    if (pixel >= 0 || ends[j - 1] > begin)
      block(Math.max(pixel, 0), 1, j === i + 1 ? i : -1, Math.min((ran[j] - ran[i]) / perPixel, 1));
    i = j;
  }
}

/** The first from `i` on that is not below `value`: mostly it is near. */
function after(values, value, i, length) {
  let step = 1;
  while (i + step < length && values[i + step] < value) step *= 2;
  let [low, high] = [i + (step >> 1), Math.min(i + step, length)];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return Math.max(low, i + 1);
}
