/**
 * What sockets do, told by Node's convention: `tracing:cosocket.tcp.receive:start`, `:end`, `:asyncStart`, `:asyncEnd`, `:error`.
 *
 * Operations look for nothing of this when they are made or performed: they tell their observer, if there is one, and there is one as soon as
 * somebody subscribes. It puts itself before the `next` of each operation that is performed.
 */
import { type Channel, tracingChannel } from "node:diagnostics_channel";
import type { Effect, Operation } from "effection";
import { kindOf, type OperationObserver, reactor, tellOfOperations } from "../../reactor/index.js";
import { Accept } from "../connect/index.js";
import { Flush } from "../connection/index.js";
import { type Directed, type Engine, idOf, tracer, wordsOfTheProgram } from "../object/index.js";

const DOMAINS = ["tcp", "unix", "udp", "stream"] as const;
const OPERATIONS = ["connect", "bind", "accept", "receive", "send", "handshake"] as const;
const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;

/** What the channels `tracing:cosocket.<domain>.<operation>:<event>` carry: the same object from start to end. */
export interface OperationEvent {
  operation: (typeof OPERATIONS)[number];
  domain: (typeof DOMAINS)[number];
  /** The number of the socket, and what it is: `tcp{client} 127.0.0.1:50412->127.0.0.1:7777`; of connect and bind it has its addresses at the end. */
  socket: number;
  name: string;
  /** The id of the fiber that performs it; null: something else does. */
  fiber: number | null;
  /** It could not finish at once: asyncStart and asyncEnd are still to come. */
  waits?: true;
  /** How many bytes were received or sent, once that is known. Never what they are. */
  bytes?: number;
  /** "timeout", "closed", ...; "halted", of what was given up. */
  error?: string;
}

/**
 * The names of all of them, `cosocket.tcp.receive`, for whoever wants to listen to all.
 *
 * @example for (const name of operationChannels()) console.log(`tracing:${name}:error`);
 */
export function operationChannels(): string[] {
  return DOMAINS.flatMap((domain) =>
    OPERATIONS.map((operation) => `cosocket.${domain}.${operation}`),
  );
}

/** Of one operation in one domain. */
class Traced {
  readonly channels: Readonly<Record<(typeof EVENTS)[number], Channel>>;
  constructor(
    readonly domain: OperationEvent["domain"],
    readonly operation: OperationEvent["operation"],
  ) {
    const { start, end, asyncStart, asyncEnd, error } = tracingChannel(
      `cosocket.${domain}.${operation}`,
    );
    this.channels = { start, end, asyncStart, asyncEnd, error };
    for (const event of EVENTS) onSubscribe(this.channels[event]);
  }

  get wanted(): boolean {
    return EVENTS.some((event) => this.channels[event].hasSubscribers);
  }

  tell(event: (typeof EVENTS)[number], context: OperationEvent): void {
    if (this.channels[event].hasSubscribers) this.channels[event].publish(context);
  }
}

const traced = new Map<string, Traced>();

/** Have `follow` called when somebody subscribes: Node tells it to nobody. All ways to subscribe come here. */
function onSubscribe(channel: Channel): void {
  channel.subscribe = function (this: Channel, listener) {
    const { subscribe } = Object.getPrototypeOf(this) as Channel;
    subscribe.call(this, listener);
    follow();
  };
}

for (const domain of DOMAINS)
  for (const operation of OPERATIONS)
    traced.set(`${domain} ${operation}`, new Traced(domain, operation));

/** From now on look at what is performed. */
function follow(): void {
  tracer.around = around;
  tellOfOperations(observer);
}

/** Nobody listens any more. */
function unfollow(): void {
  tracer.around = null;
  tellOfOperations(null);
}

const observer: OperationObserver = {
  made: () => {},
  performed(operation) {
    const { direction } = operation as Partial<Directed>;
    if (direction === undefined || inner === direction || operation instanceof Flush) return;
    const what = operation instanceof Accept ? "accept" : VERBS[direction.kind];
    const trace = wantedFor(direction.of as Engine, what);
    if (trace !== null) attach(operation as Steps, direction, trace);
  },
};

const VERBS = { read: "receive", write: "send" } as const;

