/** What `reconnecting` is given, checked. */
import {
  type Check,
  checkOptionNames,
  mustBe,
  mustBePlain,
  notAsync,
  shown,
} from "../../reactor/index.js";
import { Backoff, type BackoffOptions, type Jitter } from "./backoff.js";

/** Options of `reconnecting`. TypeError for others, at the call. */
export interface ReconnectOptions {
  /** How the pauses grow, and how many attempts in a row may come to nothing. Default: from 0.1 to 10 seconds, each twice as long, for ever. */
  backoff?: BackoffOptions;
  /** How much of a pause is drawn by chance: "full" (default), "equal" (half of it), "none". */
  jitter?: Jitter;
  /**
   * Whether to try again after `error`: a SocketException, with the `error` word of the result, or what was thrown.
   *
   * @param usual what is done without this option
   */
  retry?: (error: unknown, usual: boolean) => boolean;
  /** Told before each pause: after which error, for how many seconds, and how many attempts in a row have come to nothing. */
  onretry?: (error: unknown, seconds: number, failures: number) => void;
}

const isFunction = (value: unknown): boolean => typeof value === "function";

const FUNCTIONS: Readonly<Record<string, Check>> = {
  retry: ["a function (error, usual)", isFunction],
  onretry: ["a function (error, seconds, failures)", isFunction],
};

/** What `retry` has returned. Throws TypeError where it is no answer: a promise would always be a yes. */
export function decided(answer: unknown): boolean {
  if (typeof answer === "boolean") return answer;
  throw new TypeError(
    `reconnecting: what retry returns must be true or false, not ${shown(answer)}`,
  );
}

/** Throws TypeError for what cannot be done. */
export function checkReconnecting(
  connect: unknown,
  handler: unknown,
  options: ReconnectOptions,
): void {
  if (typeof connect !== "function")
    throw new TypeError(
      `reconnecting takes a function that connects, reconnecting(() => socket.connect(host, port), ...), not ${shown(connect)}`,
    );
  if (typeof handler !== "function")
    throw new TypeError(
      `reconnecting takes a handler second, reconnecting(connect, function* (client) { ... }, options), not ${shown(handler)}`,
    );
  notAsync(connect, "reconnecting");
  notAsync(handler, "reconnecting");
  checkOptionNames("reconnecting", options, ["backoff", "jitter", ...Object.keys(FUNCTIONS)]);
  const { backoff, jitter, ...functions } = options;
  // It refuses what means nothing.
  new Backoff(backoff, jitter);
  for (const [name, value] of Object.entries(functions)) {
    mustBe(FUNCTIONS[name]!, `reconnecting: ${name}`, value);
    if (value !== undefined) mustBePlain(value, `reconnecting: ${name}`);
  }
}
