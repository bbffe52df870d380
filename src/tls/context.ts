import { createContext, type SecureContext } from "../network/index.js";
import {
  checkParams,
  contextOptions,
  verification,
  type AlpnChoice,
  type TlsParams,
} from "./params.js";

type Mode = "client" | "server";

/** A server's other contexts, by the name that the client asks for. */
export interface Names {
  strict: boolean;
  contexts: ReadonlyMap<string, SecureContext>;
}

/**
 * Parameters made ready: keys read, OpenSSL's context built. Made once, used for many handshakes. (LuaSec:
 * ssl.newcontext)
 */
export class TlsContext {
  /** @internal */
  readonly context: SecureContext;
  /** @internal */
  readonly names: Names | undefined;
  /** @internal The name that a client asks for and expects. */
  readonly servername: string | undefined;
  /** @internal */
  readonly alpn: string[] | AlpnChoice | undefined;

  /** @internal Use `socket.tls.newcontext`. */
  constructor(
    readonly params: TlsParams,
    readonly mode: Mode,
  ) {
    this.context = createContext(contextOptions(params));
    const { sni, servername, alpn, ALPNProtocols } = params;
    const single = typeof sni?.names === "string" ? sni.names : undefined;
    this.servername = servername ?? single;
    this.names =
      sni === undefined || typeof sni.names === "string" ? undefined : names(sni.names, sni.strict);
    this.alpn =
      typeof alpn === "function" || alpn === undefined
        ? (alpn ?? (ALPNProtocols === undefined ? undefined : [...ALPNProtocols]))
        : typeof alpn === "string"
          ? [alpn]
          : [...alpn];
    if (mode === "client" && typeof this.alpn === "function")
      throw new TypeError(
        "TLS: only a server chooses alpn by a function: a client names its protocols",
      );
    if (mode === "server" && params.key === undefined && params.pfx === undefined)
      throw new TypeError("TLS: a server needs a key and a certificate (or pfx)");
    verification(params, mode);
  }

  /** @internal What a connection to `host` is, in words that differ wherever two connections must not be mixed up. */
  identity(host: string | undefined): string {
    return JSON.stringify(
      [this.mode, this.servername ?? host, this.params],
      (_key, value: unknown) => {
        if (value instanceof TlsContext) return value.params;
        return typeof value === "function" ? numberOf(value) : value;
      },
    );
  }

  /** @internal The context for a name: exactly this name, or `*.` and what is behind its first dot. */
  select(servername: string): SecureContext | null | undefined {
    const { contexts, strict } = this.names!;
    const name = servername.toLowerCase();
    const found = contexts.get(name) ?? contexts.get(name.replace(/^[^.]*/, "*"));
    return found ?? (strict ? null : undefined);
  }
}

function names(given: Readonly<Record<string, TlsParams | TlsContext>>, strict = false): Names {
  const entries = Object.entries(given).map(
    ([name, of]) => [name.toLowerCase(), toContext(of, "server").context] as const,
  );
  return { strict, contexts: new Map(entries) };
}

/** The context that parameters describe; `mode` if they do not say it. Misuse throws TypeError. */
export function toContext(params: TlsParams | TlsContext, mode: Mode): TlsContext {
  if (params instanceof TlsContext) return params;
  checkParams(params);
  const { wrap, ...rest } = params;
  if (wrap === undefined) return new TlsContext(params, params.mode ?? mode);
  // Copas: { wrap, sni }; a ready context keeps its own key, and gets the names.
  const inner = wrap instanceof TlsContext ? wrap.params : wrap;
  checkParams(inner);
  return new TlsContext({ ...inner, ...rest }, rest.mode ?? inner.mode ?? mode);
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;

/** Two functions are the same only if they are one. */
function numberOf(fn: object): number {
  const number = numbers.get(fn) ?? ++lastNumber;
  numbers.set(fn, number);
  return number;
}
