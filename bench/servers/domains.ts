/** Echo servers over TLS and UDP: node:tls and node:dgram with callbacks, and cosocket. Each returns the port it listens on. */
import * as dgram from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import * as tls from "node:tls";
import { run, serve, socket } from "cosocket";
import { certificate } from "../../examples/support/certificate.js";
import { echoLines, lineEcho } from "./echo.js";

const identity = certificate(["127.0.0.1"]);

async function nodeTls(): Promise<number> {
  const { key, certificate: cert } = identity;
  const server = tls.createServer({ key, cert, noDelay: true }, (client) => {
    let rest = "";
    client.on("data", (chunk) => {
      rest = echoLines(client, rest + chunk.toString("latin1"));
    });
    client.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function ourTls(): Promise<number> {
  return new Promise((resolve) => {
    void run(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      resolve(server.getsockname()[1] as number);
      const { key, certificate } = identity;
      yield* serve(server, lineEcho(), { tls: { key, certificate } });
    });
  });
}

/**
 * @param connected whether to connect to the first peer
 * @param told called with what became of a datagram; without it Node drops errors of sending
 */
async function nodeUdp(connected: boolean, told?: (error: Error | null) => void): Promise<number> {
  const server = dgram.createSocket("udp4");
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  if (!connected) {
    server.on("message", (datagram, from) => server.send(datagram, from.port, from.address, told));
    return port;
  }
  server.once("message", (first, from) => {
    server.connect(from.port, from.address, () => {
      server.send(first);
      server.on("message", (datagram) => server.send(datagram, told));
    });
  });
  return port;
}

function noError(error: Error | null): void {
  if (error) throw error;
}

function ourUdp(connected: boolean): Promise<number> {
  return new Promise((resolve) => {
    void run(function* () {
      const server = socket.udp();
      socket.try(yield* server.setsockname("127.0.0.1", 0));
      resolve(server.getsockname()[1] as number);
      if (connected) {
        const [first, ip, port] = yield* server.receivefrom();
        socket.try(yield* server.setpeername(ip!, port as number));
        for (let datagram = first; datagram !== undefined; [datagram] = yield* server.receive())
          yield* server.send(datagram);
      }
      for (;;) {
        const [datagram, ip, port] = yield* server.receivefrom();
        if (datagram === undefined) return;
        yield* server.sendto(datagram, ip, port);
      }
    });
  });
}

export const domainServers: Record<string, () => Promise<number>> = {
  "tls node": nodeTls,
  "tls cosocket": ourTls,
  "udp node": () => nodeUdp(false),
  "udp node-checked": () => nodeUdp(false, noError),
  "udp cosocket": () => ourUdp(false),
  "udp-connected node": () => nodeUdp(true),
  "udp-connected node-checked": () => nodeUdp(true, noError),
  "udp-connected cosocket": () => ourUdp(true),
};
