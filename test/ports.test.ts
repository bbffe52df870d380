/**
 * Programs of Copas's and their ports: examples/copas. The same client talks to both, and hears the same.
 *
 * The originals run on Copas 4 where it is installed, else on a plain LuaSocket loop under its names (test/peers/loop).
 */
import { readdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { all, call, ensure, type Operation } from "effection";
import { fork, serve, sleep, socket, type Tcp } from "cosocket";
import { onlyInCI } from "./support/counts.js";
import { A_MOMENT, check } from "./support/check.js";
import { listening, portOf } from "./support/pairs.js";
import { available, program, type Program, root, script } from "./support/process.js";

const hasLua = available("lua5.4", "-e", "require'socket'");
const hasCopas = available("lua5.4", "-e", "assert(require'copas'._VERSION:match'^Copas [4-9]')");
if (!hasLua) console.log("skipped: Lua 5.4 with LuaSocket is not installed (see .ci/run)");
const env = hasCopas ? {} : { LUA_PATH: `${join(root, "test/peers/loop")}/?.lua;;` };

function* original(name: string, ...args: string[]): Operation<Program> {
  return yield* program("lua5.4", [`examples/copas/${name}.lua`, ...args], env);
}

function* connect(port: number): Operation<Tcp> {
  const client = socket.try(yield* socket.connect("127.0.0.1", port));
  yield* ensure(() => void client.close());
  client.settimeout(5);
  return client;
}

function* ask(client: Tcp, question: string): Operation<string> {
  yield* client.send(question);
  const [answer, err] = yield* client.receive("*L");
  return answer ?? `${err}\n`;
}

/** What was said, by whoever said it. */
class Transcript {
  text = "";
  add(who: string, what: string): void {
    this.text += `${who}: ${what.trimEnd()}\n`;
  }
}

interface Port {
  args: (folder: string) => string[];
  client(port: number): Operation<string>;
  /** How what was heard begins. */
  begins: string;
}

/** A folder with a few files, for the file server. */
function* folder(): Operation<string> {
  const path = mkdtempSync(join(tmpdir(), "cosocket-files-"));
  yield* ensure(() => rmSync(path, { recursive: true }));
  writeFileSync(join(path, "index.html"), "<h1>hello</h1>\n");
  writeFileSync(join(path, "a b.txt"), "spaces\n");
  writeFileSync(join(path, "big.bin"), Buffer.alloc(300_000, "big "));
  return path;
}

/** One response: status line, headers, and how long the body is. */
function* response(client: Tcp, head = false): Operation<string> {
  let text = "";
  let length = 0;
  for (;;) {
    const [line, err] = yield* client.receive("*l");
    if (err) return `${text}${err}`;
    if (line === "") break;
    text += `${line} | `;
    if (line.startsWith("Content-Length: ")) length = Number(line.slice(16));
  }
  if (head) return text;
  const [body, err] = yield* client.receive(length);
  if (err) return `${text}${err}`;
  return `${text}${body.subarray(0, 20).toString().trimEnd()}`;
}

const ports: Record<string, Port> = {
  kv: {
    args: () => ["0"],
    begins: "OK\none two\nNIL\n1\n",
    *client(port) {
      const [a, b] = [yield* connect(port), yield* connect(port)];
      let text = "";
      for (const [client, question] of [
        [a, "SET k one two\r\n"],
        [b, "GET k\n"],
        [b, "GET nothing\n"],
        [a, "DEL k\n"],
        [a, "DEL k\n"],
        [b, "GET k\n"],
        [a, "what?\n"],
        [a, "SET  spaced   v \n"],
        [b, "GET spaced\n"],
        [b, "QUIT\n"],
      ] as const)
        text += yield* ask(client, question);
      expect((yield* b.receive())[1]).to.equal("closed");
      return text;
    },
  },

  chat: {
    args: () => ["0", "0.4"],
    begins: "ada: name?\nada: letters and digits, please\nada: welcome, ada\n",
    *client(port) {
      const heard = new Transcript();
      const hears = function* (client: Tcp, who: string, times = 1): Operation<void> {
        for (let i = 0; i < times; i++) {
          const [line, err] = yield* client.receive();
          heard.add(who, line ?? `(${err})`);
        }
      };
      const ada = yield* connect(port);
      yield* hears(ada, "ada");
      yield* ada.send("a da\n");
      yield* hears(ada, "ada");
      yield* ada.send("ada\n");
      yield* hears(ada, "ada");
      const bob = yield* connect(port);
      yield* bob.send("ada\nbob\n");
      yield* hears(bob, "bob", 3);
      yield* hears(ada, "ada");
      yield* bob.send("/who\n\nhello\n/what\n");
      yield* hears(bob, "bob", 2);
      yield* hears(ada, "ada");
      yield* ada.send("hello, bob\n/quit\n");
      yield* hears(ada, "ada", 2);
      yield* hears(bob, "bob", 2);
      // He says nothing any more; nor does one who never tells a name.
      const mute = yield* connect(port);
      yield* hears(bob, "bob", 2);
      yield* hears(mute, "mute", 2);
      return heard.text;
    },
  },

  files: {
    args: (path) => [path, "0", "0.3"],
    begins:
      "HTTP/1.1 200 OK | Content-Type: text/html | Content-Length: 15 | Connection: keep-alive | <h1>hello</h1>\n",
    *client(port) {
      const seen: string[] = [];
      const client = yield* connect(port);
      const get = (path: string, version = "1.1", more = ""): string =>
        `GET ${path} HTTP/${version}\r\nHost: test\r\n${more}\r\n`;
      yield* client.send(get("/"));
      seen.push(yield* response(client));
      yield* client.send(get("/a%20b.txt?x=1") + get("/big.bin") + get("/nothing"));
      for (let i = 0; i < 3; i++) seen.push(yield* response(client));
      yield* client.send("HEAD /index.html HTTP/1.1\r\n\r\n");
      seen.push(yield* response(client, true));
      yield* client.send(get("/../secret") + get("/%2e%2e/secret"));
      for (let i = 0; i < 2; i++) seen.push(yield* response(client));
      yield* client.send(get("/", "1.1", "Connection: Close\r\n"));
      seen.push(yield* response(client), yield* response(client));
      for (const request of [
        get("/", "1.0"),
        "POST / HTTP/1.1\r\n\r\n",
        "what is this?\r\n\r\n",
        // Kept alive, and then too long without a request.
        get("/", "1.0", "Connection: keep-alive\r\n"),
      ]) {
        const other = yield* connect(port);
        yield* other.send(request);
        seen.push(yield* response(other), yield* response(other));
      }
      return seen.join("\n");
    },
  },
};

describe("ports of Copas programs", function () {
  this.timeout(20_000);

  it("are all tested, and each has its original", () => {
    const files = readdirSync(join(root, "examples/copas"));
    const names = [...Object.keys(ports), "fetch"];
    expect(files.sort()).to.deep.equal(
      names.flatMap((name) => [`${name}.lua`, `${name}.ts`]).sort(),
    );
  });

  for (const [name, { args, client, begins }] of Object.entries(ports)) {
    it(`${name}: the same client hears the same`, function () {
      if (name !== "kv") onlyInCI(this, "it starts the port and its original");
      return check(function* () {
        const path = yield* folder();
        const heard = function* (running: Program): Operation<string> {
          const [, port] = yield* call(() => running.prints(/port (\d+)/));
          return yield* client(Number(port));
        };
        const ours = yield* script("examples/copas", name, ...args(path));
        const programs = hasLua ? [ours, yield* original(name, ...args(path))] : [ours];
        const [answer, theirs = answer] = yield* all(programs.map(heard));
        expect(answer!.slice(0, begins.length)).to.equal(begins);
        expect(theirs).to.equal(answer);
        ours.child.kill("SIGINT");
        expect((yield* call(() => ours.ends())).signal).to.equal("SIGINT");
      });
    });
  }

  /** A server that must never see more than three at a time, and what a program prints that asks it. */
  function* fetched(start: (...urls: string[]) => Operation<Program>): Operation<string> {
    let running = 0;
    let most = 0;
    const server = yield* listening();
    yield* fork(() =>
      serve(server, function* (client) {
        const [first] = yield* client.receive();
        while ((yield* client.receive())[0] !== "");
        // When its client has given up, and goes on, that is not known here at once: not counted.
        if (first?.includes("/slow")) return yield* client.receive();
        most = Math.max(most, ++running);
        try {
          yield* sleep(20 * A_MOMENT);
          if (first?.includes("/junk")) yield* client.send("junk\n");
          else yield* client.send(`HTTP/1.0 200 OK\r\nA: b\r\n\r\n${first}`);
        } finally {
          running--;
        }
      }),
    );
    const base = `http://127.0.0.1:${portOf(server)}`;
    const program = yield* start(
      ..."abcdefgh".split("").map((path) => `${base}/${path}`),
      `${base}/junk`,
      `${base}/slow`,
      "http://127.0.0.1:1/refused",
      "nonsense",
    );
    expect((yield* call(() => program.ends())).code).to.equal(0);
    expect(most).to.equal(3);
    return program.out;
  }

  it("fetch: the same server sees at most three at a time, and both print the same", () =>
    check(function* () {
      const args = ["3", "0.5"];
      const starts = [
        (...urls: string[]) => script("examples/copas", "fetch", ...args, ...urls),
        (...urls: string[]) => original("fetch", ...args, ...urls),
      ].slice(0, hasLua ? 2 : 1);
      const [answer, theirs = answer] = yield* all(starts.map(fetched));
      expect(answer).to.match(/^\/a 200, 15 bytes\n/);
      expect(answer).to.match(
        /\/junk failed: not http\n\/slow failed: timeout\n\/refused failed: connection refused\nnonsense failed: not a url\n$/,
      );
      expect(theirs).to.equal(answer);
    }));
});
