import type { Fiber } from "./fiber.js";

/** Something that must not outlive the fiber it belongs to: a socket. */
export interface Belonging {
  /** Begin to go away, at once if possible; when gone, call `owner.disown(this)`. */
  release(): void;
  /** What the program holds of it, and returns; without one, itself. */
  readonly handle?: object | null;
  /** Belong to `heir` from now on, or to nobody, unless it should go with its fiber. Without this method it always does. */
  inherit?(heir: Fiber | null): void;
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

/** Pass them on, those that can be. `failed` is told what that throws. */
export function passOn(
  belongings: Belonging[],
  heir: Fiber | null,
  failed: (error: unknown) => void,
): void {
  for (const belonging of belongings) {
    try {
      belonging.inherit?.(heir);
    } catch (error) {
      failed(error);
    }
  }
}

/** Ask each of those that are left to go away. What is still to be waited for: nothing of one that throws, which can say no more when. */
export function releaseAll(mine: () => Belongings, failed: (error: unknown) => void): Belongings {
  const broken: Belonging[] = [];
  for (const belonging of listed(mine())) {
    try {
      belonging.release();
    } catch (error) {
      failed(error);
      broken.push(belonging);
    }
  }
  return broken.reduce<Belongings>(withoutBelonging, mine());
}

/** All of them, in a list of its own: each may go, or be passed on, while the list is gone through. */
export function listed(mine: Belongings): Belonging[] {
  return mine instanceof Set ? [...mine] : mine === null ? [] : [mine];
}

/** Those that a fiber gives away by returning `value`: what it is, or what is in it if it is an array: a tuple, or tuples, as `all` gives them. */
export function givenAway(mine: Belongings, value: unknown): Belonging[] {
  if (typeof value !== "object" || value === null) return [];
  const given = new Set<unknown>(Array.isArray(value) ? value.flat() : [value]);
  return listed(mine).filter((belonging) => given.has(belonging.handle ?? belonging));
}
