/** A trace as a picture: rows of fibers, along them what each did. `timeline(element)` draws into an element of any page. */
import { activityOf } from "./timeline/activity.js";
import { Arrows } from "./timeline/arrows.js";
import { AXIS, draw, LABELS } from "./timeline/draw.js";
import { listen } from "./timeline/input.js";
import { readTrace } from "./timeline/read.js";
import { heightOf, LANE, rowAt, rowsOf } from "./timeline/rows.js";
import { Surround } from "./timeline/surround.js";
import { themeOf } from "./timeline/theme.js";
import { View } from "./timeline/view.js";
import { inWords } from "./timeline/what.js";

export { keys } from "./timeline/input.js";

/**
 * @param {HTMLElement} container is filled; it should be able to have the focus (`tabindex="0"`)
 */
export function timeline(container) {
  const one = new Timeline(container);
  return {
    /** Show a trace: text, or what that is parsed. Throws Error for what is none. */
    open: (trace, name = "") => one.open(trace, name),
    close: () => one.close(),
    /** The page's colours or its size have changed. */
    redraw: () => one.redraw(),
    /** What is seen, for tests. */
    seen: () => one.seen(),
  };
}

class Timeline {
  #surround;
  #scene = null;
  #theme = null;
  #asked = false;
  #resized;
  #unlisten;
  #search = "";

