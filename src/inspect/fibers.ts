/** The live fibers. */
import {
  type Fiber,
  liveFibers,
  pauseOf,
  type Pause,
  told,
  type Waiting,
} from "../../reactor/index.js";
import { idOf } from "../object/index.js";
import type { FiberFacts } from "./facts.js";
import { pathsOf } from "./path.js";
import { countsOf } from "./watch.js";

/** Waits in words: these ask the kernel for addresses. They are those of the moment when somebody has asked first. */
const texts = new WeakMap<Waiting, { readonly since: number; readonly text: string }>();

function inWords(pause: Pause): string {
  const { wait } = pause;
  if (wait === null) return pause.words;
  const known = texts.get(wait);
  if (known?.since === wait.since) return known.text;
  const text = pause.words;
  texts.set(wait, { since: wait.since, text });
  return text;
}

/** Those that are no descendants of `without`, nor that one itself. */
export function fibersBut(without: Fiber | undefined): Fiber[] {
  const all = liveFibers();
  if (without === undefined) return all;
  const left = new Set<Fiber>([without]);
  // Parents come before their children.
  return all.filter((fiber) => {
    const { nearest } = fiber.parent;
    if (fiber !== without && (nearest === null || !left.has(nearest))) return true;
    left.add(fiber);
    return false;
  });
}

function fiberFacts(fiber: Fiber): FiberFacts {
  const counts = countsOf(fiber);
  const { waitsFor, kind, since, until, socket } = waitFacts(fiber);
  return {
    id: fiber.id,
    parent: fiber.parent.nearest?.id ?? null,
    name: told(fiber.name),
    state: fiber.state,
    born: fiber.born,
    waitsFor,
    kind,
    since,
    until,
    runs: counts?.runs ?? null,
    busy: counts?.busy ?? null,
    longest: counts?.longest ?? null,
    socket,
  };
}

type WaitFacts = Pick<FiberFacts, "waitsFor" | "kind" | "since" | "until" | "socket">;

/** A wait may be the program's own, and what it says of itself may throw: that is no reason for its program to end. */
function waitFacts(fiber: Fiber): WaitFacts {
  try {
    const pause = pauseOf(fiber);
    const wait = pause?.wait ?? null;
    return {
      waitsFor: pause === null ? null : inWords(pause),
      kind: wait?.kind ?? null,
      since: finite(pause?.since),
      until: finite(wait?.until),
      socket: wait?.subject === undefined ? null : idOf(wait.subject),
    };
  } catch {
    return UNKNOWN;
  }
}

const UNKNOWN: WaitFacts = {
  waitsFor: "something that cannot be shown",
  kind: null,
  since: null,
  until: null,
  socket: null,
};

/** JSON has no others. */
function finite(seconds: number | undefined): number | null {
  return seconds !== undefined && Number.isFinite(seconds) ? seconds : null;
}

/** @param paths where each waits, too; "recorded": as far as that was recorded */
export function fibersFacts(fibers: readonly Fiber[], paths: boolean | "recorded"): FiberFacts[] {
  const facts = fibers.map(fiberFacts);
  if (paths === false) return facts;
  const all = pathsOf(fibers, paths === true);
  return facts.map((one, i) => ({ ...one, path: all[i]! }));
}
