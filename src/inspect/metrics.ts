/** Counters, by names as Prometheus has them, in its text format, and for prom-client. All of them are kept anyway, for getstats and the like. */
import { reactor } from "../../reactor/index.js";
import { open } from "../object/index.js";
import { loopFacts } from "./watch.js";

interface Row {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  /** null: nobody measures it now. */
  value(): number | null;
}

const counter = (name: string, help: string, value: Row["value"]): Row => ({
  name: `cosocket_${name}_total`,
  type: "counter",
  help,
  value,
});

const gauge = (name: string, help: string, value: Row["value"]): Row => ({
  name: `cosocket_${name}`,
  type: "gauge",
  help,
  value,
});

const sums = (): typeof open.sockets.totals => open.sockets.totals;

const ROWS: readonly Row[] = [
  gauge("fibers", "Live fibers.", () => reactor.live),
  counter("fibers_started", "Fibers that were started.", () => reactor.lastFiber),
  gauge("fibers_ready", "Tasks in the ready queue.", () => reactor.ready),
  gauge("deadlines", "Armed deadlines: sleeps and timeouts.", () => reactor.timers.armed),
  counter("turns", "Turns of the reactor.", () => reactor.turns),
  gauge("sockets", "Open sockets.", () => sums().opened - sums().closed),
  counter("sockets_opened", "Sockets that were opened.", () => sums().opened),
  counter("sockets_closed", "Sockets that are closed.", () => sums().closed),
  counter("connections_accepted", "Connections that came in.", () => sums().accepted),
  counter(
    "connections_refused",
    "Connections that came in while too many waited, and were closed.",
    () => sums().refused,
  ),
  counter("connections_made", "Connects that succeeded.", () => sums().connected),
  counter("connections_failed", "Connects that failed.", () => sums().unconnected),
  counter("tls_handshakes", "TLS handshakes that succeeded.", () => sums().handshakes),
  counter("tls_handshakes_failed", "TLS handshakes that failed.", () => sums().handshakeErrors),
  counter("handler_errors", "Handlers of serve that have failed.", () => sums().handlerErrors),
  counter("received_bytes", "Bytes that were received.", () => open.sockets.bytes().received),
  counter("sent_bytes", "Bytes that were sent.", () => open.sockets.bytes().sent),
  counter("datagrams_dropped", "Datagrams for which there was no room.", () => sums().dropped),
  gauge(
    "turn_seconds_max",
    "The longest turn since somebody watches.",
    () => loopFacts().longestTurn,
  ),
  gauge("turn_seconds_sum", "Time of all turns since somebody watches.", () => loopFacts().busy),
  gauge(
    "event_loop_lag_seconds",
    "How late the event loop is, the 99th percentile, since somebody watches it.",
    () => loopFacts().lag?.p99 ?? null,
  ),
];

/**
 * The program's counters, by names as Prometheus has them: `cosocket_connections_accepted_total`, `cosocket_fibers`, ... Those that end in
 * `_total` only grow. What is measured only while somebody calls {@link watch} is absent otherwise.
 *
 * @example
 * const { cosocket_fibers, cosocket_received_bytes_total } = metrics();
 */
export function metrics(): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { name, value } of ROWS) {
    const now = value();
    if (now !== null) found[name] = now;
  }
  return found;
}

/**
 * The same in Prometheus's text format, for an endpoint of one's own: no library is needed.
 *
 * @example
 * const answer = (response: { end(text: string): void }): void => response.end(metricsText());
 */
export function metricsText(): string {
  return textOf([{ labels: "", values: metrics() }]);
}

/** @internal Counters of one process, with what tells them from those of others: `{worker="1"}`. */
export interface Measured {
  labels: string;
  values: Record<string, number>;
}

/** @internal */
export function textOf(parts: readonly Measured[]): string {
  const lines = ROWS.flatMap(({ name, type, help }) => {
    const samples = parts
      .filter(({ values }) => values[name] !== undefined)
      .map(({ labels, values }) => `${name}${labels} ${values[name]}`);
    if (samples.length === 0) return [];
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];
  });
  return `${lines.join("\n")}\n`;
}

/** What is used of prom-client, which is an optional peer: the program gives it. */
export interface PromClient<Registry> {
  readonly Gauge: new (options: PromOptions<Registry, PromGauge>) => unknown;
  readonly Counter: new (options: PromOptions<Registry, PromCounter>) => unknown;
  readonly register: Registry;
}

/**
 * A gauge of prom-client's.
 *
 * @example const gauge: PromGauge = { set: (value) => console.log(value) };
 */
export interface PromGauge {
  set(value: number): void;
}

/**
 * A counter of prom-client's.
 *
 * @example const counter: PromCounter = { reset() {}, inc: (value) => console.log(value) };
 */
export interface PromCounter {
  reset(): void;
  inc(value: number): void;
}

/** What a metric of prom-client's is made with. */
export interface PromOptions<Registry, Metric> {
  name: string;
  help: string;
  registers: Registry[];
  /** Called before it is read. */
  collect: (this: Metric) => void;
}

/**
 * Have prom-client show the counters of {@link metrics} beside the program's own.
 *
 * @param prom the module, `import prom from "prom-client"`
 * @param registry which of its registries; default: its own, `prom.register`
 *
 * @example
 * // import prom from "prom-client"
 * const show = (prom: PromClient<object>): void => registerMetrics(prom);
 */
export function registerMetrics<Registry>(
  prom: PromClient<Registry>,
  registry: Registry = prom.register,
): void {
  const registers = [registry];
  for (const { name, type, help, value } of ROWS) {
    if (type === "counter")
      new prom.Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(value() ?? 0);
        },
      });
    else
      new prom.Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value() ?? NaN);
        },
      });
  }
}
