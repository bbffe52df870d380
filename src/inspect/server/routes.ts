/** What can be asked for beside the stream. */
import type { ServerResponse } from "node:http";
import { type Fiber, forkIn } from "../../../reactor/index.js";
import { trace } from "../../trace/index.js";
import { metricsText } from "../metrics.js";
import { pathOf } from "../path.js";
import { type Answer, json, type Route, text } from "./http.js";
import { take } from "./take.js";

/** Seconds that a trace may take. */
const LONGEST_TRACE = 600;

/** @param own the fiber that those belong to which are started for it */
export function routes(own: Fiber): ReadonlyMap<string, Route> {
  const tracer = new Tracer(own);
  return new Map<string, Route>([
    ["/process", () => json(aboutProcess())],
    ["/snapshot", () => json(take())],
    // What the stream does not tell of each fiber.
    ["/path", (query) => json(pathOf(Number(query.get("id"))))],
    [
      "/metrics",
      () => ({ type: "text/plain; version=0.0.4; charset=utf-8", content: metricsText() }),
    ],
    ["/trace", (query, response) => tracer.record(Number(query.get("seconds") ?? 10), response)],
  ]);
}

/** Which process this is, for people. No arguments: there may be secrets in them. */
function aboutProcess(): object {
  const { pid, ppid, version, argv } = process;
  return { pid, ppid, node: version, program: argv[1] ?? "" };
}

/** One trace at a time: each is kept in memory. */
class Tracer {
  private busy = false;

  constructor(private readonly own: Fiber) {}

  /** It is given up when nobody waits for it any more. */
  async record(seconds: number, response: ServerResponse): Promise<Answer> {
    if (!(seconds > 0 && seconds <= LONGEST_TRACE))
      return text(`seconds: a number, at most ${LONGEST_TRACE}`, 400);
    if (this.busy) return text("a trace is being recorded already", 409);
    this.busy = true;
    const over = (): void => void (this.busy = false);
    // What goes wrong with it is told to who has asked, and is nothing to the inspector.
    const fiber = forkIn(
      this.own,
      () => trace({ seconds }),
      { failed: () => {}, ended: over },
      "trace",
    );
    response.once("close", () => void fiber.halt());
    const content = await fiber;
    const name = `trace-${process.pid}.json`;
    const headers = { "Content-Disposition": `attachment; filename="${name}"` };
    return { type: "application/json", content, headers };
  }
}
