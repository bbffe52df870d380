/** What is inside of a stream object, for its methods and for those who serve it. */
import type { Operation } from "effection";
import { shown } from "../../reactor/index.js";
import { type Connection, mustBeClient } from "../connection/index.js";
import { engineOf, type Failure, type Result, type SocketObject } from "../object/index.js";

/** @param object one whose engine is a connection: a stream object of any domain */
export function connectionOf(object: SocketObject & { receiveany: unknown }): Connection {
  // A stream object is made around a connection.
  return engineOf(object) as Connection;
}

/** The connection, for what only a client can. Misuse throws TypeError. */
export function clientOf(object: SocketObject & { receiveany: unknown }, what: string): Connection {
  const connection = connectionOf(object);
  mustBeClient(connection, what);
  return connection;
}

/** What `dohandshake` gives: the object, or why it is not encrypted. */
export function* encrypted<O>(
  object: O,
  handshake: Operation<Failure | null>,
): Operation<Result<O>> {
  return (yield* handshake) ?? [object];
}

/** Misuse throws TypeError. */
export function wholeNumber(value: unknown, what: string): void {
  if (!(Number.isInteger(value) && (value as number) >= 1))
    throw new TypeError(`${what}, a positive integer, not ${shown(value)}`);
}
