/** Parameters made ready: keys read, OpenSSL's context built. */
import { createHash } from "node:crypto";
import { asError, oneLine, shown } from "../../reactor/index.js";
import {
  createContext,
  type ClientSide,
  type SecureContext,
  type ServerSide,
} from "../network/index.js";
import { literal } from "../address/index.js";
import { checkMode, checkParams } from "./check-params.js";
import type { Params } from "./params.js";
import { type Mode, servername, settings, type Settings } from "./settings.js";

/** What a handshake is told. */
export type TlsParams = Params<TlsContext>;

type Sni = NonNullable<TlsParams["sni"]>;

/** A server's other contexts, by the name that the client asks for. */
interface Names {
  strict: boolean;
  contexts: ReadonlyMap<string, TlsContext>;
}

/**
 * Parameters made ready, once, for many handshakes: a server that resumes sessions needs that. What becomes of the objects
 * that they were made of does not matter any more. (LuaSec: ssl.newcontext)
 */
export class TlsContext {
  /** Which side it is for. */
  readonly mode: Mode;
  // Private to the language, too: these hold secrets, and whoever prints a context must not see them.
  readonly #params: TlsParams;
  readonly #settings: Settings;
  readonly #context: SecureContext;
  readonly #names: Names | undefined;
  readonly #select: TlsParams["SNICallback"];
  /** Of everything but a client's host. */
  #digest: string | undefined;
  #trusted: string | undefined;
  #server: ServerSide | undefined;

  toString(): string {
    return `TLS context (${this.mode})`;
  }

  static {
    oneLine(this.prototype);
  }

  /** @internal Use `socket.tls.newcontext`. */
  constructor(params: TlsParams, mode: Mode, ready?: TlsContext) {
    this.mode = mode;
    this.#params = params;
    checkMode(params, mode);
    const { sni, SNICallback } = params;
    if (mode === "client" && sni !== undefined && typeof sni.names !== "string")
      throw new TypeError("TLS: only a server has sni with contexts; a client asks for one name");
    if (mode === "server" && typeof sni?.names === "string")
      throw new TypeError("TLS: a server's sni is { names: { name: parameters } }");
    if (sni !== undefined && SNICallback !== undefined)
      throw new TypeError("TLS: give either sni or SNICallback, not both");
    this.#names = sni && typeof sni.names !== "string" ? names(sni.names, sni.strict) : undefined;
    this.#select = SNICallback;
    // Names are not OpenSSL's: with others its context, and with it the sessions, can stay.
    if (ready === undefined) {
      this.#settings = settings(params, mode);
      // OpenSSL takes 32 bytes of it; without any it refuses to resume sessions of clients that show certificates.
      if (mode === "server") this.#settings.openSsl.sessionIdContext ??= this.#trust.slice(0, 32);
      this.#context = build(this.#settings);
    } else {
      this.#settings = { ...ready.#settings, servername: servername(params) };
      this.#context = ready.#context;
    }
  }

