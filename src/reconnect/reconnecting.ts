import type { Operation } from "effection";
import {
  operation,
  type Performable,
  reactor,
  scoped,
  Sleep,
  textOf,
  type Yieldable,
} from "../../reactor/index.js";
import {
  detailsOf,
  errorWord,
  fail,
  type Failure,
  isFailure,
  operationOf,
  type SocketError,
  SocketException,
  type Success,
} from "../object/index.js";
import { Backoff } from "./backoff.js";
import { checkReconnecting, decided, type ReconnectOptions } from "./options.js";
import { isTransient, networkWord } from "./transient.js";

type AnyFailure = readonly [undefined, string, ...unknown[]];

/** What a handler of `reconnecting` is given: the value of what `connect` has returned. */
export type Connected<C> = C extends AnyFailure
  ? never
  : C extends readonly [infer T, ...unknown[]]
    ? T
    : C;

/** What `reconnecting` gives: the success that its handler has returned, any array as it is, anything else as `[value]`; or the last failure. */
export type Reconnecting<T> = Successes<T> | Failure<undefined, SocketError | WordsOf<T>>;
type Successes<T> = T extends AnyFailure | undefined | void
  ? never
  : T extends readonly [infer V]
    ? Success<V>
    : T extends readonly unknown[]
      ? T
      : Success<T>;
type WordsOf<T> = T extends readonly [undefined, infer Word extends string, ...unknown[]]
  ? Word
  : never;

/** How one connection came to its end. */
type Outcome = { readonly success: readonly unknown[] } | { readonly error: unknown };

/**
 * Be a client of a service that comes and goes: connect, let the handler use the connection, and when that is lost, or cannot be had,
 * pause and connect again. The pauses grow up to the longest, and begin anew after a connection that has lasted as long as that and did not end by a timeout, or of which the handler has said that it was useful.
 *
 * Each attempt runs in a fiber of its own: what it connects, opens and forks has ended, cleanup included, before the next one begins. What it waits for, and why, is in `fibers()`.
 *
 * @param connect gives a connection: a result, such as that of `socket.connect`, or a value; any library's
 * @param handler uses it; a second argument, {@link Backoff}, is for `backoff.reset()`, once the connection is known to be of use. When it
 * returns nothing, or a failed result, or throws a SocketException or another error of the network's, the connection is lost. When it returns anything else, that ends it all.
 *
 * @returns what the handler has returned: an array as it is, anything else as `[value]`; or the last failure, after so many `attempts`, or at once if
 * it is none of those that may be gone next time (a certificate that is not trusted; `retry` decides). Other errors, which are bugs mostly, are thrown.
 *
 * Cancelling halts what is under way, and waits for its cleanup. A limit in time: `within(60, reconnecting(...))`.
 *
 * @example
 * yield* reconnecting(
 *   () => socket.connect("127.0.0.1", 7777),
 *   function* (client) {
 *     for (;;) {
 *       const [line, err] = yield* client.receive("*l");
 *       if (err) return; // and connect again
 *       console.log(line);
 *     }
 *   },
 *   { backoff: { initial: 0.1, maximum: 10 }, jitter: "full" },
 * );
 *
 * @example
 * const [answer, err] = yield* reconnecting(
 *   () => socket.connect("127.0.0.1", 7777),
 *   function* (client) {
 *     yield* client.send("who are you?\n");
 *     return yield* client.receive("*l"); // a line ends it, a failure does not
 *   },
 *   { backoff: { attempts: 5 } },
 * );
 */
export function reconnecting<C, T>(
  connect: () => Operation<C>,
  handler: (client: Connected<C>, backoff: Backoff) => Operation<T>,
  options: ReconnectOptions = {},
): Yieldable<Reconnecting<T>> {
  checkReconnecting(connect, handler, options);
  // A copy: it may be changed meanwhile.
  const settings = { ...options, backoff: { ...options.backoff } };
  return operation(
    "reconnecting",
    () => untilSuccess(connect, handler as Handler, settings) as Operation<Reconnecting<T>>,
  );
}

type Handler = (client: unknown, backoff: Backoff) => Operation<unknown>;

function* untilSuccess(
  connect: () => Operation<unknown>,
  handler: Handler,
  { backoff: options, jitter, retry, onretry }: ReconnectOptions,
): Operation<readonly unknown[]> {
  const backoff = new Backoff(options, jitter);
  for (;;) {
    const attempt = new Attempt(connect, handler, backoff);
    const outcome = yield* attempt.outcome();
    if ("success" in outcome) return outcome.success;
    const { error } = outcome;
    // Who waited in vain may have waited for long: of use it was only if the handler has said so.
    if (attempt.lasted >= backoff.maximum && networkWord(error) !== "timeout") backoff.reset();
    const usual = isTransient(error);
    const again = retry === undefined ? usual : decided(retry(error, usual));
    const seconds = backoff.next();
    if (!again || backoff.exhausted) return failureOf(error);
    onretry?.(error, seconds, backoff.failures);
    yield* new Pause(seconds, error);
  }
}

/** One connection, from the attempt to make it to its end. */
class Attempt {
  private connectedAt = Infinity;

  constructor(
    private readonly connect: () => Operation<unknown>,
    private readonly handler: Handler,
    private readonly backoff: Backoff,
  ) {}

  /** For how many seconds there was a connection; less than none if there was none. */
  get lasted(): number {
    return reactor.clock.now() - this.connectedAt;
  }

  *outcome(): Operation<Outcome> {
    try {
      const returned = yield* scoped("reconnecting", this.body);
      if (returned === undefined) return { error: new SocketException("closed") };
      if (!Array.isArray(returned)) return { success: [returned] };
      if (!isFailure(returned)) return { success: returned };
      return { error: new SocketException(returned[1], detailsOf(returned)) };
    } catch (error) {
      return { error };
    }
  }

  private readonly body: Performable = function* (this: Attempt): Operation<unknown> {
    const connected: unknown = yield* operationOf(this.connect());
    if (Array.isArray(connected) && isFailure(connected)) return connected;
    this.connectedAt = reactor.clock.now();
    const client: unknown = Array.isArray(connected) ? connected[0] : connected;
    return yield* operationOf(this.handler(client, this.backoff));
  }.bind(this);
}

/** The pause before the next attempt, which says what it is after. */
class Pause extends Sleep<void> {
  constructor(
    seconds: number,
    private readonly error: unknown,
  ) {
    super(seconds);
  }
  get description(): string {
    return `reconnecting in ${this.seconds.toFixed(3)} s, after: ${reasonOf(this.error)}`;
  }
  protected slept(): void {}
}

function reasonOf(error: unknown): string {
  return error instanceof SocketException ? error.message : textOf(error);
}

/** Trouble of the network's is a result; anything else is thrown. */
function failureOf(error: unknown): Failure {
  if (error instanceof SocketException) {
    const { operation = "reconnecting", address, cause } = error;
    return fail(error.error as SocketError, { operation, address, cause: cause as Error });
  }
  if (networkWord(error) === undefined) throw error;
  return fail(errorWord(error as Error), { operation: "reconnecting", cause: error as Error });
}
