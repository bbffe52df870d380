import { expect } from "chai";
import type { Operation } from "effection";
import { fork, serve, sleep, socket } from "cosocket";
import { copas } from "cosocket/copas";
import { ftp } from "cosocket/ftp";
import { ltn12 } from "cosocket/ltn12";
import { type Faults, simulate, type World } from "cosocket/testing";
import { check } from "../../support/check.js";
import { eachSeed, runs, times } from "../../support/counts.js";
import { FtpServer, type FtpWorld, ftpWorld } from "../../support/ftp-server.js";
import type { Replies } from "../../support/mail-server.js";
import { listening, portOf } from "../../support/pairs.js";

const TEXT = "some notes\r\n".repeat(2000);

function* serving(world: FtpWorld, replies?: Replies): Operation<number> {
  const server = yield* listening();
  yield* fork(() => serve(server, (client) => new FtpServer(client, world, replies).serve()));
  return portOf(server);
}

/** With a server of these files and replies, in a fiber that ends it. */
const withServer = (
  test: (at: { host: string; port: number }, world: FtpWorld) => Operation<void>,
  replies?: Replies,
): Promise<void> =>
  check(function* () {
    const world = ftpWorld({ notes: TEXT, "a b": "spaced" });
    yield* yield* fork(function* () {
      yield* test({ host: "127.0.0.1", port: yield* serving(world, replies) }, world);
    });
  });

function* hosted(simulated: World, world: FtpWorld): Operation<void> {
  yield* simulated.host("server", function* () {
    const server = socket.try(yield* socket.bind("*", 21));
    yield* serve(server, (client) => new FtpServer(client, world).serve());
  });
}

