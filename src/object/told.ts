/** What tools are told of sockets: that one is open, that it is not any more; and, once they are loaded (cosocket/inspect), of what takes time. */
import { channel } from "node:diagnostics_channel";
import type { Operation } from "effection";

/** What the channels `cosocket:socket:open` and `cosocket:socket:close` carry. */
export interface SocketEvent {
  /** A number of its own in this process, kept as long as it lives. */
  socket: number;
  /** As it prints: `tcp{client} 127.0.0.1:50412->127.0.0.1:7777`. */
  name: string;
  /** The other side began it. */
  incoming: boolean;
  /** The id of the fiber with which it is closed; null: with none. */
  fiber: number | null;
  /** Bytes that it has received and sent. */
  received: number;
  sent: number;
}

/** For tools: connections, listeners and UDP objects, as {@link SocketEvent}s. Free while nobody listens. */
export const socketChannels = {
  open: channel("cosocket:socket:open"),
  close: channel("cosocket:socket:close"),
};

/** What is known of one to be told. */
interface Tellable {
  readonly owner?: { readonly id: number } | null;
  readonly incoming?: boolean;
  readonly reading?: { readonly received: number };
  readonly writing?: { readonly sent: number };
  toString(): string;
}

/** Somebody listens. */
export function tellSocket(what: keyof typeof socketChannels, socket: Tellable): void {
  socketChannels[what].publish({
    socket: idOf(socket),
    name: String(socket),
    incoming: socket.incoming === true,
    fiber: socket.owner?.id ?? null,
    received: socket.reading!.received,
    sent: socket.writing!.sent,
  } satisfies SocketEvent);
}

/** Errors whose words are the program's own, of a callback that it has given: they may be anything, so that tools are told only where there was one. */
export const wordsOfTheProgram = new WeakSet<Error>();

/** Numbers, given when somebody asks first. */
const ids = new WeakMap<object, number>();
let last = 0;

/** The number of a socket, by its engine. */
export function idOf(engine: object): number {
  let id = ids.get(engine);
  if (id === undefined) ids.set(engine, (id = ++last));
  return id;
}

/** Whoever traces what a socket does in several steps performs it; null: nobody does. */
export const tracer: {
  around: (<R>(engine: object, what: string, steps: Operation<R>) => Operation<R>) | null;
} = { around: null };