  /** @internal The parameters for `mode`; of a ready context with names of its own. Misuse throws TypeError. */
  static of(params: TlsParams | TlsContext, mode: Mode): TlsContext {
    if (params instanceof TlsContext) return params;
    const { wrap, ...rest } = checkParams<TlsContext>(params);
    if (wrap === undefined) return new TlsContext(rest, rest.mode ?? mode);
    // Copas: { wrap, sni }; a ready context keeps its own key, and gets the names.
    const inner = wrap instanceof TlsContext ? wrap : TlsContext.of(wrap, rest.mode ?? mode);
    const { sni, ...others } = rest;
    if (Object.keys(others).length === 0) return sni === undefined ? inner : inner.with(sni);
    const all = checkParams<TlsContext>({ ...inner.#params, ...rest });
    return new TlsContext(all, rest.mode ?? inner.mode);
  }

  /** @internal The same with these names. */
  with(sni: Sni): TlsContext {
    return new TlsContext({ ...this.#params, sni }, this.mode, this);
  }

  /**
   * @internal What a connection to `host` is, hashed: equal only where one connection may be given for the other.
   * Everything counts that was asked for, by content; functions count as themselves.
   */
  identity(host: string | undefined): string {
    if (this.mode === "server") return this.#all();
    const { servername } = this.#settings;
    return hash([this.#all(), servername === "" ? "no sni" : "", servername || (host ?? "")]);
  }

  #all(): string {
    if (this.#digest !== undefined) return this.#digest;
    const names = this.#names && [
      this.#names.strict,
      [...this.#names.contexts].map(([name, context]) => [name, context.#all()]),
    ];
    // The name is told apart from what asks for it.
    const rest = { ...this.#settings, servername: undefined };
    return (this.#digest = hash([rest, names, this.#select]));
  }

  /** What decides whether a session may be resumed, hashed: by whom it was verified, and who is who. */
  get #trust(): string {
    const { openSsl, checks } = this.#settings;
    const { ca, crl, allowPartialTrustChain, key, cert, pfx } = openSsl;
    return (this.#trusted ??= hash([checks, ca, crl, allowPartialTrustChain, key, cert, pfx]));
  }

  /** @internal Of a server. */
  get serverSide(): ServerSide {
    return (this.#server ??= this.#newServerSide());
  }

  #newServerSide(): ServerSide {
    const { checks, alpn, psk, pskIdentityHint, lenient } = this.#settings;
    const select = this.#names === undefined ? this.#called() : this.#named(this.#names);
    return {
      server: true,
      context: this.#context,
      ...checks,
      alpn,
      psk: psk as ServerSide["psk"],
      pskIdentityHint,
      select,
      identity: this.identity(undefined),
      trust: "",
      lenient,
    };
  }

  /** By name: exactly this one, or `*.` and what is behind its first dot. No name is no wrong one, as in LuaSec. */
  #named({ contexts, strict }: Names): ServerSide["select"] {
    return (name, answer) => {
      if (name === "") return answer(null);
      const found = contexts.get(name) ?? contexts.get(name.replace(/^[^.]*/, "*"));
      answer(null, found?.serverSide ?? (strict ? null : undefined));
    };
  }

  #called(): ServerSide["select"] {
    const select = this.#select;
    if (select === undefined) return undefined;
    return (name, answer) => {
      if (name === "") return answer(null);
      const answered = (error: unknown, context?: TlsContext | TlsParams): void => {
        if (error) return answer(error);
        try {
          answer(null, context ? nested(`SNICallback`, context).serverSide : undefined);
        } catch (failure) {
          answer(failure);
        }
      };
      const result: unknown = select(name, answered);
      // An async function answers by what it is given; what it gives itself is only of interest if it fails.
      Promise.resolve(result).catch((error: unknown) => answer(asError(error)));
    };
  }

  /** @internal Of a client that has connected to `host`, if that is known. Throws TypeError if nobody can be verified. */
  clientSide(host: string | undefined, what: string): ClientSide {
    const { servername, checks, alpn, session, checkServerIdentity, minDHSize, psk, lenient } =
      this.#settings;
    const name = servername || host;
    if (name === undefined && checks.verify && psk === undefined)
      throw new TypeError(
        `dohandshake: nobody knows whose certificate ${what} must show: set servername, or verify: "none"`,
      );
    const trust = hash([this.#trust, name]);
    const foreign = session?.trust !== undefined && session.trust !== trust;
    const isAddress = name === undefined || literal(name) !== null;
    return {
      server: false,
      context: this.#context,
      host: name ?? "localhost",
      servername: isAddress || servername === "" ? "" : name,
      verify: checks.verify,
      // A function is a server's.
      alpn: alpn as string[] | undefined,
      // It would bring a verdict with it that others have come to.
      session: foreign ? undefined : session?.bytes,
      checkServerIdentity,
      minDHSize,
      psk: psk as ClientSide["psk"],
      identity: this.identity(host),
      trust,
      lenient,
    };
  }
}

/** Node's errors say what is wrong; that it is a parameter they do not. */
function build({ openSsl }: Settings): SecureContext {
  try {
    return createContext(openSsl);
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    throw Object.assign(new TypeError(`TLS: ${message}`, { cause: error }), code && { code });
  }
}

function names(given: Readonly<Record<string, TlsParams | TlsContext>>, strict = false): Names {
  const contexts = new Map<string, TlsContext>();
  for (const [key, of] of Object.entries(given)) {
    if (!/^(\*\.)?[^*.]+(\.[^*.]+)*$/.test(key))
      throw new TypeError(`TLS: sni: ${shown(key)} is no name, and no "*." and a name behind it`);
    contexts.set(key.toLowerCase(), nested(`sni ${shown(key)}`, of));
  }
  return { strict, contexts };
}

/** A server's context that stands in another one's place. */
function nested(what: string, params: TlsParams | TlsContext): TlsContext {
  const context = TlsContext.of(params, "server");
  if (context.mode !== "server") throw new TypeError(`TLS: ${what} must be a server's context`);
  if (context.serverSide.select !== undefined)
    throw new TypeError(`TLS: ${what} has names of its own: the name has been chosen already`);
  return context;
}

/** The context that parameters describe; `mode` if they do not say it. Misuse throws TypeError. */
export function toContext(params: TlsParams | TlsContext, mode: Mode): TlsContext {
  return TlsContext.of(params, mode);
}

function hash(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === "function" ? `function ${numberOf(part)}` : part,
  );
  return createHash("sha256").update(text).digest("base64url");
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;

/** Two functions are the same only if they are one. */
function numberOf(fn: object): number {
  const number = numbers.get(fn) ?? ++lastNumber;
  numbers.set(fn, number);
  return number;
}
