/** Requests, and what a server answers: for LuaSocket and for us. */
/** What a server sends to a request, piece by piece; then it ends the connection. "reset" resets it, "wait" lets it wait. */
export type Script = readonly (string | "reset" | "wait")[];

export interface Case {
  readonly name: string;
  /** What the server answers to the first request of the case, to the second ... */
  readonly answers: readonly Script[];
  /** The simple form, of this path ... */
  readonly simple?: string;
  readonly body?: string;
  /** ... or the generic one. */
  readonly request?: {
    path?: string;
    method?: string;
    headers?: Record<string, string | number>;
    redirect?: boolean;
    maxredirects?: number | false;
    user?: string;
    password?: string;
    uri?: string;
    proxied?: boolean;
  };
  /** In the URL. */
  readonly userinfo?: string;
  readonly pieces?: readonly string[];
  /** What is another here, as docs/porting.md tells: of the result, ... */
  readonly here?: Partial<Told>;
  /** ... and of the lines of the requests, in which these are replaced, or of which there are none. */
  readonly unasked?: boolean;
  readonly asked?: readonly [RegExp | string, string][];
}

/** A result; texts are bytes. */
export interface Told {
  ok: string;
  code: string;
  headers: Record<string, string> | null;
  status: string;
  taken: string;
  ends: string;
  threw: string;
}

const OK = "HTTP/1.1 200 OK\r\n";
const HELLO = `${OK}Content-Length: 5\r\n\r\nhello`;
const chunked = (...lines: string[]): string =>
  `${OK}Transfer-Encoding: chunked\r\n\r\n${lines.join("\r\n")}`;
const moved = (to: string, code = 302): string =>
  `HTTP/1.1 ${code} Moved\r\nLocation: ${to}\r\nContent-Length: 4\r\n\r\ngone`;

const answered = (name: string, ...script: Script): Case => ({
  name,
  answers: [script],
  request: {},
});
const but = (here: Partial<Told>, given: Case): Case => ({ ...given, here });