/** Null: nobody wants to know. */
function wantedFor(engine: Engine, operation: string): Traced | null {
  const { domain = "udp" } = engine.holder as { domain?: string };
  const trace = traced.get(`${domain} ${operation}`);
  if (trace?.wanted === true) return trace;
  if (![...traced.values()].some(({ wanted }) => wanted)) unfollow();
  return null;
}

function contextOf({ domain, operation }: Traced, engine: Engine): OperationEvent {
  const fiber = reactor.current?.id ?? null;
  return { operation, domain, socket: idOf(engine), name: String(engine), fiber };
}

type Result = IteratorResult<unknown, unknown>;
type Steps = Iterator<unknown, unknown, unknown> & object;

/** The direction of the operation that is in the middle of a step: it may have become another, a wait, which is no operation of its own. */
let inner: object | null = null;

/** Come before the methods of `steps` until it is done. */
function attach(steps: Steps, direction: Directed["direction"], trace: Traced): void {
  const context = contextOf(trace, direction.of as Engine);
  let waited = false;
  const step = (how: "next" | "throw" | "return", value: unknown): Result => {
    const outer = inner;
    inner = direction;
    if (!waited) trace.tell("start", context);
    try {
      // Of its class: what is here is the object's own.
      const result = (Object.getPrototypeOf(steps) as Required<Steps>)[how].call(steps, value);
      if (result.done)
        outcome(context, direction.of as Engine, how === "return" ? HALTED : result.value);
      return finish(result);
    } catch (error) {
      context.error = kindOf(error);
      detach(steps);
      ended(trace, context, waited);
      throw error;
    } finally {
      inner = outer;
    }
  };
  const finish = (result: Result): Result => {
    if (result.done) {
      detach(steps);
      ended(trace, context, waited);
    } else if (!waited) {
      waited = context.waits = true;
      trace.tell("end", context);
    }
    return result;
  };
  Object.assign(steps, {
    next: (...sent: [] | [unknown]) =>
      sent.length === 0 ? Object.getPrototypeOf(steps).next.call(steps) : step("next", sent[0]),
    throw: (error: unknown) => step("throw", error),
    return: (value: unknown) => step("return", value),
  });
}

function detach(steps: Steps): void {
  const own: Partial<Steps> = steps;
  delete own.next;
  delete own.throw;
  delete own.return;
}

function ended(trace: Traced, context: OperationEvent, waited: boolean): void {
  if (waited) trace.tell("asyncStart", context);
  if (context.error !== undefined) trace.tell("error", context);
  trace.tell(waited ? "asyncEnd" : "end", context);
}

const HALTED = [undefined, "halted"];

/** What is told of a result: its error, or how long it is. */
function outcome(context: OperationEvent, engine: Engine, result: unknown): void {
  if (!Array.isArray(result)) return;
  const [value, error] = result as unknown[];
  if (typeof error === "string" && value === undefined) context.error = told(error, engine);
  else if (context.operation === "send") context.bytes = Number(value);
  else if (context.operation === "receive") context.bytes = lengthOf(value);
}

/** An error in a result, without what a callback of the program's has said. */
function told(error: string, { lastError }: Engine): string {
  const whole = lastError === undefined || !wordsOfTheProgram.has(lastError);
  return whole ? error : error.split(": ", 1)[0]!;
}

function lengthOf(value: unknown): number {
  return typeof value === "string" ? Buffer.byteLength(value) : (value as Uint8Array).length;
}

/** Of several steps: connect, bind, handshake. */
function* around<R>(engine: object, what: string, steps: Operation<R>): Operation<R> {
  const trace = wantedFor(engine as Engine, what);
  if (trace === null) return yield* steps;
  const context = contextOf(trace, engine as Engine);
  trace.tell("start", context);
  context.waits = true;
  trace.tell("end", context);
  context.error = "halted";
  try {
    const result = yield* steps as Iterable<Effect<unknown>, R>;
    delete context.error;
    // It has addresses now.
    context.name = String(engine);
    outcome(context, engine as Engine, typeof result === "string" ? [undefined, result] : result);
    return result;
  } catch (error) {
    context.error = kindOf(error);
    throw error;
  } finally {
    ended(trace, context, true);
  }
}