  constructor(container) {
    this.#surround = new Surround(container, {
      search: (text) => this.#find(text),
      leave: () => container.focus(),
    });
    this.#unlisten = listen(container, this.#surround, this);
    this.#resized = new ResizeObserver(() => this.redraw());
    this.#resized.observe(container);
  }

  open(text, name) {
    const trace = readTrace(text);
    const view = new View(trace.begin, trace.end);
    const arrows = new Arrows(trace.arrows);
    const folded = new Set();
    this.#search = "";
    this.#surround.opened(name, trace);
    this.#scene = {
      ...{ trace, view, arrows, folded, rows: [], rowOf: new Map() },
      ...{ activity: activityOf(trace), selected: null, pointer: null },
    };
    this.#layout();
    this.redraw();
  }

  close() {
    this.#unlisten();
    this.#resized.disconnect();
    this.#scene = null;
    this.#surround.close();
  }

  seen() {
    const { trace, view, rows } = this.#scene;
    return {
      slices: trace.slices,
      tracks: trace.tracks.length,
      rows: rows.length,
      begin: view.begin,
      end: view.end,
      top: view.top,
      details: this.#surround.details,
    };
  }

  redraw() {
    this.#theme = null;
    this.#draw();
  }

  #layout() {
    const scene = this.#scene;
    scene.rows = rowsOf(scene.trace, scene.folded, this.#search);
    scene.rowOf = new Map(scene.rows.flatMap((row) => (row.track ? [[row.track, row]] : [])));
    scene.view.content = heightOf(scene.rows);
    scene.view.scroll(0);
    this.#surround.found(scene.rowOf.size, scene.trace.tracks.length);
  }

  #find(text) {
    this.#search = text;
    if (this.#scene === null) return;
    this.#scene.view.top = 0;
    this.#scene.pointer = null;
    this.#surround.tip([], null);
    this.#layout();
    this.#draw();
  }

  /** Once for all that has changed until the next picture. */
  #draw() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#drawNow();
    });
  }

  #drawNow() {
    const scene = this.#scene;
    const { context, width, height } = this.#surround.prepare();
    if (scene === null || width === 0 || height === 0) return;
    const { view } = scene;
    view.width = Math.max(width - LABELS, 1);
    view.height = Math.max(height - AXIS, 1);
    view.scroll(0);
    this.#theme ??= themeOf(this.#surround.container);
    this.#surround.paint(this.#theme);
    draw(context, scene, this.#theme, width, height);
  }

  // ---- what input asks for --------------------------------------------------------------------------------------------

  /** Change what is seen. */
  move(change) {
    if (this.#scene === null) return;
    change(this.#scene.view);
    this.#draw();
  }

  /** The pointer is here; null: somewhere else. */
  point(at) {
    const scene = this.#scene;
    if (scene === null) return;
    const hit = at === null ? null : this.#hit(at);
    scene.pointer = hit === null ? null : { x: at.x - LABELS, row: hit.number };
    this.#surround.tip(hit === null ? [] : inWords(scene, hit), at);
    this.#draw();
  }

  /** It was clicked. */
  choose(at) {
    const scene = this.#scene;
    const hit = scene === null ? null : this.#hit(at);
    if (hit === null) return;
    if (hit.row.kind === "group") this.#fold(hit.row.group);
    else this.#select(hit.slice >= 0 ? hit : null);
    this.#draw();
  }

  #select(hit) {
    const scene = this.#scene;
    scene.selected =
      hit === null ? null : { track: hit.row.track, lane: hit.lane, slice: hit.slice };
    this.#surround.tell(hit === null ? [] : inWords(scene, hit));
  }

  #fold(group) {
    const { folded } = this.#scene;
    if (!folded.delete(group)) folded.add(group);
    this.#layout();
  }

  foldAll() {
    const { folded, trace } = this.#scene ?? {};
    if (folded === undefined) return;
    if (folded.size > 0) folded.clear();
    else for (const group of trace.groups) folded.add(group);
    this.#layout();
    this.#draw();
  }

  /** Nothing is selected, and nothing is looked for. */
  escape() {
    if (this.#scene === null) return;
    if (this.#scene.selected !== null) this.#select(null);
    else this.#surround.clearSearch();
    this.#draw();
  }

  fitSelected() {
    const selected = this.#scene?.selected;
    if (selected == null) return;
    this.#scene.view.show(selected.lane.begins[selected.slice], selected.lane.ends[selected.slice]);
    this.#draw();
  }

  /** Select where the arrow comes from that has come to what is selected, or where one leads to that leaves it. */
  follow(back) {
    const { selected, arrows } = this.#scene ?? {};
    if (selected == null) return;
    const { track, lane, slice } = selected;
    const arrow = back ? arrows.into(track, lane, slice) : arrows.outOf(track, lane, slice)[0];
    if (arrow === undefined) return;
    this.#goTo(back ? arrow.source : arrow.target, back ? arrow.from : arrow.to);
  }

  /** The slice before or after, of the same row. */
  step(by) {
    const { selected } = this.#scene ?? {};
    if (selected == null) return;
    const { track, lane } = selected;
    const slice = selected.slice + by;
    if (slice < 0 || slice >= lane.length) return;
    this.#goTo(track, (lane.begins[slice] + lane.ends[slice]) / 2);
  }

  #goTo(track, time) {
    const scene = this.#scene;
    if (!scene.rowOf.has(track)) {
      scene.folded.delete(track.group);
      if (this.#search !== "") this.#surround.clearSearch();
      this.#layout();
    }
    const row = scene.rowOf.get(track);
    const { view } = scene;
    if (row.y < view.top || row.y + row.height > view.top + view.height)
      view.scroll(row.y - view.top - view.height / 2);
    view.reveal(time);
    const lane = track.lanes.findLast((one) => one.at(time) >= 0);
    if (lane !== undefined) this.#select({ row, lane, slice: lane.at(time) });
    this.#draw();
  }

  /** What is at a place of the canvas; null: nothing. */
  #hit({ x, y }) {
    const { rows, view } = this.#scene;
    const number = y < AXIS ? -1 : rowAt(rows, y - AXIS + view.top);
    if (number < 0) return null;
    const row = rows[number];
    const time = view.time(x - LABELS);
    const hit = { row, number, time, slice: -1, lane: null, mark: null };
    if (row.kind !== "track" || x < LABELS) return hit;
    const depth = Math.floor((y - AXIS + view.top - row.y) / LANE);
    const near = (3 * view.span) / view.width;
    hit.mark = row.track.marks.find(({ at }) => Math.abs(at - time) <= near) ?? null;
    hit.lane = row.track.lanes[depth] ?? null;
    if (hit.lane !== null) hit.slice = nearest(hit.lane, time, near);
    return hit;
  }
}

/** The shortest slice near a time: what is thin is to be hit, too. */
function nearest(lane, time, near) {
  let best = lane.at(time);
  const from = Math.max(lane.from(time - near) - 1, 0);
  for (let i = from; i < Math.min(from + 50, lane.length) && lane.begins[i] <= time + near; i++) {
    if (lane.ends[i] < time - near) continue;
    const long = lane.ends[i] - lane.begins[i];
    if (best < 0 || (long < near && long < lane.ends[best] - lane.begins[best])) best = i;
  }
  return best;
}
