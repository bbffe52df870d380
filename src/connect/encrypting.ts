/** What `connect` of an object encrypts with unless it is told. Not in the objects, where keys would be seen by whoever prints one. */
import type { Failure } from "../object/index.js";
import type { TlsContext, TlsParams } from "../tls/index.js";

interface DefaultEncryption {
  readonly params: TlsParams | TlsContext;
  /** Told why the handshake failed: may throw. */
  readonly refused: (failure: Failure) => void;
}

const defaults = new WeakMap<object, DefaultEncryption>();

/** From now on `connect` of this endpoint encrypts so, unless it is told otherwise. */
export function encryptByDefault(endpoint: object, encryption: DefaultEncryption): void {
  defaults.set(endpoint, encryption);
}

export function defaultEncryption(endpoint: object): DefaultEncryption | undefined {
  return defaults.get(endpoint);
}
