/**
 * What the nodes share, and all that they share: for each room a log of what was said. Behind it is a process's memory, Redis, or NATS.
 */
import { type Operation, until } from "effection";

export interface Message {
  /** Chosen by who says it: the same one again is the same message. */
  id: string;
  name: string;
  text: string;
}

/** A message with its place in its room. What a place looks like is the log's business; "0" is before all. */
export interface Entry extends Message {
  place: string;
}

export interface Log {
  /**
   * Append a message at the end of its room, unless it is there already, by its id. Waits as long as the log is out of reach; once this has
   * returned, the message is in the log for good.
   *
   * @returns its place
   */
  append(room: string, message: Message): Operation<string>;
  /**
   * Perform `take` for each entry behind the place `after`, one after the other: those there are, and those that come; until it gives "enough".
   */
  follow(room: string, after: string, take: Take): Operation<void>;
}

export type Take = (entry: Entry) => Operation<"enough" | undefined>;

/**
 * The log at a URL: redis://127.0.0.1:6379, nats://127.0.0.1:4222 (those are the usual ports); undefined: in this process's memory. It is closed with the scope of the caller.
 */
export function* openLog(url: string | undefined): Operation<Log> {
  if (url === undefined) return new (yield* until(import("./memory-log.js"))).MemoryLog();
  const [, protocol, host, port] = /^(redis|nats):\/\/([^/:]+)(?::(\d+))?$/.exec(url) ?? [];
  if (protocol === "redis")
    return yield* (yield* until(import("./redis-log.js"))).openRedisLog(
      host!,
      Number(port ?? 6379),
    );
  if (protocol === "nats")
    return yield* (yield* until(import("./nats-log.js"))).openNatsLog(`${host}:${port ?? 4222}`);
  throw new TypeError(
    "a log is at redis://<host>:<port> or nats://<host>:<port>, and this is something else",
  );
}
