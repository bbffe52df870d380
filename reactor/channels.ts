/** What tools are told of fibers, by Node's diagnostics_channel. */
import { channel } from "node:diagnostics_channel";
import { reactor } from "./reactor.js";
import type { Fiber, Resumer, Waiting } from "./types.js";

/** What the channels carry. */
export interface FiberEvent {
  fiber: Fiber;
  /** What it begins to wait for (park), has waited for (resume), or is woken from (wake). */
  wait?: Waiting | undefined;
  /** The same, where it is an effect of Effection's. */
  effect?: { readonly description: string } | undefined;
  /** The fiber that runs now, which has spawned, woken or halted it; null: something outside, the kernel, a timer. */
  by?: Fiber | null | undefined;
}

/**
 * For tools: what becomes of each fiber, as {@link FiberEvent}s on the channels `cosocket:fiber:spawn`, `:resume`, `:park`, `:wake`, `:halt`,
 * `:ending` and `:end`. Free while nobody listens.
 *
 * Each resume is followed by one park or ending of the same fiber, also while Effection drives it; then its children are ended, if it has
 * any, and it has ended.
 */
export const channels = {
  spawn: channel("cosocket:fiber:spawn"),
  park: channel("cosocket:fiber:park"),
  resume: channel("cosocket:fiber:resume"),
  /** It may be able to go on. */
  wake: channel("cosocket:fiber:wake"),
  /** Somebody, or its parent, has begun to halt it. */
  halt: channel("cosocket:fiber:halt"),
  /** Its body is over. */
  ending: channel("cosocket:fiber:ending"),
  end: channel("cosocket:fiber:end"),
};

/** Somebody listens: `resumer` is woken from `wait`. Who only steps aside wakes himself, before he has parked. */
export function tellWoken(wait: Waiting, { whose: fiber }: Resumer): void {
  const by = reactor.current;
  if (fiber && fiber !== by) channels.wake.publish({ fiber, wait, by } satisfies FiberEvent);
}
