/** Lines over TCP and TLS; connections that come and go; connections that stay and are idle. */
import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import { createInterface } from "node:readline";
import { type Begun, CONNECTIONS, ignore, LINE, type LoadOptions } from "./window.js";

export type Connect = () => net.Socket;

export const tcp =
  ({ port }: LoadOptions): Connect =>
  () =>
    net.connect({ port, host: "127.0.0.1", noDelay: true });

export const secure =
  ({ port }: LoadOptions): Connect =>
  () =>
    tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false }).setNoDelay();

/** A load that loses connections would measure something else. */
export function failed(error: Error): never {
  throw error;
}

/** `amount` lines in flight on each of {@link CONNECTIONS} connections. @param one what is sent for one of them, and how long its answer is */
export async function echo(
  connect: Connect,
  connected: string,
  { amount }: LoadOptions,
  [sent, length] = [LINE, LINE.length],
): Promise<Begun> {
  const message = sent.repeat(amount);
  const all = length * amount;
  let count = 0;
  const begun: Promise<unknown>[] = [];
  for (let i = 0; i < CONNECTIONS; i++) {
    const client = connect();
    begun.push(once(client, connected).then(() => client._write(message, "latin1", ignore)));
    let got = 0;
    client.push = (chunk: Buffer | null) => {
      if (chunk === null) return failed(new Error("the server has closed a connection"));
      for (got += chunk.length; got >= all; got -= all) {
        count += amount;
        client._write(message, "latin1", ignore);
      }
      return true;
    };
    client.on("error", failed);
  }
  await Promise.all(begun);
  return { count: () => count };
}

/** Connect, echo a line, close; over and over. @param end "destroy" sends a FIN, "resetAndDestroy" a RST */
export async function churn(
  end: "destroy" | "resetAndDestroy",
  { port }: LoadOptions,
): Promise<Begun> {
  let count = 0;
  const go = (): void => {
    const client = net.connect({ port, host: "127.0.0.1" });
    client.once("connect", () => client._write(LINE, "latin1", ignore));
    client.push = (chunk: Buffer | null) => {
      if (chunk !== null) {
        count++;
        client[end]();
        go();
      }
      return true;
    };
    client.on("error", failed);
  };
  for (let i = 0; i < CONNECTIONS; i++) go();
  return { count: () => count };
}

/** An address has some 28,000 ports to connect from; on Linux all of 127.0.0.0/8 is this machine. */
const PORTS = 20_000;

/** Open so many connections at a time, and echo one line on each. */
function open(port: number, from: number, count: number): Promise<net.Socket[]> {
  const one = async (i: number): Promise<net.Socket> => {
    const address = { port, host: "127.0.0.1" };
    const client = net.connect(
      i < PORTS ? address : { ...address, localAddress: `127.0.0.${1 + Math.floor(i / PORTS)}` },
    );
    client.write(LINE);
    await once(client, "data");
    return client;
  };
  return Promise.all(Array.from({ length: count }, (_, i) => one(from + i)));
}

/** Before anything is looked at: what a server compiles and grows to once is not the price of a connection. */
const WARMING = 5000;
const AT_A_TIME = 100;

/**
 * Connections that have echoed one line each, and are idle. How many there shall be is read from standard input, a number a line; when there are so many, it says so.
 */
export async function idle({ port }: LoadOptions): Promise<Begun> {
  for (let i = 0; i < WARMING / AT_A_TIME; i++)
    for (const client of await open(port, 0, AT_A_TIME)) client.destroy();
  let count = 0;
  return {
    count: () => count,
    async ended() {
      for await (const line of createInterface({ input: process.stdin })) {
        while (count < Number(line)) {
          const more = Math.min(AT_A_TIME, Number(line) - count);
          await open(port, count, more);
          count += more;
        }
        // What is closed is seen, and a peer that collects garbage by the clock has done so.
        await new Promise((resolve) => setTimeout(resolve, 500));
        console.log(`open ${count}`);
      }
    },
  };
}
