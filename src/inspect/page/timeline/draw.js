/** What is seen, on a canvas: only rows and times that are, so it takes as long for a million slices as for a thousand. */
import { eachBlock, KINDS } from "./lane.js";
import { COUNTER, GROUP, LANE, rowAt } from "./rows.js";
import { ticks } from "./words.js";

/** Pixels for names at the left, and for times at the top. */
export const LABELS = 210;
export const AXIS = 24;
/** About as wide as a letter is. */
const LETTER = 6.3;
/** Pixels for an arrow: where there are more of them they cannot be told apart. */
const ARROW = 8;
/** Pixels of a slice that has room for its name. */
const NAMED = 44;
/** Pixels of a part of a group's activity. */
const WIDEST = 6;
const [RUNNING, WAITING, READY, NETWORK] = KINDS.map((_, i) => i);

/**
 * @typedef {object} Scene
 * @property {import("./read.js").Trace} trace
 * @property {import("./rows.js").Row[]} rows
 * @property {Map<object, import("./rows.js").Row>} rowOf by track
 * @property {import("./view.js").View} view
 * @property {import("./arrows.js").Arrows} arrows
 * @property {Map<object, Float64Array>} activity by group
 * @property {ReadonlySet<object>} folded
 * @property {{ track: object, lane: object, slice: number } | null} selected
 * @property {{ x: number, row: number } | null} pointer
 */

/**
 * @param {CanvasRenderingContext2D} context in CSS pixels
 * @param {Scene} scene
 * @param {ReturnType<import("./theme.js").themeOf>} theme
 * @param {number} width
 * @param {number} height
 */
export function draw(context, scene, theme, width, height) {
  const { rows, view } = scene;
  context.font = theme.font;
  context.textBaseline = "middle";
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, height);
  const times = ticks(view.begin, view.end, view.width / 110);
  const first = Math.max(rowAt(rows, view.top), 0);
  clipped(context, [LABELS, AXIS, view.width, view.height], () => {
    eachRow(scene, first, (row, y) => band(context, theme, row, y, scene, width));
    grid(context, theme, view, times);
    eachRow(scene, first, (row, y) => {
      if (row.kind === "track") track(context, theme, scene, row, y);
      else if (row.kind === "counter") counter(context, theme, view, row, y);
      else activity(context, theme, scene, row, y);
    });
    arrows(context, theme, scene);
    selection(context, theme, scene);
    pointer(context, theme, scene);
  });
  clipped(context, [0, AXIS, LABELS, view.height], () =>
    eachRow(scene, first, (row, y) => label(context, theme, scene, row, y)),
  );
  axis(context, theme, view, times, width, height);
}

function clipped(context, [x, y, width, height], paint) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  paint();
  context.restore();
}

function eachRow({ rows, view }, first, paint) {
  for (let i = first; i < rows.length; i++) {
    const y = AXIS + rows[i].y - view.top;
    if (y > AXIS + view.height) return;
    paint(rows[i], y, i);
  }
}

/** Times along the top. */
function axis(context, theme, view, times, width, height) {
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, AXIS);
  context.fillStyle = theme.muted;
  for (const { at, text } of times) {
    const x = LABELS + view.x(at);
    if (x < LABELS) continue;
    context.fillText(text, x + 4, AXIS / 2 + 1);
  }
  lines(context, theme.line, [
    [0, AXIS - 0.5, width, AXIS - 0.5],
    [LABELS - 0.5, 0, LABELS - 0.5, height],
  ]);
}

function grid(context, theme, view, times) {
  lines(
    context,
    theme.line,
    times.map(({ at }) => {
      const x = Math.round(LABELS + view.x(at)) + 0.5;
      return [x, AXIS, x, AXIS + view.height];
    }),
  );
}

function lines(context, colour, list) {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (const [x1, y1, x2, y2] of list) {
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
  }
  context.stroke();
}

function band(context, theme, row, y, scene, width) {
  if (row.kind === "group" || scene.rows[scene.pointer?.row] === row) {
    context.fillStyle = theme.band;
    context.fillRect(0, y, width, row.height);
  }
}

// ---- names ----------------------------------------------------------------------------------------------------------

