/** `serve` for async functions. */
import { type Operation } from "effection";
import {
  type Fiber,
  mustBePlain,
  operation,
  shown,
  toPromise,
  type Yieldable,
} from "../../reactor/index.js";
import {
  inTheManner,
  nodeHandler as nodeHandlerOperation,
  serve as serveOperation,
  type ServeOptions as Options,
} from "../serve/index.js";
import { promised, unpromised } from "./promised.js";
import { takeSignal } from "./signal.js";
import type { Abortable, Tcp, Udp, Unix } from "./types.js";
import { performVisit, Visit } from "./visit.js";

/** What can be served: a TCP or Unix server, or a bound UDP object. */
export type Servable = Tcp | Unix | Udp;

/** What a handler gets beside its client. */
export interface HandlerContext {
  /** Aborted when the handler is to end, because its server has ended and its grace is over. Give it to what you wait for. */
  readonly signal: AbortSignal;
}

/**
 * Runs one connection; async, or a plain function if it does not have to wait. The client is closed when its promise settles. An operation
 * that it returns is performed.
 */
export type Handler<Client extends Servable = Tcp> = (
  client: Client,
  context: HandlerContext,
) => unknown;

/** Takes the error of a handler. A plain function. */
export type ErrorHandler<Client extends Servable = Tcp> = (
  error: unknown,
  fiber: Fiber,
  client: Client,
) => void;

/** Options of `serve`: those that it has for generators, and a signal. */
export interface ServeOptions<Client extends Servable = Tcp>
  extends Omit<Options, "errorhandler" | "onhandshakeerror" | "onproxyerror">, Abortable {
  /** Takes errors of handlers; the server goes on. Default: prints them on stderr. */
  errorhandler?: ErrorHandler<Client>;
  /** Told of TLS handshakes that failed, and of the address of the client, which is closed. */
  onhandshakeerror?: (
    error: string,
    client: Client,
    peer: ReturnType<Client["getpeername"]>,
  ) => void;
  /** Told of clients without a header of the PROXY protocol that is believed, and of the address that has connected. */
  onproxyerror?: (error: string, client: Client, peer: ReturnType<Client["getpeername"]>) => void;
}

/**
 * Accept connections and run an async `handler` for each, concurrently. The promise is resolved when the server is closed and all handlers
 * have ended, and rejects with the signal's reason when it was aborted and they have.
 *
 * An abort frees the port at once and lets handlers go on for `grace` seconds. Then the `signal` of each that is left is aborted, and its
 * client receives no more ("closed"); it can still send. A handler that has not settled 10 seconds later is given up: its client is
 * closed, and the error handler is told.
 *
 * The client is closed when its handler settles, however that ends; what a handler throws goes to the error handler. What else a handler
 * makes belongs to nobody: close it, or write `await using`.
 *
 * TypeError when `server` does not listen, and for options that are misspelt or wrong.
 *
 * @example
 * const server = socket.try(await socket.bind("*", 7777));
 * await serve(server, async (client) => {
 *   for await (const line of client.lines()) await client.send(line + "\n");
 * });
 */
export function serve<Client extends Servable>(
  server: Client,
  handler: Handler<Client>,
  options: ServeOptions<Client> = {},
): Promise<void> {
  const args: unknown[] = [options];
  const signal = takeSignal(args, "serve");
  const [{ errorhandler, onhandshakeerror, onproxyerror, ...rest } = {}] = args as [
    ServeOptions<Client>?,
  ];
  checkHandler(handler);
  const reason = (): unknown => (signal?.aborted === true ? signal.reason : undefined);
  const service = serveOperation<never>(
    unpromised(server) as never,
    inTheManner(handler, (client): Operation<unknown> => {
      const visit = new Visit(client, reason);
      // Of the class that the server is of.
      return performVisit(visit, handler(promised(client), visit.context));
    }),
    {
      ...rest,
      ...withPromised("errorhandler", errorhandler, 2),
      ...withPromised("onhandshakeerror", onhandshakeerror, 1),
      ...withPromised("onproxyerror", onproxyerror, 1),
    },
  );
  if (signal?.aborted === true) server.close();
  return toPromise(closing(server, service), signal);
}

/**
 * A handler for `serve` that gives each connection to a server of Node's (of node:http, https, http2), as `nodeHandler` of `cosocket`.
 *
 * @returns a handler; TypeError for what is no server of Node's
 *
 * @example
 * const { createServer } = process.getBuiltinModule("node:http");
 * const http = createServer((request, response) => response.end("hello\n"));
 * await serve(server, nodeHandler(http), { grace: 10, signal });
 */
export function nodeHandler(
  server: Parameters<typeof nodeHandlerOperation>[0],
): Handler<Tcp | Unix> {
  const handler = nodeHandlerOperation(server);
  return inTheManner(handler, (client: Tcp | Unix) => handler(client.operations));
}

/** Also if it is halted before it begins. */
function closing(server: Servable, service: Yieldable<void>): Yieldable<void> {
  return operation("serve", function* () {
    try {
      yield* service;
    } finally {
      server.close();
    }
  });
}

/** A callback that is given the promised client, at this place of its arguments. What is no function is refused as it is. */
function withPromised(name: string, callback: unknown, place: number): object {
  if (callback === undefined) return {};
  if (typeof callback !== "function") return { [name]: callback };
  mustBePlain(callback, `serve: ${name}`);
  return {
    [name]: (...args: unknown[]) => {
      args[place] = promised(args[place] as never);
      return (callback as (...args: unknown[]) => unknown)(...args);
    },
  };
}

/** A generator function would be called, and nothing of it run. */
function checkHandler(handler: unknown): void {
  const tag = (handler as { [Symbol.toStringTag]?: unknown } | undefined)?.[Symbol.toStringTag];
  if (
    typeof handler === "function" &&
    tag !== "GeneratorFunction" &&
    tag !== "AsyncGeneratorFunction"
  )
    return;
  throw new TypeError(
    `serve of cosocket/promises takes an async handler, serve(server, async (client) => { ... }), not ${shown(handler)}; ` +
      "for a generator function take the one of cosocket",
  );
}
