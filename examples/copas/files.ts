// npm run example:copas-files -- [folder] [port] [seconds to the next request]
//
// Files over HTTP/1.1, with keep-alive: the port of files.lua, line for line.
import { readFile } from "node:fs/promises";
import { type Operation, until } from "effection";
import { type Result, socket, type Tcp } from "cosocket";
import { copas } from "cosocket/copas";

const folder = process.argv[2] ?? ".";
const port = Number(process.argv[3] ?? 7781);
const patience = Number(process.argv[4] ?? 5);

const TYPES: Record<string, string> = {
  html: "text/html",
  txt: "text/plain",
  css: "text/css",
  js: "text/javascript",
  png: "image/png",
};
const REASONS = { 200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed" };

interface Request {
  method: string | undefined;
  path: string;
  version: string | undefined;
  headers: Map<string, string>;
}

function decode(path: string): string {
  // Lua's strings are bytes: so are those of latin1.
  const bytes = path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString();
}

/** The request line and the headers, by their names in lower case. */
function* readrequest(skt: Tcp): Operation<Result<Request>> {
  const [first, err] = yield* skt.receive("*l");
  if (err) {
    return [undefined, err, undefined];
  }
  const [, method, path = "", version] = /^([A-Z]+) (\S+) HTTP\/(1\.[01])$/.exec(first) ?? [];
  const request: Request = { method, path, version, headers: new Map() };
  while (true) {
    const [line, err] = yield* skt.receive("*l");
    if (err) {
      return [undefined, err, undefined];
    }
    if (line === "") {
      return [request];
    }
    const [, name, value] = /^([^:\s]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) {
      request.headers.set(name.toLowerCase(), value!.toLowerCase());
    }
  }
}

function* file(path: string): Operation<[content: Buffer, kind: string] | undefined> {
  if (path.includes("..") || path.includes("\0")) {
    return undefined;
  }
  if (path.endsWith("/")) {
    path = path + "index.html";
  }
  try {
    const content = yield* until(readFile(folder + path));
    return [content, TYPES[/\.(\w+)$/.exec(path)?.[1] ?? ""] ?? "application/octet-stream"];
  } catch {
    return undefined;
  }
}

function* respond(
  skt: Tcp,
  status: keyof typeof REASONS,
  body: string | Buffer,
  kind: string,
  keep: boolean,
  head = false,
): Operation<void> {
  yield* skt.send("HTTP/1.1 " + status + " " + REASONS[status] + "\r\n");
  yield* skt.send("Content-Type: " + kind + "\r\n");
  yield* skt.send("Content-Length: " + body.length + "\r\n");
  yield* skt.send("Connection: " + (keep ? "keep-alive" : "close") + "\r\n\r\n");
  if (!head) {
    yield* skt.send(body);
  }
}

function* handler(skt: Tcp): Operation<void> {
  skt = copas.wrap(skt);
  skt.setencoding("latin1");
  skt.settimeout(patience);
  while (true) {
    const [request, err] = yield* readrequest(skt);
    if (err) {
      return;
    }
    if (request.method === undefined) {
      yield* respond(skt, 400, "bad request\n", "text/plain", false);
      return;
    }
    const connection = request.headers.get("connection");
    const keep =
      connection !== "close" && (request.version === "1.1" || connection === "keep-alive");
    const head = request.method === "HEAD";
    if (request.method !== "GET" && !head) {
      yield* respond(skt, 405, "only GET and HEAD\n", "text/plain", false);
      return;
    }
    const found = yield* file(decode(request.path.replace(/\?.*/, "")));
    if (found) {
      const [content, kind] = found;
      yield* respond(skt, 200, content, kind, keep, head);
    } else {
      yield* respond(skt, 404, "not found\n", "text/plain", keep, head);
    }
    if (!keep) {
      return;
    }
  }
}

await copas.loop(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", port));
  console.log("port " + server.getsockname()[1]);
  copas.addserver(server, handler);
});
