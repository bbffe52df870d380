import type { Fiber, Resource, Supervisor } from "./types.js";

/** What belongs to one fiber: mostly nothing or one thing, so that is what costs nothing. */
export type Resources = Set<Resource> | Resource | null;

export function withResource(mine: Resources, resource: Resource): Resources {
  if (mine === null || mine === resource) return resource;
  return mine instanceof Set ? mine.add(resource) : new Set([mine, resource]);
}

export function withoutResource(mine: Resources, resource: Resource): Resources {
  if (mine === resource) return null;
  if (mine instanceof Set && mine.delete(resource) && mine.size === 0) return null;
  return mine;
}

/** Transfer them to `owner`, those that can be. `failed` is told what that throws. */
function transferAll(
  resources: Resource[],
  owner: Fiber | null,
  failed: (error: unknown) => void,
): void {
  for (const resource of resources) {
    try {
      resource.transfer?.(owner);
    } catch (error) {
      failed(error);
    }
  }
}

/** Ask each of those that are left to go away. What is still to be waited for: nothing of one that throws, which can say no more when. */
export function releaseAll(mine: () => Resources, failed: (error: unknown) => void): Resources {
  const broken: Resource[] = [];
  for (const resource of listed(mine())) {
    try {
      resource.release();
    } catch (error) {
      failed(error);
      broken.push(resource);
    }
  }
  return broken.reduce<Resources>(withoutResource, mine());
}

/** All of them, in a list of its own: each may go, or be transferred, while the list is gone through. */
export function listed(mine: Resources): Resource[] {
  return mine instanceof Set ? [...mine] : mine === null ? [] : [mine];
}

/** Where what stands for another object that programs hold has that one. */
export const STANDS_FOR: unique symbol = Symbol("cosocket.standsFor");

/** What a program holds, or what that stands for. */
function meant(value: unknown): unknown {
  return (value as { [STANDS_FOR]?: unknown } | null | undefined)?.[STANDS_FOR] ?? value;
}

/** Those that a fiber gives away by returning `value`: what it is, or what is in it if it is an array: a tuple, or tuples, as `all` gives them. */
function returned(mine: Resources, value: unknown): Resource[] {
  if (typeof value !== "object" || value === null) return [];
  const values: unknown[] = Array.isArray(value) ? value.flat() : [value];
  const given = new Set(values.map(meant));
  return listed(mine).filter((resource) => given.has(resource.handle ?? resource));
}

/** Transfer what a fiber that has returned `value` does not keep: all of it to its supervisor's new owner, or what it has returned to `parent`. */
export function giveAway(
  mine: Resources,
  value: unknown,
  supervisor: Supervisor | undefined,
  parent: Fiber | null,
  failed: (error: unknown) => void,
): void {
  if (supervisor?.newOwner?.over === false) transferAll(listed(mine), supervisor.newOwner, failed);
  else if (supervisor?.keeps !== true) {
    const given = returned(mine, value);
    transferAll(given, parent, failed);
    if (given.length > 0) supervisor?.gave?.(given);
  }
}
