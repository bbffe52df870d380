/** What can be asked for beside the stream. In the primary process of a cluster also of one of its workers, or of all of them. */
import process from "node:process";
import type { Fiber } from "../../../reactor/index.js";
import { dump } from "../dump.js";
import { metrics, metricsText } from "../metrics.js";
import { pathOf } from "../path.js";
import { dumpOfAll, metricsAnswer, metricsOfAll } from "./all.js";
import { json, type Route, text } from "./answer.js";
import { take } from "./take.js";
import { Tracer } from "./tracer.js";
import { ask, workersNow } from "./workers.js";

/** Seconds that a worker may take, beside those of the trace that is asked for. */
const PATIENCE = 10;

/** @param own the fiber that those belong to which are started for it */
export function routes(own: Fiber): ReadonlyMap<string, Route> {
  const tracer = new Tracer(own);
  /** Of all, where that is something else than of this process. */
  const here: [path: string, one: Route, all?: Route][] = [
    ["/process", () => json(aboutProcess())],
    ["/snapshot", () => json(take())],
    // What the stream does not tell of each fiber.
    ["/path", (query) => json(pathOf(Number(query.get("id"))))],
    ["/dump", () => text(dump()), dumpOfAll],
    ["/metrics", () => metricsAnswer(metricsText()), metricsOfAll],
    ["/metrics.json", () => json(metrics())],
    ["/trace", tracer.here, tracer.all],
  ];
  return new Map(here.map(([path, one, all]) => [path, anywhere(path, one, all)]));
}

/** `worker` says of whom: its id, or 0 for this process. */
function anywhere(path: string, one: Route, all: Route = one): Route {
  return async (query, response) => {
    const worker = query.get("worker");
    if (worker === null) return await (workersNow().length > 0 ? all : one)(query, response);
    if (Number(worker) === 0) return await one(query, response);
    query.delete("worker");
    const seconds = Number(query.get("seconds") ?? 0) + PATIENCE;
    try {
      return await ask(Number(worker), `${path}?${query.toString()}`, seconds);
    } catch (error) {
      return text(error instanceof Error ? error.message : "failed", 502);
    }
  };
}

/** Which process this is, for people. No arguments: there may be secrets in them. */
function aboutProcess(): object {
  const { pid, ppid, version, argv } = process;
  return { pid, ppid, node: version, program: argv[1] ?? "", workers: workersNow() };
}
