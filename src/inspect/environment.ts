/** COSOCKET_INSPECT: what `inspect` does, without a word of the program's. */
import cluster from "node:cluster";
import process from "node:process";
import { isMainThread } from "node:worker_threads";
import { print } from "../object/index.js";
import { start } from "./inspect.js";
import { checkInspect, type InspectOptions } from "./server/options.js";

const HELP =
  'COSOCKET_INSPECT: "1" for the terminal, "7070" or "127.0.0.1:7070" for the page as well';

/**
 * @internal
 * @param value "1": only for the terminal; "7070", "127.0.0.1:7070", "[::1]:0": with the page there. COSOCKET_INSPECT_TOKEN is its token.
 */
export function inspectByEnvironment(value: string): void {
  // One for each process: its threads would ask for the same.
  if (!isMainThread) return;
  const options = optionsOf(value);
  if (options === null) return print(`${HELP}, not ${JSON.stringify(value)}`);
  try {
    begin(options);
  } catch (error) {
    print(`COSOCKET_INSPECT: ${(error as Error).message}`);
  }
}

function begin(options: InspectOptions): void {
  // All workers of a cluster would share the port, and show now this one, now that.
  const { port, ...others } = options;
  const settings = checkInspect(cluster.isWorker || port === undefined ? others : options);
  start(settings, ([inspector, err]) => {
    if (!err) {
      if (inspector.url !== undefined) print(`cosocket: look at ${inspector.url}`);
      return;
    }
    print(`COSOCKET_INSPECT: ${err}`);
    if (settings.port === null) return;
    // Another process of the program has the page: this one has inherited the variable.
    print(`COSOCKET_INSPECT: no page here, but npx cosocket top ${process.pid}`);
    start(checkInspect(others), () => {});
  });
}

function optionsOf(value: string): InspectOptions | null {
  if (/^(1|true|yes|on)$/i.test(value)) return {};
  const [, host, port] = /^(?:(\[[^\]]+\]|[^:]*):)?(\d+)$/.exec(value) ?? [];
  if (port === undefined) return null;
  const { COSOCKET_INSPECT_TOKEN: token } = process.env;
  return {
    port: Number(port),
    ...(host === undefined || host === "" ? {} : { host: host.replace(/^\[|\]$/g, "") }),
    ...(token === undefined ? {} : { token }),
  };
}
