/** Combinators: operations made of operations, each performed by a light fiber; and what fibers tell each other by. */
export { all, allSettled, type SettledAll } from "./all.js";
export { Channel, channel, type Received, type Sent } from "./channel.js";
export { each, type Each } from "./each.js";
export { event, OnceEvent } from "./event.js";
export type { Performable, Performables } from "./performable.js";
export { race } from "./race.js";
export { scoped } from "./scoped.js";
export { within, type Within } from "./within.js";
