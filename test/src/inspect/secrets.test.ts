/** What must be in nothing that anybody sees: keys, passwords, what was sent. Each use has marks of its own, so that a failure says what has leaked. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer } from "node:http";
import { inspect as printed } from "node:util";
import { expect } from "chai";
import {
  call,
  createContext,
  createQueue,
  ensure,
  type Operation,
  suspend,
  until as awaiting,
} from "effection";
import { channel, fork, nodeHandler, serve, sleep, socket, type Tcp } from "cosocket";
import { copas } from "cosocket/copas";
import { ftp } from "cosocket/ftp";
import { http } from "cosocket/http";
import {
  dump,
  inspect,
  metrics,
  operationChannels,
  record,
  recordStacks,
  snapshot,
  socketChannels,
  watch,
} from "cosocket/inspect";
import { channels, fibers } from "cosocket/reactor";
import { smtp } from "cosocket/smtp";
import { tp } from "cosocket/tp";
import { check } from "../../support/check.js";
import { FtpServer, ftpWorld } from "../../support/ftp-server.js";
import { nothingHeard, smtpServer } from "../../support/mail-server.js";
import { listening, pair, portOf, rawPair, until } from "../../support/pairs.js";
import { serverParams, serves, shake, trusting } from "../../support/tls.js";
import { ask, Events } from "../../support/web.js";

/** What nobody may see, by what it is. */
const marks = new Map<string, string>();

function secret(what: string): string {
  const mark = `m4rk-${what}?/+&-${"z".repeat(6)}`;
  marks.set(what, mark);
  return mark;
}

/** A text as it may stand somewhere; of base64 what is the same wherever in the encoded text it begins. */
function forms(mark: string): string[] {
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.from(" ".repeat(shift) + mark)
      .toString("base64")
      .slice(shift === 0 ? 0 : 4, -4),
  );
  return [
    mark,
    JSON.stringify(mark).slice(1, -1),
    encodeURIComponent(mark),
    Buffer.from(mark).toString("hex"),
    ...base64,
  ];
}

/** Everything that the channels tell, until the caller ends. */
function* told(): Operation<Set<string>> {
  const lines = new Set<string>();
  const listener = (event: unknown): void => {
    const line = JSON.stringify(event);
    if (!lines.has(line)) lines.add(line).add(printed(event));
  };
  const operations = operationChannels().flatMap((name) =>
    ["start", "end", "asyncStart", "asyncEnd", "error"].map((one) => `tracing:${name}:${one}`),
  );
  const others = Object.values({ ...channels, ...socketChannels }).map(({ name }) => String(name));
  for (const name of [...operations, ...others]) {
    subscribe(name, listener);
    yield* ensure(() => void unsubscribe(name, listener));
  }
  return lines;
}

/** How many uses have come to where they wait. */
let waiting = 0;

function* waits(): Operation<void> {
  waiting++;
  yield* suspend();
}

