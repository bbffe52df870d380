/** The same page on node:http: listening by itself, and served by `serve`. Each returns the port it listens on. */
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { nodeHandler, run, serve, socket } from "cosocket";
import { PAGE } from "../load/http.js";

const server = http.createServer((_request, response) => response.end(PAGE));

async function node(): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function cosocket(): Promise<number> {
  return new Promise((resolve) => {
    void run(function* () {
      const listener = socket.try(yield* socket.bind("127.0.0.1", 0));
      resolve(listener.getsockname()[1] as number);
      yield* serve(listener, nodeHandler(server));
    });
  });
}

export const httpServers: Record<string, () => Promise<number>> = { node, cosocket };
