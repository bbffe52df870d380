import { once } from "node:events";
import * as net from "node:net";
import type { Begun, LoadOptions } from "./window.js";

/** Before anything counts: the server compiles what is hot. */
const WARMING = 64_000_000;

/** Send `amount` bytes of 80-byte lines over one connection, and wait for the answer, which is how many have come. */
export async function bulk({ port, amount }: LoadOptions): Promise<Begun> {
  await send(port, WARMING);
  let sent = 0;
  return {
    count: () => sent,
    async ended() {
      await send(port, amount);
      sent = amount;
    },
  };
}

const BLOCK = Buffer.from(("y".repeat(79) + "\n").repeat(3200));

async function send(port: number, amount: number): Promise<void> {
  const client = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(client, "connect");
  for (let left = amount; left > 0; left -= BLOCK.length) {
    if (!client.write(BLOCK.subarray(0, left))) await once(client, "drain");
  }
  client.end();
  const [answer] = (await once(client, "data")) as [Buffer];
  if (Number(answer.toString()) !== amount)
    throw new Error(`${amount} bytes sent, ${answer.toString()} received`);
}
