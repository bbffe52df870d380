/** How much the fibers of each group ran, in as many parts of the time: what is seen of a group that is folded. */
import { KINDS } from "./lane.js";

const PARTS = 1000;
const RUNNING = KINDS.indexOf("running");

/**
 * @param {import("./read.js").Trace} trace
 * @returns {Map<object, Float64Array>} by group
 */
export function activityOf({ begin, end, groups }) {
  const each = (end - begin) / PARTS;
  return new Map(
    groups.map((group) => {
      const share = new Float64Array(PARTS);
      for (const { lanes } of group.tracks) if (lanes.length > 0) add(share, lanes[0], begin, each);
      return [group, share];
    }),
  );
}

function add(share, lane, begin, each) {
  for (let i = 0; i < lane.length; i++) {
    if (lane.kinds[i] !== RUNNING) continue;
    const from = lane.begins[i] - begin;
    const to = lane.ends[i] - begin;
    const last = Math.min(Math.floor(to / each), PARTS - 1);
    for (let part = Math.floor(from / each); part <= last; part++)
      share[part] += Math.min(to, (part + 1) * each) - Math.max(from, part * each);
  }
}
