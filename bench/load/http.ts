/** Requests of HTTP: on connections that are kept, or each on a connection of its own. */
import * as net from "node:net";
import { echo, failed, tcp } from "./tcp.js";
import { type Begun, CONNECTIONS, ignore, type LoadOptions } from "./window.js";

/** What is answered. */
export const PAGE = "hello world\n";

const request = (connection: string): string =>
  `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: ${connection}\r\n\r\n`;

/** How long an answer is: all are alike. */
function lengthOf(port: number, asked: string): Promise<number> {
  return new Promise((resolve) => {
    const client = net.connect({ port, host: "127.0.0.1" }, () => client.write(asked));
    let answer = "";
    client.on("error", failed).on("data", (chunk) => {
      answer += String(chunk);
      if (!answer.endsWith(PAGE)) return;
      client.destroy();
      resolve(answer.length);
    });
  });
}

/** `amount` requests in flight on each of {@link CONNECTIONS} connections. */
export async function kept(options: LoadOptions): Promise<Begun> {
  const asked = request("keep-alive");
  const length = await lengthOf(options.port, asked);
  return echo(tcp(options), "connect", options, [asked, length]);
}

/** Connect, ask, read the answer until the server ends; over and over. */
export async function each({ port }: LoadOptions): Promise<Begun> {
  const asked = request("close");
  let count = 0;
  const go = (): void => {
    const client = net.connect({ port, host: "127.0.0.1" });
    client.once("connect", () => client._write(asked, "latin1", ignore));
    client.push = (chunk: Buffer | null) => {
      if (chunk === null) {
        count++;
        client.destroy();
        go();
      }
      return true;
    };
    client.on("error", failed);
  };
  for (let i = 0; i < CONNECTIONS; i++) go();
  return { count: () => count };
}
