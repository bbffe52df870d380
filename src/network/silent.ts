import type { Protocol } from "./network.js";

/** A protocol that nobody speaks. */
export const silent: Protocol = {
  arrived: () => false,
  ended: () => {},
  wrote: () => {},
  finished: () => {},
  broke: () => {},
};
