/** Which rows there are, one below the other: groups, their counters, their tracks; those that are folded or do not fit a search are left out. */

export const GROUP = 26;
export const COUNTER = 34;
export const LANE = 20;

/**
 * @typedef {object} Row
 * @property {"group" | "counter" | "track"} kind
 * @property {number} y from the top of all rows
 * @property {number} height
 * @property {import("./read.js").Group} group
 * @property {import("./read.js").Counter} [counter]
 * @property {import("./read.js").Track} [track]
 */

/**
 * @param {import("./read.js").Trace} trace
 * @param {ReadonlySet<object>} folded groups of which the header is seen only
 * @param {string} search
 * @returns {Row[]}
 */
export function rowsOf(trace, folded, search = "") {
  const rows = [];
  let y = 0;
  const add = (kind, height, what) => {
    rows.push({ kind, y, height, ...what });
    y += height;
  };
  for (const group of trace.groups) {
    const tracks = found(group, search);
    if (search !== "" && tracks.length === 0) continue;
    if (tracks.length === 0 && group.counters.length === 0) continue;
    add("group", GROUP, { group });
    if (folded.has(group)) continue;
    if (search === "")
      for (const counter of group.counters) add("counter", COUNTER, { group, counter });
    for (const track of tracks)
      add("track", Math.max(track.lanes.length, 1) * LANE, { group, track });
  }
  return rows;
}

function found(group, search) {
  if (search === "") return group.tracks;
  const wanted = search.toLowerCase();
  if (group.name.toLowerCase().includes(wanted)) return group.tracks;
  return group.tracks.filter(({ name }) => name.toLowerCase().includes(wanted));
}

/** Pixels of all of them. */
export function heightOf(rows) {
  const last = rows.at(-1);
  return last === undefined ? 0 : last.y + last.height;
}

/** The number of the row at `y`; -1: below all of them. */
export function rowAt(rows, y) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].y + rows[middle].height <= y) low = middle + 1;
    else high = middle;
  }
  return low < rows.length ? low : -1;
}
