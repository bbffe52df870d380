/** A failed result, thrown. */
import type { FailureDetails } from "./result.js";

/** What `socket.try` throws and `socket.protect` turns back into a result. */
export class SocketException extends Error {
  override readonly name = "SocketException";
  /** The error of the result. Errors of this package are {@link SocketError} words. */
  readonly error: string;
  /** What failed, "connect", and with what, "127.0.0.1:7777", where the result knew. */
  readonly operation: string | undefined;
  readonly address: string | undefined;
  /** The message says all of it: "connect to 127.0.0.1:7777: connection refused". `cause` is Node's error. */
  constructor(error: string, details?: FailureDetails) {
    const { operation, address, cause } = details ?? {};
    super(
      [where(operation, address), error].filter(Boolean).join(": "),
      cause === undefined ? {} : { cause },
    );
    this.error = error;
    this.operation = operation;
    this.address = address;
  }
}

function where(operation = "", address = ""): string {
  return [operation, PREPOSITIONS.get(operation), address]
    .slice(0, address === "" ? 1 : 3)
    .filter((word) => word !== undefined)
    .join(" ");
}

/** Between an operation and the address that it is done to. */
const PREPOSITIONS = new Map([
  ["connect", "to"],
  ["bind", "to"],
  ["send", "to"],
  ["flush", "to"],
  ["receive", "from"],
  ["lines", "from"],
  ["blocks", "from"],
  ["dohandshake", "with"],
]);
