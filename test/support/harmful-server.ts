/** A server of commands and replies that means harm. */
import type { Operation } from "effection";
import { fork, serve, socket, type Tcp } from "cosocket";
import { listening, portOf } from "./pairs.js";

/** A reply as it goes over the wire, or what the server does in its place. */
export type Deed = string | ((client: Tcp) => Operation<unknown>);

/** Says one after the other: the first at once, and each other one to a line that it has heard. Then it is silent. */
export function* misbehave(client: Tcp, deeds: readonly Deed[]): Operation<void> {
  client.settimeout();
  for (const [place, deed] of deeds.entries()) {
    if (place > 0 && (yield* client.receive())[1]) return;
    if (typeof deed === "string") yield* client.send(deed);
    else yield* deed(client);
  }
  yield* client.receive(Infinity);
}

/** Such a server, on a port of its own. */
export function* harmful(...deeds: Deed[]): Operation<number> {
  const server = yield* listening();
  yield* fork(() => serve(server, (client) => misbehave(client, deeds)));
  return portOf(server);
}

/** Says this again and again, as long as somebody takes it. */
export const endlessly = (text: string): Deed => {
  const block = text.repeat(Math.ceil(65536 / text.length));
  return function* (client) {
    for (;;) if ((yield* client.send(block))[1]) return;
  };
};

/** Says this once in a second, for ever. */
export const slowly = (text: string): Deed =>
  function* (client) {
    while (!(yield* client.send(text))[1]) yield* socket.sleep(1);
  };
