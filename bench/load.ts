/**
 * The load, in a process of its own: node load.js <work> <port> <argument> <seconds>. It says "begin" and "end" around what is
 * measured, and then what was done. It reads and writes below Node's streams, so that the server is what limits.
 */
import * as dgram from "node:dgram";
import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";

const [work, port, argument, seconds] = [
  process.argv[2]!,
  ...process.argv.slice(3).map(Number),
] as [string, number, number, number];
const CONNECTIONS = 50;
const LINE = "x".repeat(63) + "\n";
const ignore = (): void => {};
const say = (what: unknown): void => void process.send!(what);

async function measure(count: () => number): Promise<void> {
  // The server compiles what is hot.
  await new Promise((resolve) => setTimeout(resolve, 500));
  say("begin");
  const [from, start] = [count(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const done = count() - from;
  say("end");
  say({ done, seconds: (performance.now() - start) / 1000 });
  process.disconnect();
  process.exit();
}

/** `argument` lines in flight on each connection. */
async function echo(connect: () => net.Socket, connected: string): Promise<void> {
  const message = LINE.repeat(argument);
  let count = 0;
  for (let i = 0; i < CONNECTIONS; i++) {
    const client = connect();
    let got = 0;
    client.push = (chunk: Buffer | null) => {
      if (chunk === null) return false;
      for (got += chunk.length; got >= message.length; got -= message.length) {
        count += argument;
        client._write(message, "latin1", ignore);
      }
      return true;
    };
    client.on("error", ignore);
    client.once(connected, () => client._write(message, "latin1", ignore));
  }
  await measure(() => count);
}

/** `argument` datagrams in flight, from one socket. */
async function udp(): Promise<void> {
  const client = dgram.createSocket("udp4");
  let count = 0;
  client.connect(port, "127.0.0.1");
  await once(client, "connect");
  // The first one alone: a server may connect to us before it goes on.
  client.send(LINE);
  await once(client, "message");
  client.on("message", (datagram) => {
    count++;
    client.send(datagram);
  });
  for (let i = 0; i < argument; i++) client.send(LINE);
  await measure(() => count);
}

/** Connect, echo a line, close; over and over. */
async function churn(): Promise<void> {
  let count = 0;
  const go = (): void => {
    const client = net.connect({ port, host: "127.0.0.1" });
    client.once("connect", () => client._write(LINE, "latin1", ignore));
    client.push = (chunk: Buffer | null) => {
      if (chunk !== null) {
        count++;
        client.destroy();
        go();
      }
      return true;
    };
    client.on("error", ignore);
  };
  for (let i = 0; i < CONNECTIONS; i++) go();
  await measure(() => count);
}

/** Open `count` connections, and echo one line on each. */
async function open(count: number): Promise<net.Socket[]> {
  const clients: net.Socket[] = [];
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(200, count - clients.length) }, async () => {
      const client = net.connect({ port, host: "127.0.0.1" });
      client.write(LINE);
      await once(client, "data");
      return client;
    });
    clients.push(...(await Promise.all(batch)));
  }
  return clients;
}

/** `argument` connections that echo one line each, and then are idle. */
async function idle(): Promise<void> {
  // What the server compiles and grows to once is not the price of a connection.
  for (const client of await open(argument / 4)) client.destroy();
  await new Promise((resolve) => setTimeout(resolve, 300));
  say("begin");
  await open(argument);
  say("end");
  say({ done: argument, seconds: 0 });
}

/** Send `argument` bytes of 80-byte lines, and wait for the answer. */
async function bulk(): Promise<void> {
  const block = Buffer.from(("y".repeat(79) + "\n").repeat(3200));
  const client = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(client, "connect");
  say("begin");
  const start = performance.now();
  let left = argument;
  while (left > 0) {
    const piece = block.subarray(0, Math.min(left, block.length));
    left -= piece.length;
    if (!client.write(piece)) await once(client, "drain");
  }
  client.end();
  const [answer] = (await once(client, "data")) as [Buffer];
  say("end");
  if (Number(answer.toString()) !== argument)
    throw new Error(`${argument} bytes sent, ${answer.toString()} received`);
  say({ done: argument, seconds: (performance.now() - start) / 1000 });
  process.disconnect();
  process.exit();
}

const tcp = (): net.Socket => net.connect({ port, host: "127.0.0.1", noDelay: true });
const secure = (): net.Socket =>
  tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false }).setNoDelay();

const works: Partial<Record<string, () => Promise<void>>> = {
  echo: () => echo(tcp, "connect"),
  tls: () => echo(secure, "secureConnect"),
  udp,
  churn,
  idle,
  bulk,
};
await works[work]?.();