describe("ftp", () => {
  it("gets and puts by PASV where EPSV is not known, at the server's address whatever that tells", () =>
    withServer(
      function* ({ port }, world) {
        expect(yield* ftp.get(`ftp://127.0.0.1:${port}/notes`)).to.deep.equal([TEXT]);
        expect(yield* ftp.put(`ftp://127.0.0.1:${port}/new`, "new")).to.deep.equal([3]);
        expect(String(world.files.get("new"))).to.equal("new");
        expect(world.lines).to.match(/EPSV\r\nPASV\r\nRETR notes/);
      },
      (command) => (command === "EPSV" ? "500 what?\r\n" : undefined),
    ));

  it("connects to no third host", () =>
    check(function* () {
      yield* yield* fork(function* () {
        // Whoever is told of by PASV would be connected to by LuaSocket.
        const port = yield* serving(ftpWorld(), (command) =>
          command === "EPSV"
            ? "502 no\r\n"
            : command === "PASV"
              ? "227 (127,0,0,2,1,2)\r\n"
              : undefined,
        );
        const f = yield* ftp.open("127.0.0.1", port);
        yield* f.greet();
        yield* f.login();
        expect(yield* f.pasv()).to.deep.equal(["127.0.0.1", 258]);
        f.close();
      });
    }));

  it("finds the port behind PASV without parentheses, and does not take the reply's code for a number of it", () =>
    withServer(
      function* ({ host, port }) {
        const f = yield* ftp.open(host, port);
        yield* f.greet();
        expect(yield* f.pasv()).to.deep.equal(["127.0.0.1", 258]);
        f.close();
      },
      (command) => (command === "PASV" ? "227 127,0,0,1,1,2\r\n" : undefined),
    ));

  it("takes no data from a third host that comes in the place of the server", () =>
    check(function* () {
      yield* yield* fork(function* () {
        const server = yield* listening();
        yield* fork(() =>
          serve(server, function* (client) {
            const said: string[] = [];
            for (const reply of ["220 here", "230 in", "200 fine", "150 go"]) {
              if (reply !== "220 here") said.push(String((yield* client.receive())[0]));
              yield* client.send(`${reply}\r\n`);
            }
            const numbers = said[1]!.slice("PORT ".length).split(",").map(Number);
            yield* socket.connect("127.0.0.1", numbers[4]! * 256 + numbers[5]!, "127.0.0.2", 0);
            yield* client.receive();
          }),
        );
        const receive = socket.protect(function* () {
          const f = yield* ftp.open("127.0.0.1", portOf(server));
          yield* f.greet();
          yield* f.login();
          yield* f.port();
          return yield* f.receive({ path: "/notes", sink: ltn12.sink.null() });
        });
        expect((yield* receive())[1]).to.equal("data connection from another host");
      });
    }));

  it("wants to be told where the data goes", () =>
    withServer(function* ({ host, port }) {
      const f = yield* ftp.open(host, port);
      const send = socket.protect(() => f.send({ source: ltn12.source.empty() }));
      expect((yield* send())[1]).to.equal("need port or pasv first");
    }));

  it("lets the server connect, by PORT and EPRT", () =>
    withServer(function* ({ host, port }, world) {
      const f = yield* ftp.open(host, port);
      yield* f.greet();
      yield* f.login("me", "secret");
      yield* f.type("i");
      const [sink, pieces] = ltn12.sink.table();
      yield* f.port();
      expect(yield* f.receive({ path: "/notes", sink })).to.equal(1);
      expect(String(Buffer.concat(pieces as Buffer[]))).to.equal(TEXT);
      yield* f.eprt(1);
      expect(yield* f.send({ argument: "up", source: ltn12.source.string(TEXT) })).to.equal(
        TEXT.length,
      );
      expect(String(world.files.get("up"))).to.equal(TEXT);
      yield* f.quit();
      f.close();
    }));

  it("takes no line breaks in paths, names and passwords", () =>
    withServer(function* (at, world) {
      const source = ltn12.source.string("x");
      for (const asked of [
        ftp.get(`ftp://127.0.0.1:${at.port}/a%0d%0aDELE%20notes`),
        ftp.put({ ...at, path: "/a%0aDELE b", source }),
        ftp.put({ ...at, user: "me\r\nDELE b", source }),
        ftp.put({ ...at, password: "x\nDELE b", source }),
        ftp.command({ ...at, command: "noop\r\nDELE b" }),
      ])
        expect((yield* asked)[1]).to.equal("line break in a command");
      expect(world.lines).to.not.match(/DELE/);
    }));

  it("has words for what is no place", () =>
    check(function* () {
      for (const [place, word] of [
        ["http://a/b", "wrong scheme 'http'"],
        ["ftp:///x", "missing hostname"],
        ["", "invalid url"],
        ["ftp://a/b;type=d", "invalid type 'd'"],
        ["ftp://a/b;typ=a", "invalid type 'typ=a'"],
        ["ftp://127.0.0.1:99999/x", "service not supported for socket type"],
        ["ftp://127.0.0.1:ftp/x", "service not supported for socket type"],
      ] as const)
        expect((yield* ftp.get(place))[1], place).to.equal(word);
      expect((yield* ftp.command({ command: "noop" }))[1]).to.equal("missing hostname");
      expect(() => ftp.get({ host: "a" } as never)).to.throw(TypeError, "sink is a function");
      const sink = ltn12.sink.null();
      for (const [form, text] of [
        [{ pasword: "x" }, 'did you mean "password"'],
        [{ path: 1 }, "path is a string, not 1"],
        [{ password: 1234 }, "password is a string, not number"],
        [{ step: 1 }, "step is a function"],
        [{ source: sink }, 'no option "source"'],
      ] as const)
        expect(() => ftp.get({ host: "a", sink, ...form } as never)).to.throw(TypeError, text);
      expect(() => ftp.put("ftp://a/b", undefined as never)).to.throw(TypeError, "a text or bytes");
      expect(copas.ftp).to.equal(ftp);
    }));

  it("says what the server says that breaks an upload off", () =>
    check(function* () {
      yield* yield* fork(function* () {
        const data = yield* listening();
        const server = yield* listening();
        yield* fork(() =>
          serve(server, function* (client) {
            const say = ["220 here", "230 in", `229 (|||${portOf(data)}|)`, "150 go"];
            for (const reply of say) {
              if (reply !== say[0]) yield* client.receive();
              yield* client.send(`${reply}\r\n`);
            }
            const [connection] = yield* data.accept();
            yield* connection!.receive(1000);
            connection!.setoption("linger", { on: true, timeout: 0 });
            connection!.close();
            yield* client.send("552 disk full\r\n");
            yield* client.receive();
          }),
        );
        const endless = function* (): Operation<[string]> {
          return ["x".repeat(10_000)];
        };
        const at = { host: "127.0.0.1", port: portOf(server), path: "/x" };
        expect((yield* ftp.put({ ...at, source: endless }))[1]).to.equal("552 disk full");
      });
    }));

  it("leaves nothing behind, and no half of a file that looks whole, wherever it is halted", async () => {
    const ends = new Set<string>();
    for (let step = 0; step < 55; step += times(3, 1))
      await simulate({ seed: 1 }, function* (simulated) {
        const world = ftpWorld({ notes: "text" });
        yield* hosted(simulated, world);
        const source = ltn12.source.table(["a", "b", "c"]);
        const both = yield* fork(function* () {
          yield* ftp.put({ host: "server", path: "/new", source, type: "i" });
          yield* ftp.get("ftp://server/notes");
        });
        yield* sleep(step * 0.0001);
        yield* both.halt();
        yield* sleep(1);
        for (const [i, end] of world.ends.entries()) {
          if (end === "closed in order")
            expect(String(world.files.get("new")), String(i)).to.equal("abc");
          ends.add(end);
        }
      });
    expect([...ends]).to.include("closed in order");
  });

  it("gives a whole file or an error, whatever the network does", async () => {
    const faults: Faults = {
      latency: [0.0001, 0.01],
      split: 0.5,
      join: 0.2,
      reset: 0.02,
      stall: 0.01,
      refuse: 0.03,
      order: 0.2,
    };
    const words = new Set<string>();
    await eachSeed(runs(15, 30), (seed) =>
      simulate({ seed, faults }, function* (simulated) {
        const world = ftpWorld({ notes: TEXT });
        yield* hosted(simulated, world);
        const [text, err] = yield* ftp.get("ftp://server/notes");
        if (err === undefined) expect(text).to.equal(TEXT);
        const [bytes, error] = yield* ftp.put("ftp://server/new", TEXT);
        if (error === undefined) {
          expect(bytes).to.equal(TEXT.length);
          expect(String(world.files.get("new"))).to.equal(TEXT);
        }
        words.add(err ?? "got").add(error ?? "put");
      }),
    );
    expect([...words]).to.include.members(["got", "put", "closed"]);
  });
});
