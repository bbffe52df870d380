/** What goes wrong on a connection, on Node's handles and on its sockets: nothing breaks, nothing is lost, nothing is left. */
import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { call, type Operation } from "effection";
import { fork, serve, sleep, socket, type Tcp } from "cosocket";
import { check, RawPeer } from "../../support/check.js";
import { bytesInUse } from "../../support/memory.js";
import { grounds } from "../../support/networks.js";
import { clog, listening, pair, portOf, rawPair, readable, until } from "../../support/pairs.js";
import { program, root } from "../../support/process.js";
import { runs, runsAreAsked } from "../../support/counts.js";
import { type AnyStream, unixPair } from "../../support/transports.js";

const descriptors = (): number => readdirSync("/proc/self/fd").length;

const RESET = { on: true, timeout: 0 };

/** Send FIN and close with RST at once, as the kernel must be told one after the other. */
function resetBehindEnd(client: AnyStream): void {
  client.shutdown("send");
  client.setoption("linger", RESET);
  client.close();
}

/** Receive so much in small pieces, with pauses: its hash. */
function* slowly(client: Tcp, bytes: number): Operation<string> {
  const hash = createHash("sha1");
  for (let left = bytes, n = 0; left > 0; n++) {
    const [block, error] = yield* client.receive(Math.min(left, 1 + ((n * 7919) % 40_000)));
    if (error) return error;
    hash.update(block);
    left -= block.length;
    if (n % 16 === 0) yield* sleep(0);
  }
  return hash.digest("hex");
}

/** MB that slow peers take on each; by hand: COSOCKET_RUNS=1000. */
const MEGABYTES = runs(3, 10);
/** Connections that are reset on each, at least; by hand: COSOCKET_RUNS=10000. */
const RESETS = runs(100, 300);
/** What V8 compiles meanwhile, hundreds of kilobytes, is little for each of so many. */
const MOST_RESETS = RESETS + 5000;
const AT_ONCE = 10;

