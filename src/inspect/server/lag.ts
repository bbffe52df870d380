/** How late Node's event loop comes: whatever has run for long has made everybody else late. */
import { monitorEventLoopDelay } from "node:perf_hooks";

/** Milliseconds between two looks at the loop. */
const RESOLUTION = 20;

export class Lag {
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION });

  constructor() {
    this.histogram.enable();
  }

  /** The latest since it was asked last, in seconds. */
  sinceLast(): number {
    const { histogram } = this;
    const latest = histogram.count === 0 ? 0 : histogram.max / 1e9 - RESOLUTION / 1e3;
    histogram.reset();
    return Math.max(latest, 0);
  }

  stop(): void {
    this.histogram.disable();
  }
}
