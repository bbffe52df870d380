/** Every example is run as its first lines say, with a real client. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { call, type Operation } from "effection";
import { fork, serve, socket, type Tcp } from "cosocket";
import { check } from "./support/check.js";
import { socketPath } from "./support/transports.js";
import { type Program, root, script } from "./support/process.js";

function* portOf(program: Program): Operation<number> {
  const [, port] = yield* call(() => program.prints(/listening on tcp\{server\} [\d.]+:(\d+)/));
  return Number(port);
}

function* connect(port: number): Operation<Tcp> {
  const client = socket.try(yield* socket.connect("127.0.0.1", port));
  client.settimeout(5);
  return client;
}

/** Ends it as Ctrl-C does, and sees that it ends by itself. */
function* interrupt(program: Program, signal: "SIGINT" | "SIGTERM" = "SIGINT"): Operation<void> {
  program.child.kill(signal);
  const exit = yield* call(() => program.ends());
  expect(exit).to.deep.equal({ code: signal === "SIGINT" ? 130 : 143, signal: null });
}

const examples: Record<string, (program: Program) => Operation<void>> = {
  *echo(program) {
    const client = yield* connect(yield* portOf(program));
    yield* client.send("hello\r\nwörld\n");
    expect(yield* client.receive()).to.deep.equal(["hello"]);
    expect(yield* client.receive()).to.deep.equal(["wörld"]);
    yield* interrupt(program, "SIGTERM");
    expect((yield* client.receive())[1]).to.equal("closed");
    client.close();
  },

  *drain(program) {
    const port = yield* portOf(program);
    const [idle, waiting] = [yield* connect(port), yield* connect(port)];
    yield* idle.send("a\n");
    expect(yield* idle.receive()).to.deep.equal(["a: done"]);
    yield* waiting.send("b\n");
    yield* interrupt(program);
    expect(yield* idle.receive()).to.deep.equal([undefined, "closed", ""]);
    expect(yield* waiting.receive("*a")).to.deep.equal(["b: done, good bye\n"]);
    for (const client of [idle, waiting]) client.close();
  },

  *daytime(program) {
    expect(yield* call(() => program.ends())).to.deep.equal({ code: 0, signal: null });
    expect(Math.abs(Date.now() - Date.parse(program.out))).to.be.lessThan(60_000);
  },

  *tls(program) {
    yield* call(() => program.prints(/hello, in secret: TLSv1\.3, verified: true\n/));
    const port = yield* portOf(program);
    const client = yield* connect(port);
    expect((yield* client.dohandshake())[1]).to.match(/^certificate verify failed: self.signed/);
    const careless = yield* connect(port);
    socket.try(yield* careless.dohandshake({ verify: "none" }));
    yield* careless.send("hello\n");
    expect(yield* careless.receive()).to.deep.equal(["hello"]);
    careless.close();
    yield* interrupt(program);
  },

  *probe(program) {
    expect(yield* call(() => program.ends())).to.deep.equal({ code: 0, signal: null });
    const said = program.out
      .replaceAll(/127\.0\.0\.1:\d+/g, "it")
      .trim()
      .split("\n");
    expect(said.slice(0, 4)).to.have.members([
      "it: I am",
      "it: I am",
      "it: connection refused",
      "it: timeout",
    ]);
    expect(said.slice(4)).to.deep.equal(["the first to answer: it"]);
  },

  *child(program) {
    expect(yield* call(() => program.ends())).to.deep.equal({ code: 0, signal: null });
    expect(program.out).to.equal("6*7 = 42\n2+2*2 = 6\n1000000-1 = 999999\n");
  },

  *unix() {
    const path = yield* socketPath();
    const program = yield* script("examples", "unix", path);
    yield* call(() => program.prints(/listening on unix\{server\}/));
    const client = socket.unix();
    socket.try(yield* client.connect(path));
    for (const [question, answer] of [
      ["add 5", "5"],
      ["add -2", "3"],
      ["what?", 'say "add <number>"'],
    ]) {
      yield* client.send(`${question}\n`);
      expect(yield* client.receive()).to.deep.equal([answer]);
    }
    client.close();
    yield* interrupt(program);
    expect(existsSync(path)).to.equal(false);
  },

  *manual(program) {
    const [, port] = yield* call(() => program.prints(/on port (\d+)\n[^]*bound to 0\.0\.0\.0/));
    for (const line of ["one", "two"]) {
      const client = yield* connect(Number(port));
      yield* client.send(`${line}\n`);
      expect(yield* client.receive("*a")).to.deep.equal([`${line}\n`]);
      client.close();
    }
    yield* interrupt(program);
  },

  *chat(program) {
    const port = yield* portOf(program);
    const join = function* (name: string): Operation<Tcp> {
      const client = yield* connect(port);
      expect(yield* client.receive()).to.deep.equal(["your name?"]);
      yield* client.send(`${name}\n`);
      return client;
    };
    const ada = yield* join("ada");
    expect(yield* ada.receive()).to.deep.equal(["* ada has come"]);
    const bob = yield* join("bob");
    expect(yield* bob.receive()).to.deep.equal(["* bob has come"]);
    expect(yield* ada.receive()).to.deep.equal(["* bob has come"]);
    const thief = yield* join("ada");
    expect(yield* thief.receive()).to.deep.equal(["that name is taken"]);
    expect((yield* thief.receive())[1]).to.equal("closed");
    yield* ada.send("hello\n");
    expect(yield* bob.receive()).to.deep.equal(["ada: hello"]);
    ada.close();
    expect(yield* bob.receive()).to.deep.equal(["* ada has left"]);
    yield* interrupt(program);
    for (const client of [bob, thief]) client.close();
  },

  *promises(program) {
    const port = yield* portOf(program);
    const client = yield* connect(port);
    const origin = socket.try(yield* socket.bind("127.0.0.1", 0));
    const greeter = yield* fork(() =>
      serve(origin, function* (peer) {
        yield* peer.send("welcome\n");
      }),
    );
    const [, there] = origin.getsockname();
    for (const [line, answer] of [
      [`127.0.0.1 ${there}`, "listens, and says welcome"],
      ["127.0.0.1 1", "connection refused"],
      ["what?", "say: <host> <port>"],
    ]) {
      yield* client.send(`${line}\n`);
      expect(yield* client.receive()).to.deep.equal([answer]);
    }
    yield* greeter.halt();
    program.child.kill("SIGINT");
    expect(yield* client.receive()).to.deep.equal(["good-bye"]);
    expect((yield* client.receive())[1]).to.equal("closed");
    expect(yield* call(() => program.ends())).to.deep.equal({ code: 0, signal: null });
    expect(program.out).to.match(/\ndone\n$/);
    client.close();
  },

  *web(program) {
    const [, port, web] = yield* call(() =>
      program.prints(/listening on tcp\{server\} [\d.]+:(\d+) and tcp\{server\} [\d.]+:(\d+)/),
    );
    const client = yield* connect(Number(port));
    for (const [line, answer] of [
      ["hello", "1 kept"],
      ["wörld", "2 kept"],
    ]) {
      yield* client.send(`${line}\n`);
      expect(yield* client.receive()).to.deep.equal([answer]);
    }
    const browser = yield* connect(Number(web));
    yield* browser.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
    while ((yield* browser.receive())[0] !== "");
    expect(yield* browser.receive(13)).to.deep.equal([Buffer.from("hello\nwörld\n")]);
    // A line has begun, so that its server drains. The page's is told at the same time: what is kept alive is closed, and nobody comes in any more.
    yield* client.send("ha");
    yield* browser.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
    while ((yield* browser.receive())[0] !== "");
    yield* browser.receive(13);
    program.child.kill("SIGINT");
    expect((yield* browser.receive())[1]).to.equal("closed");
    for (const one of [port, web])
      expect((yield* socket.connect("127.0.0.1", Number(one)))[1]).to.equal("connection refused");
    yield* client.send("lf\n");
    expect(yield* client.receive()).to.deep.equal(["3 kept"]);
    expect((yield* client.receive())[1]).to.equal("closed");
    expect(yield* call(() => program.ends())).to.deep.equal({ code: 130, signal: null });
    for (const one of [client, browser]) one.close();
  },

  *proxy() {
    // An origin that answers when it has heard everything: it needs the half-close to come through.
    const origin = socket.try(yield* socket.bind("127.0.0.1", 0));
    const program = yield* script(
      "examples",
      "proxy",
      "127.0.0.1",
      String(origin.getsockname()[1]),
    );
    const client = yield* connect(yield* portOf(program));
    const big = "x".repeat(300_000);
    yield* client.send(big);
    client.shutdown("send");
    const served = socket.try(yield* origin.accept());
    expect((yield* served.receive("*a"))[0]?.length).to.equal(big.length);
    yield* served.send("heard it all");
    served.close();
    expect(yield* client.receive("*a")).to.deep.equal(["heard it all"]);
    yield* interrupt(program);
    client.close();
    origin.close();
  },
};

describe("examples", function () {
  this.timeout(20_000);

  it("are all tested", () => {
    const files = readdirSync(join(root, "examples"))
      .filter((file) => file.endsWith(".ts"))
      .map((file) => file.replace(/\.ts$/, ""));
    expect(files.sort()).to.deep.equal(Object.keys(examples).sort());
  });

  for (const [name, test] of Object.entries(examples)) {
    it(name, () =>
      check(function* () {
        yield* test(
          name === "proxy" || name === "unix"
            ? (undefined as never)
            : yield* script("examples", name),
        );
      }),
    );
  }
});