for (const { name, check } of grounds) {
  describe(`faults on a ${name}`, function () {
    if (runsAreAsked) this.timeout(0);

    it("blocks that a program keeps stay as they were, whatever comes later", () =>
      check(function* () {
        const [served, peer] = yield* rawPair();
        const sent = randomBytes(4 << 20);
        peer.socket.write(sent);
        const kept: Buffer[] = [];
        for (let left = sent.length, n = 0; left > 0; n++) {
          // All of memory, parts of it, and little of it, which is copied.
          const size = [65_536, 8_192, 30, 5_000, 64, 20_000][n % 6]!;
          const [block] = yield* served.receive(Math.min(left, size));
          kept.push(block!);
          left -= block!.length;
          if (n % 50 === 0) yield* sleep(0);
        }
        expect(Buffer.concat(kept).equals(sent)).to.equal(true);
      }));

    it("a reset while somebody reads is the end of what has come, and tells why", () =>
      check(function* () {
        const [served, peer] = yield* rawPair();
        peer.socket.write("par");
        yield* readable(served);
        const reading = yield* fork(() => served.receive());
        peer.socket.resetAndDestroy();
        expect(yield* reading).to.deep.equal([undefined, "closed", "par"]);
        expect(served.lastError).to.include({ code: "ECONNRESET", syscall: "read" });
        expect((yield* served.send("x")).slice(0, 2)).to.deep.equal([undefined, "closed"]);
      }));

    it("a reset while somebody writes ends the send, and tells how far it came", () =>
      check(function* () {
        const [served, peer] = yield* rawPair();
        peer.socket.pause();
        yield* clog(served);
        const sending = yield* fork(() => served.send(Buffer.alloc(1 << 20)));
        yield* sleep(0);
        peer.socket.resetAndDestroy();
        const [sent, error, last] = yield* sending;
        expect([sent, error]).to.deep.equal([undefined, "closed"]);
        expect(last).to.be.within(0, (1 << 20) - 1);
        expect(["ECONNRESET", "EPIPE"]).to.include(
          (served.lastError as NodeJS.ErrnoException).code,
        );
      }));

    it("a write after the peer is gone fails, what it had said before can be received, and then there is an end", () =>
      check(function* () {
        const [served, peer] = yield* rawPair();
        peer.socket.end("last words\nand");
        peer.socket.on("end", () => peer.socket.destroy());
        yield* readable(served);
        let error: string | undefined;
        peer.socket.destroy();
        yield* until(() => peer.closed);
        for (let tries = 0; error === undefined && tries < 100; tries++) {
          [, error] = yield* served.send("more\n");
          yield* sleep(0);
        }
        expect(error).to.equal("closed");
        expect(yield* served.receive()).to.deep.equal(["last words"]);
        expect(yield* served.receive()).to.deep.equal([undefined, "closed", "and"]);
      }));

    it("closing within what has arrived leaves the rest of it, and what was answered arrives", () =>
      check(function* () {
        const server = yield* listening();
        const handled: string[] = [];
        const serving = yield* fork(() =>
          serve(server, function* (client) {
            const [line] = yield* client.receive();
            handled.push(line!);
            yield* client.send(`${line}!\n`);
            client.close();
            handled.push(String((yield* client.receive())[1]));
          }),
        );
        const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
        yield* client.send("first\nsecond\n" + "third\n".repeat(1000));
        expect(yield* client.receive("*a")).to.deep.equal(["first!\n"]);
        expect(client.lastError).to.equal(undefined);
        expect(handled).to.deep.equal(["first", "closed"]);
        client.close();
        yield* serving.halt();
      }));

    it("resetting within what has arrived resets, and leaves nothing", () =>
      check(function* () {
        const [served, peer] = yield* rawPair();
        const reading = yield* fork(function* () {
          const line = yield* served.receive();
          served.setoption("linger", RESET);
          served.close();
          return [line, (yield* served.receive())[1]];
        });
        peer.socket.write("first\nsecond\nthird");
        expect(yield* reading).to.deep.equal([["first"], "closed"]);
        yield* until(() => peer.closed);
        expect(peer.error?.code).to.equal("ECONNRESET");
      }));

    for (const [kind, made] of [
      ["TCP", pair],
      ["Unix", unixPair],
    ] as const)
      it(`${kind}: a reset in the turn of the FIN leaves no descriptor`, () =>
        check(function* () {
          const before = descriptors();
          for (let i = 0; i < 5; i++) {
            const [client, served] = yield* made();
            resetBehindEnd(client);
            expect((yield* served.receive("*a")).slice(0, 2)).to.deep.equal([undefined, "closed"]);
            served.close();
          }
          yield* until(() => descriptors() <= before);
        }));

    it("a reset in the turn of the FIN is one for a peer that sends", () =>
      check(function* () {
        const [served, peer] = yield* rawPair();
        resetBehindEnd(served);
        yield* until(() => peer.ended);
        peer.socket.write("x");
        yield* until(() => peer.closed || peer.error !== undefined);
        expect(["EPIPE", "ECONNRESET"]).to.include(peer.error?.code);
      }));

    it(`${MEGABYTES} MB come through slow peers as they were sent, both ways at once`, () =>
      check(function* () {
        const block = randomBytes(1_000_003);
        const each = Math.ceil(MEGABYTES / 4);
        const hash = createHash("sha1");
        for (let i = 0; i < each; i++) hash.update(block);
        const expected = hash.digest("hex");
        const flood = function* (stream: Tcp): Operation<void> {
          for (let i = 0; i < each; i++) socket.try(yield* stream.send(block));
        };
        const received = [];
        for (let i = 0; i < 2; i++) {
          const ends = yield* pair();
          for (const end of ends) {
            yield* fork(() => flood(end));
            received.push(yield* fork(() => slowly(end, each * block.length)));
          }
        }
        for (const one of received) expect(yield* one).to.equal(expected);
      }));

    it(`${RESETS} connections that are reset leave no descriptor and no memory`, () =>
      check(function* () {
        const server = yield* listening();
        const serving = yield* fork(() =>
          serve(server, function* (client) {
            for (let i = 0; i < 3; i++) {
              const [line, error] = yield* client.receive();
              if (error) return;
              yield* client.send(`${line}\n`);
            }
          }),
        );
        const reset = function* (i: number): Operation<void> {
          const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
          client.setoption("linger", RESET);
          yield* client.send(i % 3 === 0 ? "whole\n" : "half");
          if (i % 2 === 0) yield* sleep(0);
          client.close();
        };
        const resets = function* (count: number): Operation<void> {
          for (let i = 0; i < count; i += AT_ONCE) {
            const clients = [];
            for (let j = i; j < i + AT_ONCE; j++) clients.push(yield* fork(() => reset(j)));
            for (const client of clients) yield* client;
          }
          yield* until(() => serving.children.length === 0);
        };
        const share = 100;
        yield* resets(share);
        const [files, bytes] = [descriptors(), bytesInUse()];
        let [count, each] = [0, Infinity];
        // What is compiled is not kept for each of them: the more they are, the less of it is each's. Of a leak it is not.
        while (count < RESETS || (each >= 600 && count < MOST_RESETS)) {
          yield* resets(share);
          yield* until(() => descriptors() <= files);
          count += share;
          each = (bytesInUse() - bytes) / count;
        }
        expect(each).to.be.below(600);
        yield* serving.halt();
      })).timeout(runsAreAsked ? 0 : 60_000);
  });
}

/** Keep a server in want of descriptors. */
function* starve(transport: string): Operation<void> {
  const file = join(root, "dist/test/process/emfile.js");
  const server = yield* program(
    "sh",
    ["-c", `ulimit -n 256 && exec "${process.execPath}" "${file}"`],
    { COSOCKET_TRANSPORT: transport },
  );
  const [, port] = yield* call(() => server.prints(/port (\d+)/));
  const peers = Array.from({ length: 300 }, () => RawPeer.connect(Number(port)));
  yield* until(() => peers.some(({ closed, ended }) => closed || ended));
  const there = peers[0]!;
  there.socket.write("what happened?\n");
  yield* until(() => there.received.length > 0);
  expect(String(there.received)).to.match(/^steps \d+\n$/);
  for (const { socket } of peers) socket.destroy();
  const later = socket.try(yield* socket.connect("127.0.0.1", Number(port)));
  yield* later.send("what happened?\n");
  expect((yield* later.receive())[0]).to.match(/^steps \d+$/);
  later.close();
}

describe("a server without descriptors", () => {
  it("goes on with those who are there, and takes others later, on either transport", () =>
    check(function* () {
      const servers = [];
      for (const { name } of grounds) servers.push(yield* fork(() => starve(name)));
      for (const server of servers) yield* server;
    }));
});
