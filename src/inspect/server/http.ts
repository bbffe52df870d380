/** What the page and the terminal ask for, over HTTP: files, a stream of what changes (SSE), single things as JSON. */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import { type Answer, type Route, text } from "./answer.js";
import type { Feed, Viewer } from "./feed.js";
import { fileAt } from "./files.js";
import { pathnameOf, queryOf, type Refusal, refusal, type Rules, tokenIn } from "./guard.js";
import { Relay } from "./relay.js";

/** Nothing from anywhere else, and nothing in frames; what it shows is nobody else's, and old at once. */
const HEADERS: OutgoingHttpHeaders = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cache-Control": "no-store",
};

/** Of requests, which are all short: there are places for few connections, and who says nothing has one. */
const LIMITS = {
  headersTimeout: 5000,
  requestTimeout: 5000,
  connectionsCheckingInterval: 5000,
  keepAliveTimeout: 5000,
  maxHeaderSize: 8192,
};

/** A server that need not listen. */
export function httpServer(rules: Rules, feed: Feed, routes: ReadonlyMap<string, Route>): Server {
  const server = createServer(LIMITS, (request, response) => {
    answer(request, response, rules, feed, routes).catch(() => response.destroy());
  });
  // Whoever looks is not what keeps the program running.
  server.on("connection", (socket) => socket.unref());
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  rules: Rules,
  feed: Feed,
  routes: ReadonlyMap<string, Route>,
): Promise<void> {
  const refused = refusal(request, rules);
  if (refused !== null) return refuse(response, refused);
  const path = pathnameOf(request);
  if (rules.token !== null && path === "/" && tokenIn(request.url) !== undefined)
    return remember(response, rules);
  // Nothing is begun, and nothing found out, for who wants to know only whether it is there.
  if (request.method === "HEAD" && (path === "/events" || routes.has(path)))
    return void response.writeHead(200, HEADERS).end();
  if (path === "/events") return stream(response, feed);
  const route = routes.get(path);
  let answered: Answer;
  try {
    answered =
      route === undefined
        ? (fileAt(path) ?? text("there is no such thing here", 404))
        : await route(queryOf(request.url), response);
  } catch (error) {
    answered = text(error instanceof Error ? error.message : "failed", 500);
  }
  end(response, answered);
}

function end(response: ServerResponse, { status = 200, type, content, headers }: Answer): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    ...HEADERS,
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(content),
    ...headers,
  });
  response.end(content);
}

/** Nothing more is read of it. */
function refuse(response: ServerResponse, { status, reason, headers }: Refusal): void {
  end(response, { ...text(reason, status), headers: { ...headers, Connection: "close" } });
}

/** From now on by a cookie: an address stays in histories. */
function remember(response: ServerResponse, { cookie, token }: Rules): void {
  response.writeHead(303, {
    ...HEADERS,
    Location: "/",
    "Set-Cookie": `${cookie}=${token}; HttpOnly; SameSite=Strict; Path=/`,
  });
  response.end();
}

function stream(response: ServerResponse, feed: Feed): void {
  if (feed.full) return end(response, text("too many look already", 503));
  const relay = new Relay(response);
  const viewer: Viewer = {
    get drained() {
      return response.writableLength === 0;
    },
    write(message) {
      response.write(message);
      relay.look();
    },
    end: () => void response.destroy(),
  };
  response.writeHead(200, { ...HEADERS, "Content-Type": "text/event-stream; charset=utf-8" });
  response.flushHeaders();
  response.on("close", () => {
    feed.delete(viewer);
    relay.close();
  });
  feed.add(viewer);
}
