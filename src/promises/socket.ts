/** The `socket` namespace, with promises: what makes objects, and LuaSocket's functions. */
import type { Selected, SinkMode, SocketSink, SocketSource, SourceMode } from "../lua/index.js";
import { standsFor, standsForWhat } from "../object/index.js";
import type { StreamObject } from "../stream/index.js";
import { socket as operations } from "../socket.js";
import { protect } from "./lua.js";
import { inNobodysName, performing, promised, unpromised } from "./promised.js";
import type {
  Abortable,
  Operations,
  Promised,
  PromisedFunction,
  PromisedMembers,
  Stream,
  Tcp,
  Unix,
} from "./types.js";

type Namespace = typeof operations;
/** What cannot be mapped: generic functions, and functions that have members. */
type Special = "unix" | "dns" | "select" | "source" | "sink" | "protect";
type Selectable = Pick<StreamObject, "getfd" | "dirty">;
/** A connection, of whatever domain. */
export type StreamLike = Tcp | Unix | Stream;

/** The type of {@link socket}. */
export interface PromisedNamespace extends PromisedMembers<Omit<Namespace, Special>> {
  /** A Unix domain stream object; also `socket.unix.stream()`. */
  readonly unix: (() => Unix) & PromisedMembers<Pick<Namespace["unix"], keyof Namespace["unix"]>>;
  /** The resolver: toip, tohostname, getaddrinfo, getnameinfo, gethostname. */
  readonly dns: PromisedMembers<Namespace["dns"]>;
  /**
   * Wait until something can be done with one of many objects.
   *
   * @example const [readable] = await socket.select([server, client], undefined, 5);
   */
  select<R = never, W = never>(
    recvt?: readonly R[] | null,
    sendt?: readonly W[] | null,
    timeout?: number,
    options?: Abortable,
  ): Promise<Selected<R, W>>;
  /**
   * A source that reads from a connection: `await source()` gives the next piece, undefined at the end.
   *
   * @example
   * const body = socket.source("by-length", client, 1024);
   * for (let [piece] = await body(); piece; [piece] = await body()) console.log(piece.length);
   */
  source(mode: SourceMode, client: StreamLike, length?: number): PromisedSource;
  /** {@link source} until the peer closes. */
  source(client: StreamLike): PromisedSource;
  /**
   * A sink that sends to a connection: `await sink(piece)`; `await sink()` is the end.
   *
   * @example await socket.sink("http-chunked", client)("hello");
   */
  sink(mode: SinkMode, client: StreamLike): PromisedSink;
  /** {@link sink} that is kept open. */
  sink(client: StreamLike): PromisedSink;
  /**
   * An async function whose exceptions of `try` become results, `[undefined, error]`; every other error passes.
   *
   * @example const ask = socket.protect(async () => socket.try(await client.receive("*l")));
   */
  protect: typeof protect;
}

/** What `socket.source` gives. `socket.select` takes it, too. */
export type PromisedSource = PromisedFunction<SocketSource> & Selectable;
/** What `socket.sink` gives. `socket.select` takes it, too. */
export type PromisedSink = PromisedFunction<SocketSink> & Selectable;

/** A function that makes an object, which is nobody's. */
function making<A extends unknown[], O extends Operations>(
  make: (...args: A) => O,
): (...args: A) => Promised<O> {
  return (...args) => promised(inNobodysName(() => make(...args)));
}

/** A source or a sink over a connection, which `select` knows by what it was made of. */
function flowing(what: string, make: Flowing): (...args: unknown[]) => never {
  return (...args) => {
    const flow = make(...args.map(unpromised));
    const { getfd, dirty } = flow;
    const promising = Object.assign(performing(what, flow), { getfd, dirty });
    // By their types above.
    return standsFor(promising, standsForWhat(flow)!) as never;
  };
}
type Flowing = (...args: unknown[]) => SocketSource | SocketSink;

const { unix, dns } = operations;

/**
 * LuaSocket's namespace for async functions: what makes objects, and its functions, by LuaSocket's names.
 *
 * What waits gives a promise, of the same result as in `cosocket`: `[value]`, or `[undefined, error, partial]`. What is made here
 * belongs to nobody, and is open until somebody closes it. See docs/promises.md.
 *
 * @example
 * const [client, err] = await socket.connect("example.org", 80);
 * if (!err) client.close();
 */
export const socket: PromisedNamespace = {
  ...operations,
  tcp: making(operations.tcp),
  tcp4: making(operations.tcp4),
  tcp6: making(operations.tcp6),
  udp: making(operations.udp),
  udp4: making(operations.udp4),
  udp6: making(operations.udp6),
  unix: Object.assign(making(unix), {
    stream: making(unix.stream),
    tcp: making(unix.tcp),
    dgram: unix.dgram,
    udp: unix.udp,
  }),
  stream: making(operations.stream),
  fd: making(operations.fd),
  connect: performing("connect", operations.connect),
  connect4: performing("connect4", operations.connect4),
  connect6: performing("connect6", operations.connect6),
  bind: performing("bind", operations.bind),
  // It is generic: the type above says what it is.
  select: performing("select", operations.select) as PromisedNamespace["select"],
  dns: {
    toip: performing("toip", dns.toip),
    tohostname: performing("tohostname", dns.tohostname),
    getaddrinfo: performing("getaddrinfo", dns.getaddrinfo),
    getnameinfo: performing("getnameinfo", dns.getnameinfo),
    gethostname: dns.gethostname,
  },
  source: flowing("source", operations.source as Flowing),
  sink: flowing("sink", operations.sink as Flowing),
  protect,
  sleep: performing("sleep", operations.sleep),
};

/**
 * Wait for so many seconds; fractions count.
 *
 * @example await sleep(0.5, { signal });
 */
export const sleep: PromisedNamespace["sleep"] = socket.sleep;
