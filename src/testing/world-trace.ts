/** The trace of a simulated world: a group of rows for each host, one of them its network, in virtual time. */
import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Fiber, reactor, textOf } from "../../reactor/index.js";
import {
  type About,
  type Cause,
  recordLast,
  Ring,
  ownFile,
  yieldToSimulation,
} from "../trace/index.js";
import type { Watcher } from "./log.js";
import type { SimWorld } from "./world.js";

/** Memory for events: some million. */
const BYTES = 64 * 2 ** 20;
/** Where what is between hosts is shown. */
const WORLD = "world";

/** Where a trace goes. */
export interface TraceFile {
  name: string;
  /** Several simulations share it: the last one that has failed stays there. */
  shared: boolean;
}

/** Of simulations that share a file: one of them has failed. */
let failedBefore = false;

/** The one that is asked for by the option, or by the environment. Throws what the system says of a folder that cannot be written in. */
export function traceFile(trace: boolean | string = false): TraceFile | undefined {
  const asked = process.env["COSOCKET_TRACE"];
  const name = typeof trace === "string" ? trace : asked && ownFile(asked);
  if (!name) return undefined;
  accessSync(dirname(name), constants.W_OK);
  return { name, shared: typeof trace !== "string" };
}

export class WorldTrace implements Watcher {
  readonly #recording;
  #failed = false;

  constructor(
    private readonly world: SimWorld,
    private readonly file: TraceFile,
  ) {
    if (file.shared) yieldToSimulation();
    const about: About = { by: "cosocket", simulation: true, seed: world.seed };
    this.#recording = recordLast(
      {
        now: world.clock.now,
        groupOf: world.hostName,
        main: WORLD,
        about,
        endOf,
      },
      new Ring({ nanoseconds: Infinity, bytes: BYTES }),
    );
    world.history.watcher = this;
  }

  network(who: string, host: string | null, what: string, cause: Cause | null): Cause {
    return this.#tracer.outside(host ?? WORLD, "network", `${what} on ${who}`, cause);
  }

  fault(name: string): void {
    this.#tracer.outside(WORLD, "faults", name);
  }

  said(text: string): void {
    const { current } = reactor;
    if (current === null) this.#tracer.outside(WORLD, "log", text);
    else this.#tracer.mark(current, text);
  }

  /** The program cannot go on; what follows is cleanup. */
  failed(error: unknown): void {
    this.#tracer.outside(WORLD, "failure", textOf(error).split("\n", 1)[0]!);
  }

  /** It is the trace of a failure. */
  keep(): void {
    this.#failed = true;
  }

  stop(): void {
    this.world.history.watcher = null;
    this.#recording.stop();
  }

  /** In the real world. */
  write(): void {
    const { name, shared } = this.file;
    if (shared && failedBefore && !this.#failed) return;
    if (shared) failedBefore ||= this.#failed;
    writeFileSync(name, this.#recording.text());
  }

  get #tracer() {
    return this.#recording.tracer;
  }
}

/** Nothing in a simulated world is secret. */
function endOf({ ending }: Fiber): string {
  return ending === "returned" || ending === "halted" ? "" : ending.split("\n", 1)[0]!;
}
