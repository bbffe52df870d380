/** What threads and sockets do, told as it happens. (Copas: copas.debug) */
import { type Channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import { channels, type FiberEvent, operation, reactor, textOf } from "../../reactor/index.js";
import { isOperation } from "../object/index.js";
import type { Dispatcher } from "./dispatcher.js";
import type { Named } from "./sockets.js";

/** Takes a line of what `copas.debug` tells. */
export type Logger = (text: string) => void;

const QUEUES = { read: "READ", write: "WRITE", timer: "SLEEP", inactive: "WAIT" } as const;
/** Characters of a value that are shown. */
const SHOWN = 60;

/** Tells what threads and sockets do, line by line. (Copas: copas.debug) */
export class Debug {
  private stopping: (() => void) | null = null;
  private calls = 0;
  private log: Logger = console.log;

  /** @internal Use `copas.debug`. */
  constructor(private readonly dispatcher: Dispatcher) {}

  /**
   * Tell of each thread when it begins to wait, and for what; when it goes on; when it ends.
   *
   * @param logger default: console.log
   * @param core true: also of fibers that are no threads of copas, the loop's own among them. (Copas: debug.start)
   *
   * @example copas.debug.start((text) => console.error(text));
   */
  start(logger: Logger = console.log, core = false): void {
    this.stop();
    this.log = logger;
    const listen = (channel: Channel, tell: (event: FiberEvent) => string): (() => void) => {
      const listener = (event: unknown): void => {
        const name = this.name(event as FiberEvent, core);
        if (name !== undefined) logger(tell(event as FiberEvent).replace("%", () => `'${name}'`));
      };
      subscribe(channel.name, listener);
      return () => void unsubscribe(channel.name, listener);
    };
    const undo = [
      listen(
        channels.park,
        ({ wait, effect }) =>
          `yielding % to ${QUEUES[wait?.kind ?? "inactive"]}: ${(wait ?? effect)!.description}`,
      ),
      listen(channels.resume, ({ wait, effect = wait }) =>
        effect === undefined ? "resuming %" : `resuming %: ${effect.description}`,
      ),
      listen(channels.end, () => "exiting %"),
    ];
    this.stopping = () => undo.forEach((stop) => stop());
    reactor.forgetting.add(this.stop);
  }

  private name({ fiber }: FiberEvent, core: boolean): string | undefined {
    return core || this.dispatcher.owns(fiber) ? fiber.name : undefined;
  }

  /** Tell no more of threads. (Copas: debug.stop) */
  readonly stop = (): void => {
    this.stopping?.();
    this.stopping = null;
    reactor.forgetting.delete(this.stop);
    this.log = console.log;
  };

  /**
   * The same socket, but each call of a method is told, with its arguments and what it returned: of an operation when it has
   * finished. (Copas: debug.socket)
   *
   * @example const watched = copas.debug.socket(client);
   */
  socket<S extends Named>(skt: S): S {
    return new Proxy(skt, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== "function" || typeof key !== "string") return value;
        return (...args: unknown[]): unknown => this.call(target, key, value as Method, args);
      },
      set: (target, key, value) => Reflect.set(target, key, value, target),
    });
  }

  private call(skt: Named, name: string, method: Method, args: unknown[]): unknown {
    const id = ++this.calls;
    const tell = (what: string): void => this.log(`${id} ${name}${what}`);
    tell(`(${args.map(shown).join(", ")}) on ${String(skt)}`);
    let result: unknown;
    try {
      result = method.apply(skt, args);
    } catch (error) {
      tell(` threw ${textOf(error)}`);
      throw error;
    }
    if (!isOperation(result)) {
      tell(` returned ${shown(result)}`);
      return result;
    }
    return operation(`${name} on ${String(skt)}`, function* () {
      let done = false;
      try {
        const value: unknown = yield* result;
        done = true;
        tell(` returned ${shown(value)}`);
        return value;
      } catch (error) {
        done = true;
        tell(` threw ${textOf(error)}`);
        throw error;
      } finally {
        if (!done) tell(" was cancelled");
      }
    });
  }
}

type Method = (...args: unknown[]) => unknown;

function shown(value: unknown): string {
  const text = inspect(value, { breakLength: Infinity, depth: 1 });
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}... (${text.length} characters)` : text;
}
