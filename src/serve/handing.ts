/** Connections for a handler that does nothing but give them to a server of Node's. */
import { type Context, contextHere, type Fiber } from "../../reactor/index.js";
import type { Endpoint, Listener } from "../connect/index.js";
import { GivenAway } from "../connection/index.js";
import { type Socket, streamTransport, type Transport } from "../network/index.js";

/** Of such a handler: gives one to the server. What it throws is of the server's code. */
export const BEGIN: unique symbol = Symbol("cosocket.begin");

/** The same handler in another form, which may be given streams as well, if that may. */
export function inTheManner<H extends object>(of: unknown, handler: H): H {
  const begin = (of as Begins)[BEGIN];
  return begin === undefined ? handler : Object.assign(handler, { [BEGIN]: begin });
}

/** The server has it. */
export interface Begun {
  /** It has closed. */
  over(): void;
}

export interface Begins {
  [BEGIN]?: (stream: Socket, origin: Listener) => Begun;
}

/** It could not: a client, and the handler that says why. */
export interface Failed {
  client: object;
  handler(): never;
}

/**
 * Makes streams of them as they come in, which belong to the fiber of `serve`. An object, its connection and a fiber for each would
 * cost as much again as what Node makes of it, and there would be nothing for them to do.
 */
export class Handing {
  /** The one of serve. */
  private readonly context: Context = contextHere();

  private constructor(
    private readonly begin: (stream: Socket, origin: Listener) => Begun,
    private readonly server: Endpoint,
    private readonly owner: Fiber,
  ) {}

  /** Null: `handler` does something else. */
  static of(handler: unknown, server: Endpoint, owner: Fiber): Handing | null {
    const begin = (handler as Begins)[BEGIN];
    return begin === undefined ? null : new this(begin, server, owner);
  }

  /** @param ended told when the connection has closed */
  hand(transport: Transport, ended: () => void): Failed | null {
    const { server } = this;
    // The options of the server's clients.
    server.connected(transport, false);
    const stream = transport.duplex(false);
    let begun!: Begun;
    try {
      // What is stored in it is of this connection.
      const context = this.context.runInAsyncScope(contextHere);
      context.runInAsyncScope(() => (begun = this.begin(stream, server.listener!)));
    } catch (error) {
      const handler = (): never => {
        throw error;
      };
      return { client: server.accepted(streamTransport(stream, stream)).handle, handler };
    }
    const given = new GivenAway(stream, true, false, server.connection.linger, () => {
      begun.over();
      ended();
    });
    given.ownedBy(this.owner);
    return null;
  }
}
