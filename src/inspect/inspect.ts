/** `inspect`: a program that can be looked into, by a browser and from a terminal. */
import type { Server } from "node:http";
import type { Operation } from "effection";
import {
  event,
  type Fiber,
  fork,
  operation,
  run,
  useFiber,
  type Yieldable,
} from "../../reactor/index.js";
import { endpointOf } from "../connect/index.js";
import { fail, type Result, type SocketError } from "../object/index.js";
import { nodeHandler, serve, type ServeOptions } from "../serve/index.js";
import { socket } from "../socket.js";
import type { Tcp } from "../tcp/index.js";
import type { Unix } from "../unix/index.js";
import { openSocket, type Rendezvous } from "./own-socket.js";
import { openPageAt, pageIsOpen } from "./pages.js";
import { Feed } from "./server/feed.js";
import type { Rules } from "./server/guard.js";
import { httpServer } from "./server/http.js";
import { hide } from "./server/take.js";
import { checkInspect, type InspectOptions, type Settings } from "./server/options.js";
import { routes } from "./server/routes.js";
import { inWorker, pageOfPrimary } from "./worker.js";

/** What `inspect` has opened. */
export interface Inspector {
  /** Where the page is, with its token if there is one; undefined without a port. */
  readonly url: string | undefined;
  /** The Unix socket by which the terminal finds this process; undefined where there is none, for the reason in `unavailable`. */
  readonly path: string | undefined;
  readonly unavailable: string | undefined;
}

/** More than browsers need; the rest waits. */
const MOST_CONNECTIONS = 64;

/**
 * Let this process be looked into: by a browser, with `port`, and by `npx cosocket top`.
 *
 * It ends with the caller, and does not keep the process alive. Its own fibers and sockets are not shown. It costs next to nothing while nobody
 * looks. The page is for who is at this machine, unless `host` says otherwise; then it wants a token. See docs/seeing.md.
 *
 * @returns `[inspector]`, whose `url` is the page's; "address already in use", "permission denied", ... when it cannot listen.
 * TypeError for options that are misspelt or wrong. Cancelling closes it.
 *
 * @example
 * const [inspector, err] = yield* inspect({ port: 7070 });
 * if (!err) console.log(inspector.url); // http://127.0.0.1:7070/
 */
export function inspect(options: InspectOptions = {}): Yieldable<Result<Inspector>> {
  const settings = checkInspect(options);
  return operation("inspect", function* (): Operation<Result<Inspector>> {
    const opened = event<Result<Inspector>>();
    yield* fork(() => serveAll(settings, (result) => opened.set(result)), { name: "inspect" });
    return yield* opened.wait();
  });
}

/** The same for a program that does not ask for it: until the process ends. */
export function start(settings: Settings, opened: Opened): void {
  void run(() => serveAll(settings, opened), { name: "inspect" });
}

/** Told how it went, once. */
type Opened = (result: Result<Inspector>) => void;

/** The fiber of all that belongs to it. */
function* serveAll(settings: Settings, opened: Opened): Operation<void> {
  const me = (yield* useFiber())!;
  const show = hide(me);
  try {
    yield* open(me, settings, opened);
  } finally {
    show();
  }
}

function* open(me: Fiber, settings: Settings, opened: Opened): Operation<void> {
  const [page, failure] = yield* openPage(settings);
  if (failure) return void opened(fail(failure));
  const [unix, unavailable] = yield* openSocket();
  if (page === undefined && unix === undefined)
    return void opened(fail(unavailable as SocketError));
  const service = new Service(me, settings, unix ?? null);
  const closed =
    page?.server == null ? () => {} : pageIsOpen({ ...place(settings), url: page.url });
  try {
    opened([{ url: page?.url, path: unix?.path, unavailable }]);
    const serving: Fiber[] = [];
    if (page?.server) serving.push(yield* fork(() => service.page(page.server!)));
    if (unix?.server) serving.push(yield* fork(() => service.terminal(unix.server!)));
    for (const fiber of serving) yield* fiber;
  } finally {
    closed();
    service.end();
  }
}

const place = ({ host, port }: Settings): { host: string; port: number } => ({ host, port: port! });

interface Page {
  /** Null: it is another inspector's. */
  server: Tcp | null;
  url: string;
}

/** `[undefined]`: none is wanted. */
function* openPage(settings: Settings): Operation<[Page | undefined, SocketError?]> {
  const { port, host, token, tls } = settings;
  if (port === null) return [undefined];
  if (inWorker()) {
    const { url, error } = yield* pageOfPrimary(settings);
    return url === null ? [undefined, error as SocketError] : [{ server: null, url }];
  }
  const [server, err] = yield* socket.bind(host, port);
  if (err) {
    // It may have been opened for a worker.
    const open = openPageAt(host, port);
    return open === undefined ? [undefined, err] : [{ server: null, url: open.url }];
  }
  const [address, bound] = server.getsockname();
  const name = address!.includes(":") ? `[${address}]` : address;
  const query = token === null ? "" : `?token=${token}`;
  return [{ server, url: `http${tls === undefined ? "" : "s"}://${name}:${bound}/${query}` }];
}

/** Who asks by the user's own socket has been let in by the kernel. */
const OF_THE_USER: Rules = { token: null, hosts: null, cookie: "" };

class Service {
  private readonly feed = new Feed();
  private readonly servers: Server[] = [];
  private readonly remove = (): void => {
    this.unix?.remove();
  };

  constructor(
    private readonly me: Fiber,
    private readonly settings: Settings,
    private readonly unix: Rendezvous | null,
  ) {
    // It does not keep the process alive, which may end without a word.
    process.on("exit", this.remove);
  }

  page(server: Tcp): Yieldable<void> {
    const { token, hosts, tls } = this.settings;
    const cookie = `cosocket-${server.getsockname()[1]}`;
    return this.serve(server, { token, hosts, cookie }, tls === undefined ? {} : { tls });
  }

  terminal(server: Unix): Yieldable<void> {
    return this.serve(server, OF_THE_USER, {});
  }

  end(): void {
    process.off("exit", this.remove);
    this.unix?.close();
    this.feed.close();
    for (const server of this.servers) server.close();
  }

  private serve(
    server: Tcp | Unix,
    rules: Rules,
    more: Pick<ServeOptions, "tls">,
  ): Yieldable<void> {
    const http = httpServer(rules, this.feed, routes(this.me));
    this.servers.push(http);
    endpointOf(server)!.listener!.hold(false);
    return serve(server, nodeHandler(http), {
      name: "inspect",
      maxConnections: MOST_CONNECTIONS,
      // What goes wrong with a browser's connection is nothing to be told on the program's stderr.
      errorhandler: () => {},
      ...more,
    });
  }
}
