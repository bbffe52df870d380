/**
 * The rules of Chrome's "Trace Event Format", as Perfetto reads it, for the kinds of events that we write. What is wrong, in words; nothing: it is valid.
 * It knows nothing of how a trace is written.
 */

/** One event of a file. */
export interface TraceEvent {
  ph: string;
  pid: number;
  tid?: number;
  ts?: number;
  dur?: number;
  name: string;
  cat?: string;
  id?: number;
  bp?: string;
  s?: string;
  args?: Record<string, unknown>;
}

export interface TraceFile {
  traceEvents: TraceEvent[];
  otherData?: Record<string, unknown>;
}

/** Nanoseconds: what Perfetto counts in. Sums of microseconds with fractions are not exact. */
const ns = (microseconds: number): number => Math.round(microseconds * 1000);
const key = ({ pid, tid }: TraceEvent): string => `${pid}/${tid}`;

interface Slice {
  begin: number;
  end: number;
  event: TraceEvent;
}

/** @param text of a file */
export function violations(text: string): string[] {
  const file = JSON.parse(text) as TraceFile;
  const { traceEvents: events } = file;
  if (!Array.isArray(events)) return ["there is no list traceEvents"];
  const wrong = [...events.flatMap(shape), ...names(events)];
  if (wrong.length > 0) return wrong;
  const tracks = slices(events);
  return [...order(events), ...nesting(tracks), ...flows(events, tracks)];
}

/** What each kind of event must have. */
function shape(event: TraceEvent): string[] {
  const wrong: string[] = [];
  const must = (right: boolean, what: string): void => {
    if (!right) wrong.push(`${what}: ${JSON.stringify(event)}`);
  };
  const { ph, pid, tid, ts, dur, name, id } = event;
  must("XisfCM".includes(ph) && ph.length === 1, "a kind of event that we do not write");
  must(Number.isSafeInteger(pid) && pid > 0, "pid is no number of a process");
  must(typeof name === "string" && name !== "", "it has no name");
  if (ph !== "C" && !name.startsWith("process_"))
    must(Number.isSafeInteger(tid) && tid! > 0, "tid is no number of a thread");
  if (ph !== "M") must(Number.isFinite(ts) && ts! >= 0, "ts is no time");
  if (ph === "X") must(Number.isFinite(dur) && ns(dur!) > 0, "dur is no length of time");
  if (ph === "i") must(event.s === "t", "a mark is of a thread");
  if (ph === "s" || ph === "f") must(Number.isSafeInteger(id), "id is no number of an arrow");
  if (ph === "f") must(event.bp === "e", "an arrow ends at the slice around it");
  if (ph === "C") must(Object.values(event.args!).every(Number.isFinite), "a counter is a number");
  return wrong;
}

/** All processes and threads have a name, and a thread is in one process. */
function names(events: TraceEvent[]): string[] {
  const wrong = new Set<string>();
  const named = new Set<string>();
  const processOf = new Map<number, number>();
  for (const event of events) {
    const { ph, pid, tid, name, args } = event;
    if (ph !== "M") continue;
    if (name === "process_name") named.add(`${pid}`);
    else if (name === "thread_name") named.add(key(event));
    else if (typeof args!["sort_index"] === "number") continue;
    else wrong.add(`it tells nothing that we know: ${JSON.stringify(event)}`);
    if (name.endsWith("_name") && (typeof args!["name"] !== "string" || args!["name"] === ""))
      wrong.add(`the name is no text: ${JSON.stringify(event)}`);
    if (tid === undefined) continue;
    if ((processOf.get(tid) ?? pid) !== pid) wrong.add(`thread ${tid} is in two processes`);
    processOf.set(tid, pid);
  }
  for (const event of events) {
    if (!named.has(`${event.pid}`)) wrong.add(`process ${event.pid} has no name`);
    if (event.tid !== undefined && !named.has(key(event)))
      wrong.add(`thread ${key(event)} has no name`);
  }
  return [...wrong];
}

function slices(events: TraceEvent[]): Map<string, Slice[]> {
  const tracks = new Map<string, Slice[]>();
  for (const event of events) {
    if (event.ph !== "X") continue;
    const begin = ns(event.ts!);
    const slice = { begin, end: begin + ns(event.dur!), event };
    const track = tracks.get(key(event));
    if (track === undefined) tracks.set(key(event), [slice]);
    else track.push(slice);
  }
  return tracks;
}

/** In the file, the times of one track's slices, and of one counter, never go back. */
function order(events: TraceEvent[]): string[] {
  const latest = new Map<string, number>();
  return events.flatMap((event) => {
    if (event.ph !== "X" && event.ph !== "C") return [];
    const what = event.ph === "X" ? key(event) : `${event.pid} ${event.name}`;
    const before = latest.get(what) ?? 0;
    latest.set(what, event.ts!);
    return event.ts! >= before ? [] : [`time goes back: ${JSON.stringify(event)}`];
  });
}

/** Slices of one thread are one after the other, or one within the other. */
function nesting(tracks: Map<string, Slice[]>): string[] {
  const wrong: string[] = [];
  for (const list of tracks.values()) {
    const sorted = list.toSorted((a, b) => a.begin - b.begin || b.end - a.end);
    const open: Slice[] = [];
    for (const slice of sorted) {
      while (open.length > 0 && open.at(-1)!.end <= slice.begin) open.pop();
      const around = open.at(-1);
      if (around !== undefined && slice.end > around.end)
        wrong.push(
          `slices overlap: ${JSON.stringify(around.event)} and ${JSON.stringify(slice.event)}`,
        );
      open.push(slice);
    }
  }
  return wrong;
}

/** An arrow has one begin and one end, not before it, and each is in a slice. */
function flows(events: TraceEvent[], tracks: Map<string, Slice[]>): string[] {
  const wrong: string[] = [];
  const begins = new Map<number, TraceEvent>();
  const ended = new Set<number>();
  const ends = events.filter(({ ph }) => ph === "f");
  for (const event of events) {
    if (event.ph !== "s") continue;
    if (begins.has(event.id!)) wrong.push(`an arrow begins twice: ${JSON.stringify(event)}`);
    begins.set(event.id!, event);
  }
  for (const event of ends) {
    const begin = begins.get(event.id!);
    if (begin === undefined) wrong.push(`an arrow begins nowhere: ${JSON.stringify(event)}`);
    else if (begin.ts! > event.ts!)
      wrong.push(`an arrow ends before it begins: ${JSON.stringify(event)}`);
    if (ended.has(event.id!)) wrong.push(`an arrow ends twice: ${JSON.stringify(event)}`);
    ended.add(event.id!);
  }
  for (const event of [...begins.values(), ...ends]) {
    if (!ended.has(event.id!)) wrong.push(`an arrow ends nowhere: ${JSON.stringify(event)}`);
    if (!isBound(ns(event.ts!), tracks.get(key(event)) ?? []))
      wrong.push(`an arrow is bound to no slice: ${JSON.stringify(event)}`);
  }
  return wrong;
}

/** Whether a slice is around it. Those of one track are in order. */
function isBound(at: number, list: Slice[]): boolean {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.begin <= at) low = middle + 1;
    else high = middle;
  }
  // Of those that began before, an inner one may have ended already.
  for (let i = low - 1; i >= 0 && i > low - 10; i--) if (list[i]!.end > at) return true;
  return false;
}