function label(context, theme, scene, row, y) {
  const { kind, group, height } = row;
  const middle = y + height / 2;
  if (kind === "group") {
    context.fillStyle = theme.band;
    context.fillRect(0, y, LABELS, height);
    context.fillStyle = theme.foreground;
    context.font = `600 ${theme.font}`;
    context.fillText(scene.folded.has(group) ? "▸" : "▾", 8, middle);
    const count = group.tracks.length;
    const room = LABELS - 36 - String(count).length * 8;
    context.fillText(cut(group.name, room), 22, middle);
    context.font = theme.font;
    context.fillStyle = theme.muted;
    right(context, String(count), LABELS - 10, middle);
  } else if (kind === "counter") {
    context.fillStyle = theme.muted;
    const highest = row.counter.highest.toLocaleString("en");
    context.fillText(cut(row.counter.name, LABELS - 40 - highest.length * 7), 22, middle);
    right(context, highest, LABELS - 10, y + 10);
  } else {
    const selected = scene.selected?.track === row.track;
    context.fillStyle = selected ? theme.accent : theme.foreground;
    context.fillText(cut(row.track.name, LABELS - 32), 22, y + LANE / 2);
  }
}

function right(context, text, x, y) {
  context.textAlign = "right";
  context.fillText(text, x, y);
  context.textAlign = "left";
}

/** As much of a text as fits. */
export function cut(text, pixels) {
  const letters = Math.floor(pixels / LETTER);
  return text.length <= letters ? text : letters < 2 ? "" : `${text.slice(0, letters - 1)}…`;
}

// ---- rows -----------------------------------------------------------------------------------------------------------

function track(context, theme, scene, row, y) {
  for (const [depth, lane] of row.track.lanes.entries())
    slices(context, theme, scene, lane, y + depth * LANE + 2, LANE - 4);
  marks(context, theme, scene.view, row.track.marks, y + LANE - 2);
}

function slices(context, theme, { trace, view }, lane, y, height) {
  const named = [];
  eachBlock(lane, view.begin, view.end, view.width, (x, wide, slice, ran) => {
    const left = LABELS + x;
    if (slice < 0) {
      several(context, theme, left, y, height, ran);
      return;
    }
    const kind = lane.kinds[slice];
    const text = trace.texts[lane.names[slice]];
    context.fillStyle = colour(theme, kind, text);
    // A line between neighbours that have the same colour.
    context.fillRect(left, y, Math.max(wide > 3 ? wide - 1 : wide, 1), height);
    if (wide > NAMED && kind !== RUNNING) named.push(left + 4, wide - 8, text);
  });
  context.fillStyle = theme.foreground;
  for (let i = 0; i < named.length; i += 3)
    context.fillText(shorter(named[i + 2], named[i + 1]), named[i], y + height / 2 + 1);
}

/** Several in one pixel: the more they run, the greener. */
function several(context, theme, x, y, height, ran) {
  context.fillStyle = theme.wait("sleep");
  context.fillRect(x, y, 1, height);
  if (ran === 0) return;
  context.globalAlpha = 0.3 + 0.7 * ran;
  context.fillStyle = theme.running;
  context.fillRect(x, y, 1, height);
  context.globalAlpha = 1;
}

function colour(theme, kind, text) {
  if (kind === RUNNING) return theme.running;
  if (kind === READY) return theme.ready;
  if (kind === NETWORK) return theme.accent;
  return theme.wait(kind === WAITING ? text : `other ${text}`);
}

/** Without on what it waits, if there is no room for that. */
function shorter(text, pixels) {
  if (text.length * LETTER <= pixels) return text;
  const on = text.indexOf(" on ");
  return cut(on < 0 ? text : text.slice(0, on), pixels);
}

function marks(context, theme, view, list, y) {
  let before = -Infinity;
  for (const { at, text } of list) {
    if (at < view.begin || at > view.end) continue;
    const x = LABELS + view.x(at);
    if (x - before < 2) continue;
    before = x;
    context.fillStyle = /^(?:failed|halted)/.test(text) ? theme.bad : theme.accent;
    context.beginPath();
    context.moveTo(x, y - 8);
    context.lineTo(x + 4, y);
    context.lineTo(x - 4, y);
    context.fill();
  }
}

