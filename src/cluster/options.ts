/** What `cluster` is given, checked: a misspelt option would be one that does nothing. */
import { availableParallelism } from "node:os";
import process from "node:process";
import { type Check, checkOptions, mustBePlain, notAsync, shown } from "../../reactor/index.js";
import { current } from "../network/index.js";
import { Backoff, type BackoffOptions } from "../reconnect/index.js";
import { reportOnStderr } from "./report.js";
import type { ClusterOptions } from "./types.js";

/** Options with their defaults. */
export type Settings = Required<Omit<ClusterOptions, "primary" | "backoff">> & {
  backoff: BackoffOptions;
  primary: ClusterOptions["primary"];
};

const atLeast =
  (least: number) =>
  (value: unknown): boolean =>
    typeof value === "number" && value >= least;
const isFunction = (value: unknown): boolean => typeof value === "function";
const isWhole = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const positive = (value: unknown): boolean => atLeast(0)(value) && value !== 0;

const OPTIONS: Readonly<Record<string, Check>> = {
  workers: ["a positive whole number", isWhole],
  reusePort: ["true or false", (value) => typeof value === "boolean"],
  grace: ["a number of seconds, 0 or more", atLeast(0)],
  backoff: [
    "an object, { initial, factor, maximum, attempts }",
    (value) => typeof value === "object" && value !== null,
  ],
  readyTimeout: ["a positive number of seconds", positive],
  primary: ["a generator function (primary)", isFunction],
  onevent: ["a function (event)", isFunction],
};

/** Misuse throws TypeError. */
export function checkCluster(body: unknown, options: unknown): Settings {
  if (typeof body !== "function")
    throw new TypeError(
      `cluster takes what each worker runs, cluster(function* (worker) { ... }), not ${shown(body)}`,
    );
  notAsync(body, "cluster");
  checkOptions("cluster", options, OPTIONS);
  const given = options as ClusterOptions;
  const { reusePort = false, primary, onevent = reportOnStderr } = given;
  if (primary !== undefined) notAsync(primary, "cluster: primary");
  mustBePlain(onevent, "cluster: onevent");
  if (reusePort) mustHaveReusePort();
  const backoff = { attempts: 10, ...given.backoff };
  // What is wrong with it is told at the call.
  new Backoff(backoff);
  return {
    workers: given.workers ?? availableParallelism(),
    reusePort,
    grace: given.grace ?? 20,
    backoff,
    readyTimeout: given.readyTimeout ?? 60,
    primary,
    onevent,
  };
}

/** It would do nothing. */
function mustHaveReusePort(): void {
  if (current.network.reusePort) return;
  throw new TypeError(
    `cluster: reusePort needs Node 22.12 or 23.1, on Linux; this is ${process.version} on ${process.platform}. Without it all workers listen at one socket`,
  );
}
