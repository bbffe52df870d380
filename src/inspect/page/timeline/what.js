/** What is under the pointer, or selected, in words. */
import { KINDS } from "./lane.js";
import { duration } from "./words.js";

/**
 * @param {import("./draw.js").Scene} scene
 * @param {{ row: object, time: number, lane: object | null, slice: number, mark: object | null }} hit
 * @returns {string[]} lines
 */
export function inWords(scene, { row, time, lane, slice, mark }) {
  const { trace } = scene;
  if (row.kind === "group") return [row.group.name, counted(row.group.tracks.length, "row")];
  if (row.kind === "counter") return [`${row.counter.name}: ${valueAt(row.counter, time)}`];
  const lines = [row.track.name];
  if (mark != null) lines.push(`${mark.text}, at ${moment(mark.at - trace.begin)}`);
  if (slice < 0) return lines;
  const [begin, end] = [lane.begins[slice], lane.ends[slice]];
  const kind = KINDS[lane.kinds[slice]];
  const text = trace.texts[lane.names[slice]];
  const what = kind === "waiting" ? `waits: ${text}` : text;
  lines.push(`${what}, ${duration(end - begin)}, from ${moment(begin - trace.begin)}`);
  return [...lines, ...arrowsOf(scene.arrows, row.track, lane, slice)];
}

function arrowsOf(arrows, track, lane, slice) {
  const lines = [];
  const into = arrows.into(track, lane, slice);
  if (into !== undefined)
    lines.push(`${DONE[into.name] ?? into.name} by ${named(into.source, track)}`);
  const out = arrows.outOf(track, lane, slice);
  const shown = out.slice(0, 3).map(({ name, target }) => `${name} ${named(target, track)}`);
  if (out.length > 3) shown.push(`and ${out.length - 3} more`);
  if (shown.length > 0) lines.push(shown.join(", "));
  return lines;
}

/** Of another group, with that. */
function named({ name, group }, other) {
  return group === other.group ? name : `${name} (${group.name})`;
}

const DONE = { wakes: "woken", forks: "forked", halts: "halted", sends: "caused" };

function moment(microseconds) {
  return `${(microseconds / 1e6).toFixed(6)} s`;
}

function counted(count, what) {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}

function valueAt({ at, values }, time) {
  const next = at.findIndex((one) => one > time);
  const i = (next < 0 ? at.length : next) - 1;
  return i < 0 ? "0" : values[i].toLocaleString("en");
}