function counter(context, theme, view, { counter: { at, values, highest } }, y) {
  const base = y + COUNTER - 3;
  const scale = (COUNTER - 8) / Math.max(highest, 1);
  context.beginPath();
  context.moveTo(LABELS, base);
  let level = 0;
  for (let i = 0; i < at.length && at[i] <= view.end; i++) {
    const x = LABELS + Math.max(view.x(at[i]), 0);
    context.lineTo(x, base - level * scale);
    level = values[i];
    context.lineTo(x, base - level * scale);
  }
  const end = LABELS + view.width;
  context.lineTo(end, base - level * scale);
  context.lineTo(end, base);
  context.globalAlpha = 0.25;
  context.fillStyle = theme.accent;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = theme.accent;
  context.lineWidth = 1;
  context.stroke();
}

/** How much of the time somebody of the group has run. */
function activity(context, theme, { trace, view, activity: shares }, { group }, y) {
  const share = shares.get(group);
  const each = (trace.end - trace.begin) / share.length;
  const wide = (each / view.span) * view.width;
  // What is near is seen in the rows.
  if (wide > WIDEST) return;
  const highest = Math.max(...share) || 1;
  context.fillStyle = theme.running;
  context.globalAlpha = 0.55;
  for (let i = 0; i < share.length; i++) {
    if (share[i] === 0) continue;
    const x = view.x(trace.begin + i * each);
    if (x + wide < 0 || x > view.width) continue;
    const tall = Math.max((share[i] / highest) * (GROUP - 6), 1);
    context.fillRect(LABELS + x, y + GROUP - 2 - tall, Math.max(wide, 1), tall);
  }
  context.globalAlpha = 1;
}

// ---- what connects them ---------------------------------------------------------------------------------------------

function arrows(context, theme, scene) {
  const { view, arrows: all, rowOf, selected } = scene;
  const many = all.count(view.begin, view.end) > view.width / ARROW;
  const chosen = selected?.track;
  if (many && chosen === undefined) return;
  for (const arrow of all.between(view.begin, view.end)) {
    const concerned = arrow.source === chosen || arrow.target === chosen;
    if (many && !concerned) continue;
    const [from, to] = [rowOf.get(arrow.source), rowOf.get(arrow.target)];
    if (from === undefined || to === undefined) continue;
    const [y1, y2] = [from, to].map((row) => AXIS + row.y - view.top + LANE / 2);
    if (Math.max(y1, y2) < AXIS || Math.min(y1, y2) > AXIS + view.height) continue;
    context.globalAlpha = concerned || chosen === undefined ? 0.75 : 0.25;
    context.strokeStyle = context.fillStyle =
      arrow.name === "halts" ? theme.bad : concerned ? theme.accent : theme.muted;
    curve(context, LABELS + view.x(arrow.from), y1, LABELS + view.x(arrow.to), y2);
  }
  context.globalAlpha = 1;
}

function curve(context, x1, y1, x2, y2) {
  const down = Math.sign(y2 - y1) || 1;
  const bend = Math.min(Math.abs(x2 - x1) / 2, 60);
  const tip = y2 - down * 4;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x1, y1);
  context.bezierCurveTo(
    x1 + bend,
    y1 + (tip - y1) * 0.3,
    x2 - bend,
    y1 + (tip - y1) * 0.7,
    x2,
    tip,
  );
  context.stroke();
  context.beginPath();
  context.moveTo(x2, y2);
  context.lineTo(x2 - 3, tip - down * 2);
  context.lineTo(x2 + 3, tip - down * 2);
  context.fill();
}

function selection(context, theme, { selected, rowOf, view }) {
  const row = selected === null ? undefined : rowOf.get(selected.track);
  if (row === undefined) return;
  const { lane, slice, track: of } = selected;
  const x = view.x(lane.begins[slice]);
  const wide = Math.max(view.x(lane.ends[slice]) - x, 2);
  const y = AXIS + row.y - view.top + of.lanes.indexOf(lane) * LANE;
  context.strokeStyle = theme.accent;
  context.lineWidth = 2;
  // What begins or ends far outside need not be drawn there.
  const left = Math.max(x, -4);
  context.strokeRect(LABELS + left, y + 1, Math.min(x + wide, view.width + 4) - left, LANE - 2);
}

function pointer(context, theme, { pointer: at, view }) {
  if (at === null) return;
  const x = Math.round(LABELS + at.x) + 0.5;
  context.globalAlpha = 0.5;
  lines(context, theme.muted, [[x, AXIS, x, AXIS + view.height]]);
  context.globalAlpha = 1;
}
