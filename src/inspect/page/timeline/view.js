/** What is seen: a span of time, and how far down. Times in microseconds, distances in pixels. */

/** Microseconds: what is shorter is one event. */
const SHORTEST = 0.02;
/** How much more than all of it can be seen. */
const MARGIN = 0.02;

export class View {
  /**
   * @param {number} begin
   * @param {number} end of the whole trace
   */
  constructor(begin, end) {
    const margin = Math.max((end - begin) * MARGIN, SHORTEST);
    this.first = begin - margin;
    this.last = end + margin;
    this.all();
    this.top = 0;
    /** Of what is drawn, without labels; and of all rows. */
    this.width = 1;
    this.height = 1;
    this.content = 0;
  }

  get span() {
    return this.end - this.begin;
  }

  all() {
    this.begin = this.first;
    this.end = this.last;
  }

  /** In pixels from the left. */
  x(time) {
    return ((time - this.begin) / this.span) * this.width;
  }

  time(x) {
    return this.begin + (x / this.width) * this.span;
  }

  /** So many times as much time in the same width, around what is at `x`. */
  zoom(factor, x = this.width / 2) {
    const middle = this.time(x);
    const span = clamp(this.span * factor, SHORTEST, this.last - this.first);
    this.#set(middle - (x / this.width) * span, span);
  }

  /** By a part of what is seen. */
  pan(part) {
    this.#set(this.begin + part * this.span, this.span);
  }

  /** Let a span of time be seen, with some room around it. */
  show(begin, end) {
    const span = clamp((end - begin) * 1.5, SHORTEST, this.last - this.first);
    this.#set((begin + end - span) / 2, span);
  }

  /** Let a time be in the middle, if it is not seen. */
  reveal(time) {
    if (time < this.begin || time > this.end) this.#set(time - this.span / 2, this.span);
  }

  scroll(pixels) {
    this.top = clamp(this.top + pixels, 0, Math.max(this.content - this.height, 0));
  }

  #set(begin, span) {
    this.begin = clamp(begin, this.first, Math.max(this.last - span, this.first));
    this.end = this.begin + span;
  }
}

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
