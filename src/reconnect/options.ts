/** What `reconnecting` is given, checked. */
import { checkOptionNames, mustBePlain, notAsync, shown } from "../../reactor/index.js";
import { BOUNDS, type Jitter, JITTER, mustBe, type Wanted } from "./backoff.js";

/** Options of `reconnecting`. TypeError for others, at the call. */
export interface ReconnectOptions {
  /** The first pause and the longest, in seconds: each is up to twice as long as the one before. Default: [0.1, 10]. */
  backoff?: readonly [first: number, longest: number];
  /** How much of a pause is drawn by chance: "full" (default), "equal" (half of it), "none". */
  jitter?: Jitter;
  /** How many attempts in a row may come to nothing, the first one counted. Default: Infinity. */
  attempts?: number;
  /**
   * Whether to try again after `error`: a SocketException, with the `error` word of the result, or what was thrown.
   *
   * @param usual what is done without this option
   */
  retry?: (error: unknown, usual: boolean) => boolean;
  /** Told before each pause: after which error, for how many seconds, and how many attempts have come to nothing. */
  onretry?: (error: unknown, seconds: number, attempts: number) => void;
}

const isFunction = (value: unknown): boolean => typeof value === "function";

const OPTIONS: Readonly<Record<keyof ReconnectOptions, Wanted>> = {
  backoff: BOUNDS,
  jitter: JITTER,
  attempts: [
    "a positive whole number, or Infinity",
    (value) => value === Infinity || (Number.isInteger(value) && (value as number) > 0),
  ],
  retry: ["a function (error, usual)", isFunction],
  onretry: ["a function (error, seconds, attempts)", isFunction],
};

/** Throws TypeError for what cannot be done. */
export function checkReconnecting(connect: unknown, handler: unknown, options: object): void {
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
  checkOptionNames("reconnecting", options, Object.keys(OPTIONS));
  for (const [key, value] of Object.entries(options)) {
    if (value !== undefined)
      mustBe(OPTIONS[key as keyof ReconnectOptions], `reconnecting: ${key}`, value);
    if (typeof value === "function") mustBePlain(value, `reconnecting: ${key}`);
  }
}
