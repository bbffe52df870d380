/**
 * How long a test may take. Loaded by mocha (.mocharc.js, `--require`).
 *
 * Limits are for what hangs; nobody is to notice how fast the machine is. In CI suites run beside one another, and others may have the processors
 * as well, where a test that waits for several processes can take many times what it takes alone. Given up, it would be the first of many: what it was at
 * goes on below those behind it. So CI waits longer, each limit times this; on a developer's machine what hangs is told soon.
 */
import Mocha from "mocha";
import { times } from "./counts.js";

/** COSOCKET_PATIENCE, where it is set. */
const PATIENCE = Number(process.env["COSOCKET_PATIENCE"] ?? times(1, 6));

type Timeout = (this: Mocha.Runnable, ms?: number | string) => unknown;

// Everybody sets limits by it: tests, hooks, and suites for what is in them.
const prototype = Mocha.Runnable.prototype as unknown as { timeout: Timeout };
const { timeout } = prototype;
prototype.timeout = function (...args) {
  const [ms] = args;
  return typeof ms === "number" ? timeout.call(this, ms * PATIENCE) : timeout.apply(this, args);
};
