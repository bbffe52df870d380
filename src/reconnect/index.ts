/** Clients of services that come and go. */
export { Backoff, type BackoffOptions, type Jitter } from "./backoff.js";
export type { ReconnectOptions } from "./options.js";
export { type Connected, reconnecting, type Reconnecting } from "./reconnecting.js";
