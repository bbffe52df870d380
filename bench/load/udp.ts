import * as dgram from "node:dgram";
import { once } from "node:events";
import { type Begun, LINE, type LoadOptions } from "./window.js";

/** `amount` datagrams in flight, from one socket. */
export async function udp({ port, amount }: LoadOptions): Promise<Begun> {
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
  for (let i = 0; i < amount; i++) client.send(LINE);
  return { count: () => count };
}
