/** What `trace` and `record` are given, checked: misuse throws TypeError. */
import { checkOptionNames, shown } from "../../reactor/index.js";

/** How much of it is kept: the last `seconds`, and no more than `bytes`. */
export interface TraceOptions {
  /** Seconds. Default: no limit. */
  seconds?: number;
  /** Bytes of memory, about; in the file an event takes about four times as many. Default, where it is kept in memory: 64 MiB. */
  bytes?: number;
}

const DEFAULT_BYTES = 64 * 2 ** 20;

/** With all that it leaves out. */
export function checkTrace(what: string, options: TraceOptions): Required<TraceOptions> {
  checkOptionNames(what, options, ["seconds", "bytes"]);
  const { seconds = Infinity, bytes = DEFAULT_BYTES } = options;
  for (const [name, value] of Object.entries({ seconds, bytes }))
    if (!(typeof value === "number" && value > 0))
      throw new TypeError(`${what}: ${name} is a number of ${name}, not ${shown(value)}`);
  return { seconds, bytes };
}

/** The name of the file. */
export function checkFile(what: string, file: unknown): void {
  if (typeof file !== "string" || file === "")
    throw new TypeError(`${what} takes the name of a file, "run.json", not ${shown(file)}`);
}
