import { existsSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import { fork, serve, sleep, socket, type Unix } from "cosocket";
import { check } from "../../support/check.js";
import { until } from "../../support/pairs.js";
import { program } from "../../support/process.js";
import { socketPath } from "../../support/transports.js";

function* listeningAt(path: string): Operation<Unix> {
  const server = socket.unix();
  yield* ensure(() => void server.close());
  socket.try(yield* server.bind(path));
  return server;
}

describe("unix", () => {
  it("serves and connects by path; the file goes with the server", () =>
    check(function* () {
      const path = yield* socketPath();
      const server = yield* listeningAt(path);
      expect(String(server)).to.equal(`unix{server} ${JSON.stringify(path)}`);
      const serving = yield* fork(() =>
        serve(server, function* (client) {
          expect(client.getsockname()).to.deep.equal([path]);
          const [line] = yield* client.receive();
          yield* client.send(`${line}!\n`);
        }),
      );
      const client = socket.unix.stream();
      expect(yield* client.connect(path)).to.deep.equal([1]);
      expect(client.getpeername()).to.deep.equal([path]);
      expect(client.getsockname()).to.deep.equal([""]);
      expect(client.getfamily()).to.equal("unix");
      yield* client.send("hello\n");
      expect(yield* client.receive()).to.deep.equal(["hello!"]);
      client.close();
      yield* serving.halt();
      expect(existsSync(path)).to.equal(false);
    }));

  it("replaces a socket file that a dead server left, never one that is in use", () =>
    check(function* () {
      const path = yield* socketPath();
      const dead = yield* program(process.execPath, [
        "-e",
        `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`,
      ]);
      yield* call(() => dead.prints(/up/));
      expect(yield* socket.unix().bind(path)).to.deep.equal([
        undefined,
        "address already in use",
        undefined,
      ]);
      dead.child.kill("SIGKILL");
      yield* call(() => dead.ends());
      expect(existsSync(path)).to.equal(true);
      const server = yield* listeningAt(path);
      const client = socket.unix();
      expect(yield* client.connect(path)).to.deep.equal([1]);
      client.close();
      server.close();
    }));

  it("never removes a file that is no socket", () =>
    check(function* () {
      const path = yield* socketPath();
      writeFileSync(path, "precious");
      expect((yield* socket.unix().bind(path))[1]).to.equal("address already in use");
      expect(existsSync(path)).to.equal(true);
    }));

  it("abstract names work without a file", function () {
    if (process.platform !== "linux") this.skip();
    return check(function* () {
      const name = `\0cosocket-test-${process.pid}`;
      const server = yield* listeningAt(name);
      const client = socket.unix();
      expect(yield* client.connect(name)).to.deep.equal([1]);
      const served = socket.try(yield* server.accept());
      served.close();
      client.close();
    });
  });

  it("each failure has its word", () =>
    check(function* () {
      const long = `/tmp/${"x".repeat(120)}`;
      const client = socket.unix();
      expect((yield* client.connect(long))[1]).to.equal("path too long");
      expect((yield* socket.unix().bind(long))[1]).to.equal("path too long");
      expect((yield* client.connect("/tmp/no/such/socket"))[1]).to.equal(
        "no such file or directory",
      );
      expect((yield* socket.unix().bind("/no/such/folder/socket"))[1]).to.be.oneOf([
        "permission denied",
        "no such file or directory",
      ]);
      const path = yield* socketPath();
      writeFileSync(path, "");
      expect((yield* client.connect(path))[1]).to.be.oneOf([
        "connection refused",
        "socket operation on non-socket",
      ]);
      client.close();
      expect((yield* client.connect(path))[1]).to.equal("closed");
      expect(socket.unix.dgram()).to.deep.equal([undefined, "not supported by Node", undefined]);
      expect(yield* socket.unix().listen()).to.deep.equal([
        undefined,
        "invalid argument",
        undefined,
      ]);
      expect(() => socket.unix().bind(5 as never)).to.throw(TypeError, "the path must be a string");
      expect(() => socket.unix().connect(5 as never)).to.throw(TypeError, "connect: the path");
      expect(() => socket.unix().accept()).to.throw(TypeError, "unix{server} expected");
      expect(() => socket.unix().receive()).to.throw(TypeError, "unix{client} expected");
    }));

  it("refuses what is beyond the backlog, and counts it", () =>
    check(function* () {
      const path = yield* socketPath();
      const server = socket.unix();
      yield* ensure(() => void server.close());
      socket.try(yield* server.bind(path, 2));
      const peers = Array.from({ length: 4 }, () => net.connect(path));
      yield* ensure(() => {
        for (const peer of peers) peer.destroy();
      });
      for (const peer of peers) peer.on("error", () => {});
      yield* until(() => server.refused === 2);
      for (let i = 0; i < 2; i++) socket.try(yield* server.accept()).close();
      server.settimeout(0);
      expect((yield* server.accept())[1]).to.equal("timeout");
      yield* sleep(0);
    }));
});
