/** Something that must not outlive the fiber it belongs to: a socket. */
export interface Belonging {
  /** Begin to go away, at once if possible; when gone, call `owner.disown(this)`. */
  release(): void;
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

/** Ask each to go away. */
export function releaseAll(mine: Belongings): void {
  if (mine instanceof Set) for (const belonging of [...mine]) belonging.release();
  else mine?.release();
}
