/** Connected streams without a network: clean, clogged, broken. */
import { operation, reactor, type Yieldable, unknownName } from "../../reactor/index.js";
import { opened, type Stream } from "../stream/index.js";
import { Air } from "./network/air.js";
import { Fate } from "./fate.js";
import { Log } from "./log.js";
import { pipes } from "./network/pipe.js";
import { SimTransport } from "./network/transport.js";

/** How the line is at first. */
export type StreamPairKind = "clean" | "clogged" | "broken";

/** What is between two streams. */
export interface Line {
  /** From now on nothing passes, and nothing is lost: senders wait when the buffers are full, receivers wait. */
  clog(): void;
  /** What was held up arrives. */
  unclog(): void;
  /** Reset it: both sides get "closed", and what was on its way is lost. */
  cut(): void;
}

/**
 * Two client objects, connected in memory, each closed with the fiber that asked. They work in a simulation (where the
 * faults of its network do not touch them) and outside of one.
 *
 * @param kind "clean" (default); "clogged": as after `line.clog()`; "broken": as after `line.cut()`
 * @returns `[a, b, line]`
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
  const air = quietAir();
  const [there, back] = pipes(["a", "b", ""], air, ["a", "b"]);
  const nowhere = { local: undefined, peer: undefined };
  const a = opened(new SimTransport(air, there, back, nowhere, () => {}), "a of a pair");
  const b = opened(new SimTransport(air, back, there, nowhere, () => {}), "b of a pair");
  const line: Line = {
    clog: () => air.partition("a", "b"),
    unclog: () => air.heal("a", "b"),
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
function quietAir(): Air {
  const now = (): number => reactor.clock.now();
  const soon = (happen: () => void): void => reactor.clock.later(happen);
  const at = (time: number, happen: () => void): void => {
    if (time <= now()) soon(happen);
    else reactor.clock.setAlarm(happen, time - now()).hold(false);
  };
  const fate = new Fate({ seed: 0, faults: { latency: 0 }, only: undefined, now, tell: () => {} });
  return new Air({ now, at, soon }, fate, new Log(now, 0), Infinity);
}
