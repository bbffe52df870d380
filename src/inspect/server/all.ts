/** What is asked of a whole cluster: of its primary process, and of each of its workers. */
import { dump } from "../dump.js";
import { metrics, type Measured, textOf } from "../metrics.js";
import { type Answer, text } from "./answer.js";
import { dumpsOfWorkers } from "./dumps.js";
import { ask, oneForEachSlot } from "./workers.js";

/** Seconds that a worker may take. */
const PATIENCE = 1;

/** The counters of all, each with its `worker`, and those of the cluster itself: in Prometheus's text format. */
export async function metricsOfAll(): Promise<Answer> {
  const workers = oneForEachSlot();
  const found = await Promise.allSettled(
    workers.map(({ id }) => ask(id, "/metrics.json", PATIENCE)),
  );
  const parts: Measured[] = [{ labels: '{worker="primary"}', values: metrics() }];
  const [up, restarts] = [
    ["# TYPE cosocket_worker_up gauge"],
    ["# TYPE cosocket_worker_restarts_total counter"],
  ];
  found.forEach((one, i) => {
    const labels = `{worker="${workers[i]!.slot}"}`;
    const answered = one.status === "fulfilled" && one.value.status === 200;
    up.push(`cosocket_worker_up${labels} ${answered ? 1 : 0}`);
    restarts.push(`cosocket_worker_restarts_total${labels} ${workers[i]!.restarts}`);
    if (!answered) return;
    const values = JSON.parse(String(one.value.content)) as Record<string, number>;
    parts.push({ labels, values });
  });
  return metricsAnswer(`${textOf(parts)}${[...UP, ...up, ...RESTARTS, ...restarts].join("\n")}\n`);
}

const UP = ["# HELP cosocket_worker_up Whether the worker of a cluster has answered."];
const RESTARTS = [
  "# HELP cosocket_worker_restarts_total Workers that have died and were followed by another.",
];

export const metricsAnswer = (content: string): Answer => ({
  type: "text/plain; version=0.0.4; charset=utf-8",
  content,
});

export async function dumpOfAll(): Promise<Answer> {
  return text(
    [`primary (pid ${process.pid}): ${dump()}`, ...(await dumpsOfWorkers())].join("\n\n"),
  );
}
