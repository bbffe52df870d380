/** Servers of FTP that mean harm. */
import { expect } from "chai";
import type { Operation } from "effection";
import { fork, type Result, serve, socket, type Tcp, within } from "cosocket";
import { ftp } from "cosocket/ftp";
import { simulate } from "cosocket/testing";
import { check } from "../../support/check.js";
import { type Deed, endlessly, harmful, misbehave, slowly } from "../../support/harmful-server.js";
import { listening, portOf } from "../../support/pairs.js";

const IN = ["220 here\r\n", "230 in\r\n"];

/** What a transfer says of a server that does this; nothing is left of it. */
async function error(
  deeds: Deed[],
  transfer = (port: number): Operation<Result<unknown, undefined, string>> =>
    ftp.get(`ftp://127.0.0.1:${port}/notes`),
): Promise<unknown> {
  let err: unknown;
  await check(function* () {
    yield* yield* fork(function* () {
      [, err] = yield* transfer(yield* harmful(...deeds));
    });
  });
  return err;
}

/** Where the data connection is taken, and what is done with it. */
function* withData(act: (data: Tcp) => Operation<unknown>): Operation<number> {
  const server = yield* listening();
  yield* fork(() => serve(server, act));
  return portOf(server);
}

/** What `get` says when that is done with the data connection, and then this is said. */
async function cut(act: (data: Tcp) => Operation<unknown>, last: string): Promise<unknown> {
  let err: unknown;
  await check(function* () {
    yield* yield* fork(function* () {
      const at = yield* withData(act);
      const port = yield* harmful(...IN, `229 (|||${at}|)\r\n`, `150 go\r\n${last}`, "221 bye\r\n");
      [, err] = yield* ftp.get(`ftp://127.0.0.1:${port}/notes`);
    });
  });
  return err;
}

describe("ftp, with a server that means harm", () => {
  it("takes no reply that has no end", async () => {
    expect(await error([endlessly("2")])).to.equal("line too long");
    expect(await error([...IN, endlessly("229-\r\n")])).to.equal("server reply too long");
    expect(await error([...IN, endlessly("hello\r\n")])).to.equal("invalid server reply");
  });

  it("looks once at what it is told of the data connection, however much it is", async () => {
    const delimiters = `229 (${"|".repeat(60_000)}\r\n`;
    expect(await error([...IN, delimiters])).to.equal("invalid epsv response");
    const digits = `227-${"1".repeat(60_000)}\r\n`.repeat(16);
    expect(await error([...IN, "500 what?\r\n", `${digits}227 1,2\r\n`])).to.match(/^227-111/);
  });

  it("waits for nothing longer than TIMEOUT, and within a bound of the caller's for all", async () => {
    const deeds = [...IN, "229 (|||1025|)\r\n", "150 go\r\n"];
    for (let silent = 0; silent <= deeds.length; silent++)
      await simulate({ seed: 1 }, function* (world) {
        yield* world.host("server", function* () {
          const server = socket.try(yield* socket.bind("*", 21));
          // It never closes.
          yield* fork(function* () {
            yield* serve(socket.try(yield* socket.bind("*", 1025)), (data) =>
              misbehave(data, ["some"]),
            );
          });
          yield* serve(server, (client) => misbehave(client, deeds.slice(0, silent)));
        });
        const begun = socket.gettime();
        expect((yield* ftp.get("ftp://server/notes"))[1]).to.equal("timeout");
        expect(socket.gettime() - begun).to.be.closeTo(60, 1);
      });
    for (const drip of ["control", "data"])
      await simulate({ seed: 1 }, function* (world) {
        yield* world.host("server", function* () {
          const server = socket.try(yield* socket.bind("*", 21));
          yield* fork(function* () {
            yield* serve(socket.try(yield* socket.bind("*", 1025)), (data) =>
              misbehave(data, [slowly("x")]),
            );
          });
          const some = drip === "control" ? [slowly("220-wait\r\n")] : deeds;
          yield* serve(server, (client) => misbehave(client, some));
        });
        const begun = socket.gettime();
        const got = yield* within(300, () => ftp.get("ftp://server/notes"));
        expect(got[1]).to.equal("timeout");
        expect(socket.gettime() - begun).to.be.closeTo(300, 1);
      });
  });

  it("takes no half for a whole", async () => {
    const half = function* (data: Tcp): Operation<void> {
      yield* data.send("half of it");
    };
    expect(await cut(half, "426 cut off\r\n")).to.equal("426 cut off");
    expect(await cut(half, "what?\r\n")).to.equal("invalid server reply");
    const reset = function* (data: Tcp): Operation<void> {
      yield* data.send("half of it");
      data.setoption("linger", { on: true, timeout: 0 });
      data.close();
    };
    expect(await cut(reset, "226 all of it\r\n")).to.equal("closed");
  });

  it("waits for the end of a data connection no longer than TIMEOUT, whatever is said meanwhile", async () => {
    const { TIMEOUT } = ftp;
    ftp.TIMEOUT = 0.05;
    const open = function* (data: Tcp): Operation<void> {
      yield* data.send("all of it");
      yield* data.receive(Infinity);
    };
    try {
      expect(await cut(open, "226 all of it\r\n")).to.equal("timeout");
    } finally {
      ftp.TIMEOUT = TIMEOUT;
    }
  });

  it("gives up an upload that the server does not read, and leaves nothing of it", async () => {
    const { TIMEOUT } = ftp;
    ftp.TIMEOUT = 0.05;
    try {
      for (const blocks of [1, Infinity]) {
        let err: unknown;
        let given = 0;
        const source = function* (): Operation<Result<string | undefined>> {
          return given++ < blocks ? ["x".repeat(10_000_000)] : [undefined];
        };
        await check(function* () {
          yield* yield* fork(function* () {
            const at = yield* withData(() => socket.sleep(3600));
            const port = yield* harmful(...IN, `229 (|||${at}|)\r\n`, "150 go\r\n");
            [, err] = yield* ftp.put({ host: "127.0.0.1", port, path: "/x", source });
          });
        });
        expect(err).to.equal("timeout");
      }
    } finally {
      ftp.TIMEOUT = TIMEOUT;
    }
  });
});
