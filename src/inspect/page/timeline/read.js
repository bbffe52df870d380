/** Chrome's JSON, as `trace` writes it, as what can be drawn. Also of a process that was killed in the middle, and what others have written. */
import { KINDS, Lane } from "./lane.js";

/**
 * @typedef {object} Mark
 * @property {number} at microseconds
 * @property {string} text
 *
 * @typedef {object} Track
 * @property {number} index among all tracks
 * @property {string} name
 * @property {Group} group
 * @property {number} order
 * @property {Lane[]} lanes the outer slices, those within them, ...
 * @property {Mark[]} marks
 *
 * @typedef {object} Counter
 * @property {string} name
 * @property {number[]} at
 * @property {number[]} values
 * @property {number} highest
 *
 * @typedef {object} Group
 * @property {string} name
 * @property {number} order
 * @property {Track[]} tracks
 * @property {Counter[]} counters
 *
 * @typedef {object} Arrow
 * @property {string} name
 * @property {number} from microseconds
 * @property {Track} source
 * @property {number} to
 * @property {Track} target
 *
 * @typedef {object} Trace
 * @property {number} begin microseconds
 * @property {number} end
 * @property {Group[]} groups
 * @property {Track[]} tracks
 * @property {Arrow[]} arrows in the order of `from`
 * @property {string[]} texts what slices are called, by their numbers
 * @property {Record<string, unknown>} about
 * @property {number} slices
 */

/**
 * @param {string | object} trace text, or what that is parsed
 * @returns {Trace} Throws what JSON says, and Error for what is no trace.
 */
export function readTrace(trace) {
  const reader = new Reader();
  const { events, about } = typeof trace === "string" ? parsed(trace) : contents(trace);
  for (const event of events) reader.add(event);
  return reader.done(about);
}

function contents(file) {
  const events = Array.isArray(file) ? file : file?.traceEvents;
  if (!Array.isArray(events)) throw new Error("it has no traceEvents");
  return { events, about: file.otherData ?? {} };
}

/** One event a line: then they need not all be there as objects at once, and the last one may be cut. */
function parsed(text) {
  const first = text.indexOf("\n");
  if (first < 0 || !text.slice(0, first).endsWith('"traceEvents":['))
    return contents(JSON.parse(text));
  const { otherData: about = {} } = JSON.parse(`${text.slice(0, first)}]}`);
  return { events: lines(text, first + 1), about };
}

function* lines(text, begin) {
  for (let at = begin; at < text.length;) {
    const end = text.indexOf("\n", at);
    const last = end < 0 ? text.length : end;
    const line = text.slice(at, text[last - 1] === "," ? last - 1 : last);
    at = last + 1;
    if (line[0] !== "{") continue;
    try {
      yield JSON.parse(line);
    } catch (error) {
      // Its process was killed while it wrote.
      if (end >= 0) throw error;
    }
  }
}

class Reader {
  #groups = new Map();
  #tracks = new Map();
  #texts = new Map();
  #flows = new Map();
  #arrows = [];
  #begin = Infinity;
  #end = 0;
  #slices = 0;

  add(event) {
    const { ph, ts, dur = 0 } = event;
    if (ph === "M") return this.#name(event);
    if (!(ts >= 0)) return;
    this.#begin = Math.min(this.#begin, ts);
    this.#end = Math.max(this.#end, ts + dur);
    if (ph === "X") this.#slice(event);
    else if (ph === "i" || ph === "I") this.#track(event).marks.push({ at: ts, text: event.name });
    else if (ph === "C") this.#count(event);
    else if (ph === "s" || ph === "f" || ph === "t") this.#flow(event);
  }

