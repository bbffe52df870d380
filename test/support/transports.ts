/** The streams that the contract is checked on: each gives two connected objects, and sees to their end. */
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { ensure, type Operation } from "effection";
import { fork, socket, type StreamObject, type Unix } from "cosocket";
import { type Faults, streamPair } from "cosocket/testing";
import { certificate } from "../../examples/support/certificate.js";
import { check } from "./check.js";
import { inFull } from "./counts.js";
import { pair } from "./pairs.js";
import { relay, relayed } from "./relay.js";
import { inVirtualTime, simulated } from "./simulated.js";

/** What all of them offer. */
export type AnyStream = StreamObject & {
  setoption(name: string, value?: unknown): unknown;
};

export interface Transport {
  name: string;
  check: typeof check;
  pair(): Operation<[client: AnyStream, served: AnyStream]>;
  /** Another one shows almost all that it can: CI's. */
  twin?: true;
}

let lastPath = 0;

/** A path for a socket file, removed at the end of the scope. */
export function* socketPath(): Operation<string> {
  const path = join(tmpdir(), `cosocket-${process.pid}-${++lastPath}.sock`);
  yield* ensure(() => rmSync(path, { force: true }));
  return path;
}

export const authority = certificate(["cosocket test authority"], { authority: true });
export const identity = certificate(["localhost", "127.0.0.1", "*.example.test"], {
  issuer: authority,
});

export function* unixPair(): Operation<[client: Unix, served: Unix]> {
  const path = yield* socketPath();
  const server = socket.unix();
  yield* ensure(() => void server.close());
  socket.try(yield* server.bind(path));
  const client = socket.unix();
  yield* ensure(() => void client.close());
  socket.try(yield* client.connect(path));
  const served = socket.try(yield* server.accept());
  yield* ensure(() => void served.close());
  server.close();
  return [client, served];
}

export function* tlsPair(): Operation<[AnyStream, AnyStream]> {
  const [client, served] = yield* pair();
  // Otherwise what follows the session tickets waits for an acknowledgement, which the kernel delays for 40 ms.
  for (const end of [client, served]) end.setoption("tcp-nodelay", true);
  const other = yield* fork(() => served.dohandshake(identityParams()));
  socket.try(yield* client.dohandshake({ cafile: authority.certificate }));
  socket.try(yield* other);
  return [client, served];
}

export function identityParams(): { key: string; certificate: string } {
  return { key: identity.key, certificate: identity.certificate };
}

/** Two streams of Node's, crosswise. */
function* duplexPair(): Operation<[AnyStream, AnyStream]> {
  const [there, back] = [new PassThrough(), new PassThrough()];
  const client = socket.stream(back, there);
  const served = socket.stream(there, back);
  yield* ensure(() => void client.close());
  yield* ensure(() => void served.close());
  return [client, served];
}

export function* memoryPair(): Operation<[AnyStream, AnyStream]> {
  const [client, served] = yield* streamPair();
  yield* ensure(() => void client.close());
  yield* ensure(() => void served.close());
  return [client, served];
}

function* childPair(): Operation<[AnyStream, AnyStream]> {
  const { child, there, back } = yield* relay();
  const client = socket.stream(child);
  yield* ensure(() => void client.close());
  const served = socket.stream(back, there);
  yield* ensure(() => void served.close());
  for (const end of [client, served]) relayed(end, child);
  return [client, served];
}

/** What a stream must hide: where it is cut, and how long it takes. */
const ROUGH: Faults = { split: 0.3, join: 0.2, latency: [0.0001, 0.002], order: 0.3 };

const all: Transport[] = [
  { name: "TCP", check, pair },
  { name: "Unix", check, pair: unixPair },
  { name: "TLS", check, pair: tlsPair },
  { name: "a pair of Node's streams", check, pair: duplexPair, twin: true },
  { name: "a child process's pipes", check, pair: childPair },
  { name: "simulated TCP", check: inVirtualTime, pair, twin: true },
  { name: "simulated TCP, cut and late", check: simulated(ROUGH), pair },
  { name: "simulated Unix", check: inVirtualTime, pair: unixPair, twin: true },
  { name: "a stream pair", check, pair: memoryPair },
];
export const transports = inFull ? all : all.filter(({ twin }) => twin === undefined);

/** Where a test runs that needs no real peer: on Node, in a simulated world, and in one in which ready fibers run in any order. */
export const worlds: { where: string; check: typeof check }[] = [
  { where: "", check },
  { where: "simulated: ", check: inVirtualTime },
  { where: "simulated, in any order: ", check: simulated({ order: 0.3 }) },
];
