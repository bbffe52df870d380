import type { Fiber } from "./fiber.js";

/** Something that must not outlive the fiber it belongs to: a socket. */
export interface Belonging {
  /** Begin to go away, at once if possible; when gone, call `owner.disown(this)`. */
  release(): void;
  /** Belong to `heir` from now on, unless it should go with its fiber. Without this method it always does. */
  inherit?(heir: Fiber): void;
}

/** What belongs to one fiber: mostly nothing or one thing, so that is what costs nothing. */
export type Belongings = Set<Belonging> | Belonging | null;

export function withBelonging(mine: Belongings, belonging: Belonging): Belongings {
  if (mine === null || mine === belonging) return belonging;
  return mine instanceof Set ? mine.add(belonging) : new Set([mine, belonging]);
}

export function withoutBelonging(mine: Belongings, belonging: Belonging): Belongings {
  if (mine === belonging) return null;
  if (mine instanceof Set && mine.delete(belonging) && mine.size === 0) return null;
  return mine;
}

function listed(mine: Belongings): Belonging[] {
  return mine instanceof Set ? [...mine] : mine === null ? [] : [mine];
}

/** Ask each to go away. */
export function releaseAll(mine: Belongings): void {
  if (mine instanceof Set) for (const belonging of listed(mine)) belonging.release();
  else mine?.release();
}

/** Pass each on that can be. */
export function passOn(mine: Belongings, heir: Fiber): void {
  for (const belonging of listed(mine)) belonging.inherit?.(heir);
}
