/** Connected streams without a network: clean, clogged, broken. */
import { operation, reactor, type Yieldable, unknownName } from "../../reactor/index.js";
import { opened, type Stream } from "../stream/index.js";
import { Fabric } from "./network/fabric.js";
import { FaultPlan } from "./fault-plan.js";
import { Log } from "./log.js";
import { pipes } from "./network/pipe.js";
import { SimTransport } from "./network/transport.js";

/** How the line is at first. */
export type StreamPairKind = "clean" | "clogged" | "broken";

/** What is between two streams. */
export interface Line {
  /**
   * From now on nothing passes, and nothing is lost: senders wait when the buffers are full, receivers wait.
   *
   * @example
   * const [a, b, line] = yield* streamPair();
   * line.clog();
   * yield* a.send("on its way");
   */
  clog(): void;
  /**
   * What was held up arrives.
   *
   * @example
   * const [a, b, line] = yield* streamPair("clogged");
   * line.unclog();
   */
  unclog(): void;
  /**
   * Reset it: both sides get "closed", and what was on its way is lost.
   *
   * @example
   * const [a, b, line] = yield* streamPair();
   * line.cut(); // "closed" for both
   */
  cut(): void;
}

/**
 * Two client objects, connected in memory, each closed with the fiber that asked. They work in a simulation (where the
 * faults of its network do not touch them) and outside of one.
 *
 * @param kind "clean" (default); "clogged": as after `line.clog()`; "broken": as after `line.cut()`
 * @returns `[a, b, line]`
 *
 * @example
 * const [a, b] = yield* streamPair();
 * yield* a.send("hello\n");
 * const [line] = yield* b.receive("*l");
 */
export function streamPair(
  kind: StreamPairKind = "clean",
): Yieldable<[a: Stream, b: Stream, line: Line]> {
  if (kind !== "clean" && kind !== "clogged" && kind !== "broken")
    throw new TypeError(
      `streamPair: there is no kind ${unknownName(kind, ["clean", "clogged", "broken"])}`,
    );
  return operation("streamPair", function* () {
    return connected(kind);
  });
}

function connected(kind: StreamPairKind): [a: Stream, b: Stream, line: Line] {
  const fabric = perfectFabric();
  const [there, back] = pipes(["a", "b", ""], fabric, ["a", "b"]);
  const nowhere = { local: undefined, peer: undefined };
  const a = opened(new SimTransport(fabric, there, back, nowhere, () => {}), "a of a pair");
  const b = opened(new SimTransport(fabric, back, there, nowhere, () => {}), "b of a pair");
  const line: Line = {
    clog: () => fabric.partition("a", "b"),
    unclog: () => fabric.repair("a", "b"),
    cut: () => {
      there.reset();
      back.reset();
    },
  };
  if (kind === "clogged") line.clog();
  if (kind === "broken") line.cut();
  return [a, b, line];
}

/** On whatever clock the reactor has; nothing goes wrong, and nothing takes time. */
function perfectFabric(): Fabric {
  const now = (): number => reactor.clock.now();
  const soon = (callback: () => void): void => reactor.clock.later(callback);
  const at = (time: number, callback: () => void): void => {
    if (time <= now()) soon(callback);
    else reactor.clock.setAlarm(callback, time - now()).hold(false);
  };
  const plan = new FaultPlan({
    seed: 0,
    faults: { latency: 0 },
    only: undefined,
    now,
    onFault: () => {},
  });
  return new Fabric({ now, at, soon }, plan, new Log(now, 0), Infinity);
}
