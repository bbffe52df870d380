/**
 * Users' functions that OpenSSL calls in the middle of a handshake. What they throw, or give that is no answer, must become the
 * handshake's error: on its way through OpenSSL it would be lost, or end the process.
 */
import { shown } from "../../reactor/index.js";
import type { ChooseProtocol, PreSharedKey, Psk } from "./sides.js";

export class Callbacks {
  constructor(private readonly threw: (error: unknown) => void) {}

  private guard<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      this.threw(error);
      return undefined;
    }
  }

  /** Of a server: one of the protocols that the client offers. (Node: ALPNCallback) */
  alpn(choose: ChooseProtocol) {
    return (offer: { servername: string | false; protocols: string[] }): string | undefined =>
      this.guard(() => {
        const chosen: unknown = choose(offer.protocols, offer.servername || "");
        if (chosen === undefined || chosen === null) return undefined;
        // LuaSec: a list, the first one of which that is offered is taken.
        if (Array.isArray(chosen)) return chosen.find((name) => offer.protocols.includes(name));
        if (typeof chosen === "string" && offer.protocols.includes(chosen)) return chosen;
        quiet(chosen);
        throw new TypeError(
          `alpn: the function must choose one of ${offer.protocols.map(shown).join(", ")}, or undefined to refuse, not ${shown(chosen)}`,
        );
      });
  }

  clientPsk(psk: Psk) {
    return (hint: string | null): PreSharedKey | null =>
      this.guard(() => {
        const key: unknown = psk(...([hint] as never[]));
        if (key === undefined || key === null) return null;
        const { identity, psk: bytes } = key as Partial<PreSharedKey>;
        if (typeof identity === "string" && bytes instanceof Uint8Array)
          return { identity, psk: bytes };
        throw notAKey(key);
      }) ?? null;
  }

  serverPsk(psk: Psk) {
    return (_socket: unknown, identity: string): Uint8Array | null =>
      this.guard(() => {
        // Node gives its socket first; there is nothing here that a user could do with it.
        const key: unknown = psk(...([undefined, identity] as never[]));
        if (key === undefined || key === null) return null;
        const bytes = key instanceof Uint8Array ? key : (key as Partial<PreSharedKey>).psk;
        if (bytes instanceof Uint8Array) return bytes;
        throw notAKey(key);
      }) ?? null;
  }
}

/** Says nothing of the value: it may be a secret. */
function notAKey(value: unknown): TypeError {
  quiet(value);
  return new TypeError(
    "pskCallback must return { psk, identity } (a server: the key), or null, at once",
  );
}

/** What an async function gave where no promise is expected: nobody waits for it, and its rejection is nobody's. */
export function quiet(value: unknown): void {
  if (isPromise(value)) Promise.resolve(value).catch(() => {});
}

function isPromise(value: unknown): boolean {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}
