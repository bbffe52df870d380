/**
 * The same line echo server, in the manners that are compared. Each returns the port it listens on. Those that write line by
 * line have Nagle's algorithm off: with it on they would wait for the peer's acknowledgements.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import * as net from "node:net";
import { createInterface } from "node:readline";
import { call, createSignal, each, type Operation, run, spawn, suspend } from "effection";
import { type Handler, run as runFiber, serve, socket } from "cosocket";
import * as promises from "cosocket/promises";
import { copasEcho } from "./copas.js";

async function listen(server: net.Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as net.AddressInfo).port;
}

/** Write each line of `text` back, one by one; the unfinished rest is returned. */
export function echoLines(client: net.Socket, text: string): string {
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    client.write(text.slice(start, end) + "\n");
    start = end + 1;
  }
  return text.slice(start);
}

/** The same in one write: what a program does that gathers its answers by hand. */
function echoGathered(client: net.Socket, text: string): string {
  let start = 0;
  let answer = "";
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    answer += text.slice(start, end) + "\n";
    start = end + 1;
  }
  if (answer !== "") client.write(answer, "latin1");
  return text.slice(start);
}

/** Plain node:net callbacks: split what comes into lines, write each. */
function node(echo = echoLines): Promise<number> {
  return listen(
    net.createServer({ noDelay: true }, (client) => {
      let rest = "";
      client.on("data", (chunk) => {
        rest = echo(client, rest + chunk.toString("latin1"));
      });
      client.on("error", () => {});
    }),
  );
}

/** async/await over Node's streams: readline's lines, and `drain` awaited. */
function async_(): Promise<number> {
  const handle = async (client: net.Socket): Promise<void> => {
    for await (const line of createInterface({ input: client, crlfDelay: Infinity })) {
      if (!client.write(line + "\n")) await once(client, "drain");
    }
    client.end();
  };
  return listen(
    net.createServer({ noDelay: true }, (client) => {
      client.on("error", () => {});
      handle(client).catch(() => client.destroy());
    }),
  );
}

/** An Effection task for each connection, over the socket's data as an Effection stream. */
function effection(): Promise<number> {
  return new Promise((resolve) => {
    void run(function* () {
      const connections = createSignal<net.Socket, void>();
      const server = net.createServer({ noDelay: true }, (client) => {
        client.on("error", () => {});
        connections.send(client);
      });
      const subscription = yield* connections;
      resolve(yield* call(() => listen(server)));
      for (;;) {
        const { value: client } = yield* subscription.next();
        yield* spawn(() => echo(client as net.Socket));
      }
    });
  });

  function* echo(client: net.Socket): Operation<void> {
    const data = createSignal<Buffer, void>();
    client.on("data", data.send);
    client.on("close", () => data.close());
    let rest = "";
    for (const chunk of yield* each(data)) {
      rest = echoLines(client, rest + chunk.toString("latin1"));
      yield* each.next();
    }
  }
}

/** The handler of cosocket's servers; without a timeout it sets none. */
export function lineEcho(timeout?: number): Handler {
  return function* (client) {
    client.settimeout(timeout);
    for (;;) {
      const [line, err] = yield* client.receive("*l");
      if (err) return;
      yield* client.send(line + "\n");
    }
  };
}

/** With an async context of its own, which it looks into for each line. */
function lineEchoInContext(): Handler {
  const storage = new AsyncLocalStorage<{ lines: number }>();
  return function* (client) {
    storage.enterWith({ lines: 0 });
    for (;;) {
      const [line, err] = yield* client.receive("*l");
      if (err) return;
      storage.getStore()!.lines++;
      yield* client.send(line + "\n");
    }
  };
}

function cosocket(handler: Handler): Promise<number> {
  return new Promise((resolve) => {
    void runFiber(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      resolve(server.getsockname()[1] as number);
      yield* serve(server, handler);
      yield* suspend();
    });
  });
}

/** The same for async functions: `await` for each line, or `for await` over them. */
async function promised(handler: promises.Handler): Promise<number> {
  const [server, err] = await promises.socket.bind("127.0.0.1", 0);
  if (err) throw new Error(err);
  void promises.serve(server, handler);
  return server.getsockname()[1] as number;
}

async function awaitedEcho(client: promises.Tcp): Promise<void> {
  for (;;) {
    const [line, err] = await client.receive("*l");
    if (err) return;
    await client.send(line + "\n");
  }
}

async function iteratedEcho(client: promises.Tcp): Promise<void> {
  for await (const line of client.lines()) await client.send(line + "\n");
}

export const echoServers: Record<string, () => Promise<number>> = {
  node: () => node(),
  "node-gathered": () => node(echoGathered),
  async: async_,
  effection,
  cosocket: () => cosocket(lineEcho()),
  "cosocket-timeout": () => cosocket(lineEcho(10)),
  "cosocket-context": () => cosocket(lineEchoInContext()),
  "cosocket-copas": copasEcho,
  "cosocket-promises": () => promised(awaitedEcho),
  "cosocket-for-await": () => promised(iteratedEcho),
};
