/** All that is known of one row of the table. */
import type { Frame } from "../facts.js";
import { count, duration, size } from "../view/format.js";
import { LINTS, type Lint } from "../view/lints.js";
import { type Line, type Model, numberOf } from "../view/model.js";
import { fit, type Style } from "./text.js";

/** A process that is shown. */
export interface Shown {
  pid: number;
  program: string;
  model: Model;
  /** It tells nothing any more. */
  ended: boolean;
  /** Where a fiber of it waits: the one that was asked for last. */
  path?: { id: number; frames: readonly Frame[] };
}

export interface Entry {
  process: Shown;
  line: Line;
}

export function details({ process, line }: Entry, width: number, style: Style): string[] {
  if (line.heading) return processDetails(line, process.model.head!.now, width);
  const { fiber, bytes } = line;
  const { model } = process;
  const { now } = model.head!;
  const since = (from: number | null): string => (from === null ? "" : duration(now - from));
  const parent = model.fiber(fiber.parent);
  const sockets = [...line.process.sockets.values()].filter(
    (socket) => socket.id === fiber.socket || socket.fiber === fiber.id,
  );
  const terms: [string, string][] = [
    ["fiber", `${fiber.name}, ${numberOf(fiber.id)} in process ${line.process.pid}`],
    ["state", fiber.state],
    ["waits for", fiber.waitsFor ?? ""],
    ["for", since(fiber.since)],
    [
      "timeout",
      fiber.until === null
        ? ""
        : `${fiber.until < now ? "passed " : "in "}${duration(Math.abs(fiber.until - now))}`,
    ],
    ["age", since(fiber.born)],
    ["runs", fiber.runs === null ? "" : String(fiber.runs)],
    ["busy", duration(fiber.busy)],
    ["bytes", bytes === 0 ? "" : size(bytes)],
    ["parent", parent?.name ?? ""],
    ...sockets.map(({ name, received, sent, unread, unsent }): [string, string] => [
      "socket",
      `${name}: ${size(received)} received, ${size(sent)} sent, ${size(unread)} unread, ${size(unsent)} unsent`,
    ]),
  ];
  const { path } = process;
  for (const [i, frame] of (path?.id === fiber.id ? path.frames : []).entries())
    terms.push([i === 0 ? "where" : " ", placeOf(frame)]);
  const lints = fiber.lints === "" ? [] : (fiber.lints.split(" ") as Lint[]);
  return [
    "",
    ...lints.map((lint) => style.warning(fit(`  ${lint}: ${LINTS[lint]}`, width))),
    ...terms
      .filter(([, value]) => value !== "")
      .map(([term, value]) => fit(`  ${fit(term, 11)}${value}`, width)),
  ];
}

function placeOf({ function: name, file, line, column }: Frame): string {
  const place = `${file}:${line}:${column}`;
  return name === "" ? place : `${name} (${place})`;
}

/** A process of a cluster. */
function processDetails({ process }: Line, now: number, width: number): string[] {
  const { name, pid, head, facts, rates } = process;
  const terms: [string, string][] = [
    ["process", `${name}, pid ${pid}`],
    ["state", process.stateAt(now)],
    ["problem", facts?.problem ?? ""],
    ["age", facts === null ? "" : duration(facts.seconds)],
    ["restarts", facts === null ? "" : String(facts.restarts)],
    ["connections", String(process.connections)],
    ["turns", `${count(rates.turns)}/s`],
    ["memory", head === null ? "" : size(head.memory)],
    ["processor", `${Math.round(rates.cpu * 100)} %`],
    ["lag", head === null ? "" : duration(head.lag)],
  ];
  return [
    "",
    ...terms
      .filter(([, value]) => value !== "")
      .map(([term, value]) => fit(`  ${fit(term, 13)}${value}`, width)),
  ];
}
