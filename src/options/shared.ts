/** What options do alike on several kinds of object. */
import type { HasConnection, HasError, StreamOptions } from "./objects.js";
import type { Option } from "./row.js";

export const unsupported = {};

export const lineLimit: Option<StreamOptions, number> = {
  get: ({ reading }) => reading.lineLimit,
  set: ({ reading }, bytes) => {
    reading.lineLimit = bytes;
  },
};

export const lingering: Option<StreamOptions, number | null> = {
  get: ({ linger }) => ({ on: linger !== null, timeout: linger ?? 0 }),
  set: (connection, seconds) => {
    connection.linger = seconds;
  },
};

export const error: Option<HasError> = { get: (engine) => engine.takeError() };

/** An option of the connection that the object has. */
export function ofConnection<Value>({
  get,
  set,
}: Option<StreamOptions, Value>): Option<HasConnection, Value> {
  return {
    ...(get && { get: ({ connection }) => get(connection) }),
    ...(set && { set: ({ connection }, value, name) => set(connection, value, name) }),
  };
}
