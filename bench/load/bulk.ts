import { once } from "node:events";
import * as net from "node:net";
import type { Begun, LoadOptions } from "./window.js";

/** Send `amount` bytes of 80-byte lines, and wait for the answer, which is how many have come. */
export async function bulk({ port, amount }: LoadOptions): Promise<Begun> {
  const block = Buffer.from(("y".repeat(79) + "\n").repeat(3200));
  const client = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(client, "connect");
  let sent = 0;
  return {
    count: () => sent,
    async ended() {
      while (sent < amount) {
        const piece = block.subarray(0, Math.min(amount - sent, block.length));
        sent += piece.length;
        if (!client.write(piece)) await once(client, "drain");
      }
      client.end();
      const [answer] = (await once(client, "data")) as [Buffer];
      if (Number(answer.toString()) !== amount)
        throw new Error(`${amount} bytes sent, ${answer.toString()} received`);
    },
  };
}