/** Uses of the package that have to do with what nobody may see. Each waits at its end. */
const USES: Record<string, () => Operation<void>> = {
  *"a TLS client, its passphrase, its session, the name of its pool"() {
    const prefix = secret("prefix");
    const [server] = yield* serves(
      function* (client) {
        yield* client.receive();
        yield* client.receive("*l", prefix);
      },
      { tls: serverParams },
    );
    const secure = socket.tcp();
    socket.try(yield* secure.connect("127.0.0.1", portOf(server), { pool: secret("pool") }));
    socket.try(yield* secure.dohandshake({ ...trusting, password: secret("passphrase") }));
    yield* secure.send(`${secret("line")}\n${secret("payload")}`);
    yield* until(() => secure.getsession()[0] !== undefined);
    marks.set("session", String(secure.getsession()[0]!.toString("base64").slice(0, 60)));
    waiting++;
    yield* secure.receive("*l", secret("wanted"));
  },

  *"a TLS server whose callback fails"() {
    const SNICallback = (_: string, done: (error: Error) => void): void =>
      done(new Error(secret("callback")));
    const [server] = yield* serves(() => suspend(), { tls: { mode: "server", SNICallback } });
    yield* shake(server, { ...trusting, servername: "name.example" });
    yield* waits();
  },

  *"handlers and fibers that fail with what they know"() {
    const server = yield* listening();
    const handler = function* (client: Tcp): Operation<void> {
      const [line] = yield* client.receive();
      throw Object.assign(new Error(line), { code: secret("code") });
    };
    yield* fork(() => serve(server, handler, { errorhandler: () => {} }));
    const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
    yield* client.send(`${secret("thrown")}\n`);
    yield* client.receive();
    // One that looks like the kind of an error.
    marks.set("kind", "Tr0ub4dor3Error");
    const named = Object.assign(new Error(), { name: secret("name") });
    const all = ["Tr0ub4dor3Error", secret("string"), { text: secret("object") }, named];
    let failed = 0;
    for (const thrown of all) yield* fork(() => fails(thrown), { boundary: () => void failed++ });
    yield* until(() => failed === all.length);
    yield* waits();
  },

  *"receiving until a boundary, and lines that are too long"() {
    const [served, peer] = yield* rawPair();
    served.setoption("line-limit", 10);
    peer.socket.write(`${secret("long line")}${secret("long line")}`);
    yield* served.receive();
    waiting++;
    yield* served.receiveuntil(secret("boundary"))();
  },

  *"a send that waits"() {
    const [client] = yield* pair();
    waiting++;
    yield* client.send(secret("sent").repeat(300_000));
  },

  *datagrams() {
    const udp = socket.udp();
    socket.try(yield* udp.setsockname("127.0.0.1", 0));
    const port = udp.getsockname()[1] as number;
    for (const one of ["datagram", "unread datagram"])
      yield* udp.sendto(secret(one), "127.0.0.1", port);
    yield* udp.receive();
    yield* waits();
  },

  *"requests of HTTP, with and without a proxy"() {
    const web = yield* listening();
    const node = createServer((_request, response) => response.write(secret("response")));
    yield* fork(() => serve(web, nodeHandler(node)));
    const here = `127.0.0.1:${portOf(web)}`;
    const url = `http://user:${encodeURIComponent(secret("password"))}@${here}/${encodeURIComponent(secret("path"))}?q=${encodeURIComponent(secret("query"))}`;
    const headers = {
      cookie: secret("cookie"),
      authorization: `Bearer ${secret("bearer")}`,
      "x-key": secret("field"),
    };
    yield* fork(() => http.request({ url, method: "POST", headers }));
    const proxy = `http://user:${encodeURIComponent(secret("proxy password"))}@${here}`;
    yield* fork(() => http.request({ url: `http://there.example/`, proxy }));
    waiting++;
    yield* http.request({ url: `https://there.example/`, proxy, headers });
    yield* suspend();
  },

  *"a mail"() {
    const server = yield* listening();
    const replies = (command: string): string | undefined =>
      command.startsWith("EHLO") ? "250-here\r\n250 AUTH PLAIN\r\n" : undefined;
    yield* fork(() => serve(server, (client) => smtpServer(client, nothingHeard(), replies)));
    socket.try(
      yield* smtp.send({
        ...{ from: `<me@here>`, rcpt: [`<you@there>`], server: "127.0.0.1" },
        ...{ port: portOf(server), user: "me", password: secret("mail password") },
        source: smtp.message({ headers: { subject: secret("subject") }, body: secret("mail") }),
      }),
    );
    yield* waits();
  },

  *files() {
    const server = yield* listening();
    const refuses = (command: string): string | undefined =>
      command.startsWith("RETR") ? `550 no ${secret("reply")}\r\n` : undefined;
    const world = ftpWorld({ file: secret("content") });
    yield* fork(() => serve(server, (client) => new FtpServer(client, world, refuses).serve()));
    const user = `me:${encodeURIComponent(secret("ftp password"))}`;
    yield* ftp.get(`ftp://${user}@127.0.0.1:${portOf(server)}/file`);
    yield* waits();
  },

  *"commands in lines"() {
    const server = yield* listening();
    yield* fork(() => serve(server, () => suspend()));
    const control = socket.try(yield* tp.connect("127.0.0.1", portOf(server)));
    yield* control.command(`AUTH PLAIN ${secret("command")}`, secret("argument"));
    waiting++;
    yield* control.check(secret("code wanted"));
  },

  *"queues and channels"() {
    const queue = copas.queue.new<string>({ max: 1 });
    for (const item of [secret("first item"), secret("second item")])
      yield* fork(() => queue.push(item));
    yield* fork(() => channel<string>().send(secret("value")));
    const effections = createQueue<string, void>();
    effections.add(secret("queued"));
    yield* effections.next();
    waiting++;
    yield* effections.next();
  },

  *"what Effection does for a fiber"() {
    const Password = createContext<string>("password");
    yield* Password.set(secret("context"));
    yield* Password.with(secret("context within"), function* () {
      yield* awaiting(Promise.resolve(secret("promised")));
      yield* waits();
    });
  },
};

