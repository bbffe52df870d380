/** Nothing but speed may tell on which transport a connection is. */
import { randomBytes } from "node:crypto";
import * as net from "node:net";
import { expect } from "chai";
import fc from "fast-check";
import { call, type Operation } from "effection";
import { fork, run, sleep, type Tcp } from "cosocket";
import { type ConnectAddress, current, type Protocol } from "../../../src/network/index.js";
import { connectionOf } from "../../../src/stream/inside.js";
import { grounds } from "../../support/networks.js";
import { listening, pair, portOf, rawPair, until } from "../../support/pairs.js";
import { firstSeed, runs } from "../../support/counts.js";
import { play, type Script, scripts, shown } from "../../support/transport-scripts.js";

const RUNS = runs(8, 30);
const SEED = firstSeed(5);
/** A busy machine may be too slow for a script once, or twice. */
const ATTEMPTS = 4;

/** What it answers on each, where that differs. */
async function difference(script: Script): Promise<string[][] | undefined> {
  for (let attempt = 1; ; attempt++) {
    const told: string[][] = [];
    for (const ground of grounds) told.push(await ground.on(() => run(() => play(script))));
    if (new Set(told.map(String)).size === 1) return undefined;
    if (attempt === ATTEMPTS) return told;
  }
}

/** What is told of a connect that fails, by Node itself. */
function failure(target: ConnectAddress): Promise<Error> {
  const { address: host, ...others } = "path" in target ? { ...target, address: "" } : target;
  const options = { host, autoSelectFamily: false, ...others } as net.NetConnectOpts;
  return new Promise((failed, unexpected) => {
    const socket = net.connect(options, () => unexpected(new Error("it did not fail")));
    socket.on("error", failed);
  });
}

/** Its properties; of the text what does not depend on which port the kernel would have given. */
function facts(error: Error | null): object {
  const [text] = error!.message.split(" - Local");
  const { localAddress, localPort, ...others } = error as Error & Record<string, unknown>;
  void [localAddress, localPort];
  return { text, ...others };
}

const silent: Protocol = {
  arrived: () => true,
  ended() {},
  wrote() {},
  finished() {},
  broke() {},
};

/** What each way of receiving gives while its bytes arrive, which are more than are copied anyway. */
const RECEIVES: Record<string, (client: Tcp) => Operation<unknown[]>> = {
  "receive(n)": (client) => client.receive(5000),
  "receive(n, prefix)": (client) => client.receive(5000, "before"),
  receiveany: (client) => client.receiveany(),
  "receiveany(max)": (client) => client.receiveany(6000),
  receivepartial: (client) => client.receivepartial(60_000),
  peek: (client) => client.peek(5000),
  receiveuntil: (client) => client.receiveuntil("--")(),
  "a step of receiveuntil": (client) => client.receiveuntil("--")(5000) as Operation<unknown[]>,
  "receiveuntil, too long": (client) => {
    client.setoption("line-limit", 5000);
    return client.receiveuntil("==")();
  },
  *blocks(client) {
    const blocks = yield* client.blocks(5000);
    return [(yield* blocks.next()).value, (yield* blocks.next()).value];
  },
  lines: function* (client) {
    const lines = yield* client.lines();
    return [(yield* lines.next()).value, (yield* lines.next()).value];
  },
  "receive, raw": (client) => client.receive("*L"),
};

describe("on each transport", function () {
  if (RUNS > 30) this.timeout(0);

  it(`random scripts answer the same (${RUNS} scripts)`, async () => {
    const different = [];
    for (const script of fc.sample(scripts, { seed: SEED, numRuns: RUNS })) {
      const found = await difference(script);
      if (found !== undefined) different.push([shown(script), ...found]);
    }
    expect(different).to.deep.equal([]);
  });

  for (const { name, check } of grounds) {
    it(`${name}: what was received stays as it is, whatever comes later`, () =>
      check(function* () {
        const [client, served] = yield* pair();
        const kept: [how: string, value: unknown, then: string][] = [];
        let filling = 0;
        for (const [how, receive] of Object.entries(RECEIVES)) {
          const receiving = yield* fork(() => receive(client));
          const fill = Buffer.alloc(6000, `${String.fromCharCode(97 + filling++)}`);
          yield* served.send([fill, "--\n", fill, "--\n", fill, "\n"]);
          for (const value of yield* receiving) kept.push([how, value, String(value)]);
          for (client.settimeout(0); ;) {
            const [rest, error] = yield* client.receiveany();
            if (error) break;
            kept.push([`after ${how}`, rest, String(rest)]);
          }
          client.settimeout();
          client.setoption("line-limit", 1 << 20);
        }
        const changed = kept.filter(([, value, then]) => String(value) !== then);
        expect(changed.map(([how]) => how)).to.deep.equal([]);
        expect(kept.length).to.be.above(Object.keys(RECEIVES).length);
      }));

    it(`${name}: given away, it is a stream that reads and writes, as fast as it is read`, () =>
      check(function* () {
        const [served, peer] = yield* rawPair();
        peer.socket.write("ours\n");
        expect(yield* served.receive()).to.deep.equal(["ours"]);
        const stream = connectionOf(served).retire().release();
        const sent = randomBytes(2_000_000);
        peer.socket.end(sent);
        yield* until(() => stream.readableLength >= stream.readableHighWaterMark);
        expect(stream.readableLength).to.be.below(sent.length);
        const read: Buffer[] = [];
        for (; !stream.readableEnded; yield* sleep(0)) {
          const chunk = stream.read() as Buffer | null;
          if (chunk !== null) read.push(chunk);
        }
        expect(Buffer.concat(read).equals(sent)).to.equal(true);
        stream.end("and back");
        yield* until(() => peer.ended);
        expect(String(peer.received)).to.equal("and back");
        stream.destroy();
      }));

    it(`${name}: there is no peer any more where both have ended, though it was known before`, () =>
      check(function* () {
        const [client, served] = yield* pair();
        for (const end of [client, served]) expect(end.getpeername()[0]).to.equal("127.0.0.1");
        client.shutdown("send");
        expect((yield* served.receive())[1]).to.equal("closed");
        expect(served.getpeername()[0]).to.equal("127.0.0.1");
        served.shutdown("send");
        expect((yield* client.receive())[1]).to.equal("closed");
        for (const end of [client, served]) {
          expect(end.getpeername()[1]).to.equal("transport endpoint is not connected");
          expect(end.getsockname()[0]).to.equal("127.0.0.1");
        }
      }));

    it(`${name}: a connect that fails tells what Node tells`, () =>
      check(function* () {
        const port = portOf(yield* listening());
        const targets: ConnectAddress[] = [
          { address: "127.0.0.1", port: 1 },
          { address: "127.0.0.1", port: 0 },
          { address: "::1", port: 1 },
          { address: "255.255.255.255", port: 5 },
          { address: "127.0.0.1", port: 1, localAddress: "192.0.2.1" },
          { address: "127.0.0.1", port: 1, localAddress: "::1" },
          { address: "127.0.0.1", port: 1, localPort: port },
          { address: "127.0.0.1", port: 1, localAddress: "127.0.0.1", localPort: port },
          { address: "127.0.0.1", port: 1, localAddress: "127.0.0.1" },
          { path: "/nonexistent/socket" },
          { path: "/" },
        ];
        for (const target of targets) {
          const told = yield* call(
            () =>
              new Promise<Error | null>((done) => {
                current.network.connect(target, silent, done);
              }),
          );
          const expected = yield* call(() => failure(target));
          expect(facts(told)).to.deep.equal(facts(expected));
        }
      }));
  }
});
