/** What `connect` of an object encrypts with unless it is told. Not in the objects, where keys would be seen by whoever prints one. */
import type { TlsContext } from "../tls/context.js";
import type { TlsParams } from "../tls/params.js";

const parameters = new WeakMap<object, TlsParams | TlsContext>();

/** From now on `connect` of this object encrypts with these parameters, unless it is told others. */
export function encryptByDefault(skt: object, params: TlsParams | TlsContext): void {
  parameters.set(skt, params);
}

export function encryptionOf(skt: object): TlsParams | TlsContext | undefined {
  return parameters.get(skt);
}