function* fails(what: unknown): Operation<void> {
  yield* sleep(0);
  throw what;
}

describe("what is told of a program", () => {
  it("has no key, no password, and nothing that was sent or received in it, in any form", () =>
    check(function* () {
      const events = yield* told();
      const before = recordStacks(true);
      const stop = watch();
      const recording = record();
      process.env["COSOCKET_TEST_SECRET"] = secret("environment");
      process.argv.push(secret("argument of the program"));
      yield* ensure(() => {
        recordStacks(before);
        stop();
        recording.stop();
        delete process.env["COSOCKET_TEST_SECRET"];
        process.argv.pop();
      });
      const token = "t0ken-t0ken-t0ken";
      marks.set("token", token);
      const [inspector] = yield* inspect({ port: 0, token });
      const [address] = inspector!.url!.split("?") as [string];
      const headers = { Authorization: `Bearer ${token}` };
      const asked = (path: string): Operation<string> =>
        call(async () => (await ask(`${address}${path}`, { headers })).body);
      const uses = yield* fork(function* () {
        for (const [name, use] of Object.entries(USES)) yield* fork(use, { name });
        yield* suspend();
      });
      yield* until(() => waiting === Object.keys(USES).length);
      const page = yield* call(() => Events.open(`${address}events`, { headers }));
      const event = yield* call(() => page.next());
      page.close();
      const shown: Record<string, string> = {
        "the channels": [...events].join("\n"),
        snapshot: JSON.stringify(snapshot({ paths: "recorded" })),
        fibers: JSON.stringify(fibers()) + printed(fibers(), { depth: 9 }),
        dump: dump(),
        metrics: JSON.stringify(metrics()),
        "/events": JSON.stringify(event),
        "the trace that the page takes": yield* asked("trace?seconds=0.001"),
      };
      for (const path of [
        "",
        "snapshot",
        "process",
        "dump",
        "metrics",
        "path?id=1",
        "main.js",
        "nothing",
      ])
        shown[`/${path}`] = yield* asked(path);
      yield* uses.halt();
      shown["the trace"] = recording.text();
      expect(shown["the trace"]).to.include("failed: Error").and.include("halted");
      expect(shown["snapshot"]).to.include("TLSv1.3");
      for (const line of String(serverParams.key).split("\n").slice(1, -2)) marks.set(line, line);
      const found = [...marks].flatMap(([what, mark]) =>
        Object.entries(shown)
          .filter(([, text]) => forms(mark).some((form) => text.includes(form)))
          .map(([where]) => `${what} in ${where}`),
      );
      expect(found).to.deep.equal([]);
    }));
});