/** What an answer may look like. */
const ANSWERS: Case[] = [
  answered("a length", HELLO),
  answered("a length, in pieces", OK, "Content-Le", "ngth: 5\r\n\r", "\nhe", "llo"),
  answered(
    "a length, and the connection kept",
    `${OK}Connection: keep-alive\r\nContent-Length: 5\r\n\r\nhello`,
    "wait",
  ),
  answered("a length, and more", `${OK}Content-Length: 5\r\n\r\nhelloworld`),
  but({ taken: "hello" }, answered("a length, and less", `${OK}Content-Length: 50\r\n\r\nhello`)),
  answered("a length, less, and a reset", `${OK}Content-Length: 50\r\n\r\nhello`, "reset"),
  answered("a length of 0", `${OK}Content-Length: 0\r\n\r\n`),
  answered("no length", `${OK}\r\nhello`, " world"),
  answered("no length, and nothing", `${OK}\r\n`),
  answered("HTTP/1.0", "HTTP/1.0 200 OK\r\nServer: old\r\n\r\nhello"),
  answered("HTTP/1.0 with a length", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
  but({ headers: {}, status: "" }, answered("HTTP/0.9", "hello world")),
  but({ headers: {}, status: "" }, answered("HTTP/0.9, longer", "<html>", "hello", "</html>")),
  answered("nothing"),
  answered("almost nothing", "HTT"),
  answered("half a status line", "HTTP/1.1 20"),
  answered("half of the fields", `${OK}Content-Length: 5\r\n`),
  answered("chunks", chunked("5", "hello", "6", " world", "0", "", "")),
  answered(
    "chunks in pieces",
    `${OK}Transfer-Encoding: chunked\r\n\r\n5`,
    "\r\nhe",
    "llo\r",
    "\n0\r\n",
    "\r\n",
  ),
  answered(
    "chunks with extensions and trailers",
    chunked("5;a=b", "hello", "0;c", "X-Trailer: 1", "", ""),
  ),
  but(
    { taken: "hello wor" },
    answered("chunks of which one is cut", chunked("5", "hello", "A", " wor")),
  ),
  answered("chunks without the last one", chunked("5", "hello", "")),
  answered("chunks without the end of the trailers", chunked("5", "hello", "0", "")),
  answered("chunks of no size", chunked("hello", "")),
  answered("chunks with big digits", chunked("A", "0123456789", "0", "", "")),
  answered(
    "chunks that are compressed",
    `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  ),
  answered(
    "a coding that is none",
    `${OK}Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello`,
  ),
  answered("lines that end with LF", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
  answered(
    "folded and repeated fields",
    `${OK}X-A: one\r\n  two\r\nX-B: 1\r\nx-b: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 5\r\n\r\nhello`,
  ),
  answered("a field without a value", `${OK}X-Empty:\r\nContent-Length: 5\r\n\r\nhello`),
  answered("a field with colons", `${OK}X-Time: 12:00:00\r\nContent-Length: 5\r\n\r\nhello`),
  but(
    { code: "malformed response headers" },
    answered("a field that is none", `${OK}nonsense\r\n\r\nhello`),
  ),
  answered("a field of UTF-8", `${OK}X-A: gr\xc3\xbc\xc3\x9fe\r\nContent-Length: 5\r\n\r\nhello`),
  answered("no reason", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello"),
  answered("a status line with two blanks", "HTTP/1.1  200 OK\r\n\r\nhello"),
  answered("a status line without a code", "HTTP/1.1 OK\r\n\r\nhello"),
  answered("a status line with letters for a version", "HTTP/x.y 200 OK\r\n\r\nhello"),
  answered("a code nobody knows", "HTTP/1.1 299 Fine\r\nContent-Length: 5\r\n\r\nhello"),
  answered("404", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"),
  answered("204", "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"),
  answered("304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
  answered("100 before it", `HTTP/1.1 100 Continue\r\n\r\n${HELLO}`),
  answered(
    "two 100 before it",
    `HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\nHTTP/1.1 100 Go on\r\n\r\n${HELLO}`,
  ),
  answered(
    "101",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: upgrade\r\n\r\nhello",
  ),
  answered("a redirect without a place", "HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\ngone"),
  answered(
    "a redirect to a blank place",
    "HTTP/1.1 302 Found\r\nLocation:  \r\nContent-Length: 4\r\n\r\ngone",
  ),
  answered("a redirect to another scheme", moved("ftp://example.org/")),
  answered("a redirect of a code that is not followed", moved("/b", 305)),
  answered("a redirect of a newer code", moved("/b", 308)),
];

/** What may be asked. */
const REQUESTS: Case[] = [
  { name: "GET of a text", answers: [[HELLO]], simple: "/a?b=c" },
  { name: "GET of a text in chunks", answers: [[chunked("5", "hello", "0", "", "")]], simple: "/" },
  {
    name: "GET of a text that is cut",
    answers: [[`${OK}Content-Length: 50\r\n\r\nhello`]],
    simple: "/",
  },
  { name: "POST of a text", answers: [[HELLO]], simple: "/form", body: "a=1&b=\xc3\xbc" },
  { name: "POST of an empty text", answers: [[HELLO]], simple: "/form", body: "" },
  { name: "HEAD", answers: [[`${OK}Content-Length: 5\r\n\r\n`]], request: { method: "HEAD" } },
  {
    name: "HEAD of chunks",
    answers: [[`${OK}Transfer-Encoding: chunked\r\n\r\n`, "wait"]],
    request: { method: "HEAD" },
  },
  { name: "DELETE", answers: [[HELLO]], request: { method: "DELETE", path: "/x" } },
  { name: "OPTIONS *", answers: [[HELLO]], request: { method: "OPTIONS", uri: "*" } },
  {
    name: "another method",
    answers: [[HELLO]],
    request: { method: "PURGE", path: "/x" },
    asked: [[/TE\n/, "TE\nContent-Length: 0\n"]],
  },
  {
    name: "PUT in chunks",
    answers: [[HELLO]],
    request: { method: "PUT" },
    pieces: ["hello", "", " world"],
    asked: [["hello\r\n0\n", "hello\r\n"]],
  },
  {
    name: "PUT of a length",
    answers: [[HELLO]],
    request: { method: "PUT", headers: { "content-length": 11 } },
    pieces: ["hello", " world"],
  },
  { name: "PUT of nothing", answers: [[HELLO]], request: { method: "PUT" }, pieces: [] },
  { name: "GET with a body", answers: [[HELLO]], request: {}, pieces: ["hello"] },
  {
    name: "100-continue",
    answers: [[`HTTP/1.1 100 Continue\r\n\r\n${HELLO}`]],
    request: { method: "PUT", headers: { Expect: "100-continue" } },
    pieces: ["hello"],
  },
  {
    name: "fields of one's own",
    answers: [[HELLO]],
    request: {
      headers: { "X-Mine": "1", "user-agent": "me", HOST: "other", "Accept-Encoding": "gzip" },
    },
  },
  {
    name: "a path with params, query and escapes",
    answers: [[HELLO]],
    request: { path: "/a%20b;c?d=%2F&e" },
  },
  { name: "a user in the URL", answers: [[HELLO]], userinfo: "me:pass%20word", request: {} },
  { name: "a user without a password", answers: [[HELLO]], userinfo: "me", request: {} },
  {
    name: "a user in the request",
    answers: [[HELLO]],
    request: { user: "me", password: "secret" },
  },
  { name: "a proxy", answers: [[HELLO]], request: { proxied: true, path: "/a?b" } },
  { name: "a redirect to a path", answers: [[moved("/b?c")], [HELLO]], request: { path: "/a" } },
  {
    name: "a redirect to a relative path",
    answers: [[moved("../c")], [HELLO]],
    request: { path: "/a/b/d" },
  },
  { name: "a redirect to a URL", answers: [[moved("http://ADDRESS/b")], [HELLO]], simple: "/a" },
  { name: "a redirect of 301", answers: [[moved("/b", 301)], [HELLO]], simple: "/a" },
  { name: "a redirect of 303", answers: [[moved("/b", 303)], [HELLO]], simple: "/a" },
  { name: "a redirect of 307", answers: [[moved("/b", 307)], [HELLO]], simple: "/a" },
  {
    name: "a redirect that says where it leads",
    answers: [[moved("/b")], [`${OK}Location: /c\r\nContent-Length: 5\r\n\r\nhello`]],
    simple: "/a",
  },
  {
    name: "redirects in a circle",
    answers: Array(6).fill([moved("/a")]) as Script[],
    simple: "/a",
  },
  {
    name: "two redirects, and one is followed",
    answers: [[moved("/b")], [moved("/c")]],
    request: { maxredirects: 1 },
  },
  { name: "no redirect", answers: [[moved("/b")]], request: { redirect: false } },
  { name: "no redirect of POST", answers: [[moved("/b")]], simple: "/a", body: "a=b" },
  { name: "no redirect of DELETE", answers: [[moved("/b")]], request: { method: "DELETE" } },
];

const refused = (code: string): Partial<Told> => ({
  ok: "nil",
  code,
  headers: null,
  status: "nil",
  taken: "",
  ends: "",
});
const hello = (headers: Record<string, string>, more: Partial<Told> = {}): Partial<Told> => ({
  ok: "1",
  code: "200",
  headers,
  status: "HTTP/1.1 200 OK",
  taken: "hello",
  ends: "end",
  ...more,
});
const MALFORMED = refused("malformed response headers");

/** What is answered otherwise here, and why: docs/porting.md. */
const OTHERWISE: Case[] = [
  but(MALFORMED, answered("a length that is none", `${OK}Content-Length: five\r\n\r\nhello`)),
  but(
    MALFORMED,
    answered("two lengths", `${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`),
  ),
  but(MALFORMED, answered("a field with a blank before its colon", `${OK}X-A : b\r\n\r\nhello`)),
  but(
    refused("response headers too long"),
    answered(
      "fields of 20,000 bytes",
      `${OK}X-A: ${"a".repeat(20_000)}\r\nContent-Length: 5\r\n\r\nhello`,
    ),
  ),
  but(
    refused("HTTP/1.1 2000 OK"),
    answered("a code of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello"),
  ),
  but(
    hello({ "transfer-encoding": "gzip" }),
    answered("a coding that is not known", `${OK}Transfer-Encoding: gzip\r\n\r\nhello`),
  ),
  but(
    hello({ "content-length": "5" }),
    answered("103 before it", `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${HELLO}`),
  ),
  but(
    hello({ "content-length": "5", "x-a": "b" }),
    answered(
      "a field with blanks behind its value",
      `${OK}X-A: b  \r\nContent-Length: 5\r\n\r\nhello`,
    ),
  ),
  but(
    hello({ "content-length": "5" }, { status: "HTTP/1.1 200" }),
    answered("no reason, but a blank", "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello"),
  ),
  {
    name: "CONNECT",
    answers: [[HELLO]],
    request: { method: "CONNECT", uri: "example.org:80" },
    here: { taken: "", ends: "" },
  },
  {
    name: "a method in small letters",
    answers: [[HELLO]],
    request: { method: "get" },
    asked: [["get", "GET"]],
  },
  {
    name: "POST without a body",
    answers: [[HELLO]],
    request: { method: "POST" },
    asked: [["Host", "Content-Length: 0\nHost"]],
  },
  {
    name: "a path with blanks and UTF-8",
    answers: [[HELLO]],
    simple: "/a b\xc3\xbc",
    asked: [["/a b\xc3\xbc", "/a%20b%C3%BC"]],
  },
  { name: "a fragment", answers: [[HELLO]], simple: "/a#b", asked: [["#b", ""]] },
  {
    name: "a user with escapes",
    answers: [[HELLO]],
    userinfo: "a%40b:c",
    request: {},
    asked: [["YSU0MGI6Yw==", "YUBiOmM="]],
  },
  {
    name: "HEAD that is redirected",
    answers: [[moved("/b")], [`${OK}Content-Length: 5\r\n\r\n`]],
    request: { method: "HEAD" },
    here: hello({ "content-length": "5", location: "/b" }, { taken: "", ends: "" }),
    asked: [["GET /b", "HEAD /b"]],
  },
  {
    name: "a source that gives more",
    answers: [[HELLO]],
    request: { method: "PUT", headers: { "content-length": 3 } },
    pieces: ["hello"],
    here: refused("content-length is 3, but the source gave 5 bytes"),
    unasked: true,
  },
  {
    name: "an injected field",
    answers: [[HELLO]],
    request: { headers: { a: "b\r\nX-Injected: 1" } },
    here: refused('invalid header "a"'),
    unasked: true,
  },
  {
    name: "an injected method",
    answers: [[HELLO]],
    request: { method: "GET / HTTP/1.1\r\nX-Injected: 1\r\n\r\nGET" },
    here: refused("invalid method 'GET / HTTP/1.1\\r\\nX-Injected: 1\\r\\n\\r\\nGET'"),
    unasked: true,
  },
  {
    name: "an injected path",
    answers: [[HELLO]],
    request: { path: "/ HTTP/1.1\r\nX-Injected: 1" },
    here: refused("invalid url: it has control characters in its path or query"),
    unasked: true,
  },
];

export const CASES: readonly Case[] = [...ANSWERS, ...REQUESTS, ...OTHERWISE];
