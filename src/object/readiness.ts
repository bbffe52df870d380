/** Who is told that something happened to an object: `select`, which waits for many at once. */

/** Those that watch each object; empty in programs that never select, so that telling them costs one look. */
const watchers = new Map<object, Set<() => void>>();

/** How many objects are watched: on the hot path a number is looked at, and nothing else. */
let watched = 0;

/** Something has happened to `object` that may have made it readable or writable. */
export function changed(object: object): void {
  if (watched > 0) tellAll(object);
}

function tellAll(object: object): void {
  for (const tell of [...(watchers.get(object) ?? [])]) tell();
}

export function watch(object: object, tell: () => void): void {
  const told = watchers.get(object);
  if (told === undefined) watchers.set(object, new Set([tell]));
  else told.add(tell);
  watched = watchers.size;
}

export function unwatch(object: object, tell: () => void): void {
  const told = watchers.get(object);
  told?.delete(tell);
  if (told?.size === 0) watchers.delete(object);
  watched = watchers.size;
}

/** What `select` asks of what is inside an object. */
export interface Selectable {
  /** Whether it takes part: false for a closed one, and for one that has neither a connection nor a port. */
  readonly selectable: boolean;
  /** Whether the next receive, or accept, would not have to wait. */
  readonly readable: boolean;
  /** Whether the next send would not have to wait. */
  readonly writable: boolean;
}

/** Functions that are ready when a connection is: sources and sinks over it. */
const standIns = new WeakMap<object, Selectable>();

export function standsFor<O extends object>(object: O, selectable: Selectable): O {
  standIns.set(object, selectable);
  return object;
}

export function standsForWhat(object: object): Selectable | undefined {
  return standIns.get(object);
}