  #name({ name, pid, tid, args }) {
    if (name === "process_name") this.#group(pid).name = String(args.name);
    else if (name === "process_sort_index") this.#group(pid).order = args.sort_index;
    else if (name === "thread_name") this.#track({ pid, tid }).name = String(args.name);
    else if (name === "thread_sort_index") this.#track({ pid, tid }).order = args.sort_index;
  }

  #slice(event) {
    const { ts, dur = 0, cat, name, args } = event;
    const kind = KINDS.indexOf(cat);
    const text = typeof args?.on === "string" ? `${name} on ${args.on}` : String(name);
    this.#track(event).slices.push({
      begin: ts,
      end: ts + dur,
      kind: kind < 0 ? KINDS.indexOf("other") : kind,
      name: this.#text(text),
    });
    this.#slices++;
  }

  #text(text) {
    let number = this.#texts.get(text);
    if (number === undefined) this.#texts.set(text, (number = this.#texts.size));
    return number;
  }

  #count({ pid, name, ts, args }) {
    const { counters } = this.#group(pid);
    for (const [key, value] of Object.entries(args ?? {})) {
      if (typeof value !== "number") continue;
      const title = key === "value" ? name : `${name}: ${key}`;
      let counter = counters.find((one) => one.name === title);
      if (counter === undefined)
        counters.push((counter = { name: title, at: [], values: [], highest: 0 }));
      counter.at.push(ts);
      counter.values.push(value);
      counter.highest = Math.max(counter.highest, value);
    }
  }

  #flow(event) {
    const { ph, id, cat, name, ts } = event;
    const key = `${cat}/${id}`;
    const begun = this.#flows.get(key);
    const track = this.#track(event);
    if (begun !== undefined && ph !== "s")
      this.#arrows.push({
        name,
        from: begun.at,
        source: begun.track,
        to: ts,
        target: track,
      });
    if (ph === "f") this.#flows.delete(key);
    else this.#flows.set(key, { at: ts, track });
  }

  #group(pid) {
    let group = this.#groups.get(pid);
    if (group === undefined) {
      group = { name: `process ${pid}`, order: pid, tracks: [], counters: [] };
      this.#groups.set(pid, group);
    }
    return group;
  }

  #track({ pid, tid }) {
    const key = `${pid}/${tid}`;
    let track = this.#tracks.get(key);
    if (track === undefined) {
      const group = this.#group(pid);
      track = {
        index: 0,
        name: `thread ${tid}`,
        group,
        order: tid,
        slices: [],
        lanes: [],
        marks: [],
      };
      group.tracks.push(track);
      this.#tracks.set(key, track);
    }
    return track;
  }

  done(about) {
    const byOrder = (a, b) => a.order - b.order;
    const groups = [...this.#groups.values()].sort(byOrder);
    const tracks = [];
    for (const group of groups) {
      group.tracks.sort(byOrder);
      for (const track of group.tracks) {
        track.index = tracks.push(track) - 1;
        track.lanes = lanesOf(track.slices);
        delete track.slices;
        track.marks.sort((a, b) => a.at - b.at);
      }
    }
    const begin = this.#begin === Infinity ? 0 : this.#begin;
    return {
      begin,
      end: Math.max(this.#end, begin + 1),
      groups,
      tracks,
      arrows: this.#arrows.sort((a, b) => a.from - b.from),
      texts: [...this.#texts.keys()],
      about,
      slices: this.#slices,
    };
  }
}

/** Microseconds by which neighbours may overlap that were rounded. */
const ROUNDED = 0.0015;

/** Slices that are within others are below them. */
function lanesOf(slices) {
  let sorted = true;
  for (let i = 1; i < slices.length && sorted; i++) sorted = slices[i - 1].begin <= slices[i].begin;
  if (!sorted) slices.sort((a, b) => a.begin - b.begin || b.end - a.end);
  const lists = [];
  const open = [];
  for (const slice of slices) {
    while (open.length > 0 && open.at(-1).end <= slice.begin + ROUNDED) open.pop();
    (lists[open.length] ??= []).push(slice);
    open.push(slice);
  }
  return lists.map((list) => new Lane(list));
}
