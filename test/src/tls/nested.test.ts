/** TLS within TLS: what is encrypted is given away, or is a stream below, and is encrypted once more. */
import { once } from "node:events";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as tls from "node:tls";
import { expect } from "chai";
import { call, ensure, type Operation } from "effection";
import { fork, serve, socket, type Tcp } from "cosocket";
import { listening, made, portOf, until } from "../../support/pairs.js";
import { authority, identityParams, tlsPair } from "../../support/transports.js";
import { check } from "../../support/check.js";

const trust = { cafile: authority.certificate };
/** Of a stream nobody knows the name. */
const named = { ca: authority.certificate, servername: "localhost" };

/** A proxy that has one server behind it. */
function* relay(client: Tcp, port: number): Operation<void> {
  while ((yield* client.receive())[0]);
  yield* client.send("HTTP/1.1 200 Connection established\r\n\r\n");
  const behind = yield* made(socket.tcp());
  socket.try(yield* behind.connect("127.0.0.1", port));
  const [front, back] = [client.duplex(), behind.duplex()];
  front.pipe(back).pipe(front);
  yield* call(() => once(front, "close"));
}

describe("TLS within TLS", () => {
  it("carries text and ends cleanly, over streams that are TLS themselves", () =>
    check(function* () {
      const [client, served] = yield* tlsPair();
      const outer = [client.duplex(), served.duplex()] as const;
      const [inner, other] = [socket.stream(outer[0]), socket.stream(outer[1])];
      const shaking = yield* fork(() => other.dohandshake({ ...identityParams(), mode: "server" }));
      socket.try(yield* inner.dohandshake(named));
      socket.try(yield* shaking);
      const much = "0123456789".repeat(30_000);
      yield* fork(() => inner.send(`${much}\n`));
      expect(yield* other.receive()).to.deep.equal([much]);
      yield* other.send("answer");
      other.close();
      expect(yield* inner.receive("*a")).to.deep.equal(["answer"]);
      inner.close();
      yield* until(() => outer.every(({ closed }) => closed));
    }));

  it("lets https.request speak through a proxy that is spoken to by TLS", () =>
    check(function* () {
      const keys = { key: identityParams().key, cert: identityParams().certificate };
      const page = https.createServer(keys, (_request, response) => response.end("secret"));
      yield* ensure(() => void page.close().closeAllConnections());
      page.listen(0, "127.0.0.1");
      yield* call(() => once(page, "listening"));
      const { port } = page.address() as AddressInfo;
      const proxy = yield* listening();
      yield* fork(() => serve(proxy, (client) => relay(client, port), { tls: identityParams() }));
      const client = yield* made(socket.tcp());
      socket.try(yield* client.connect("127.0.0.1", portOf(proxy), { tls: trust }));
      yield* client.send("CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n");
      while ((yield* client.receive())[0]);
      const stream = client.duplex();
      const request = https.get({
        host: "localhost",
        headers: { connection: "close" },
        createConnection: () =>
          tls.connect({ socket: stream, servername: "localhost", ca: authority.certificate }),
      });
      const [response] = yield* call(() => once(request, "response"));
      let text = "";
      for (const part of yield* call(() =>
        (response as { toArray(): Promise<unknown[]> }).toArray(),
      ))
        text += String(part);
      expect(text).to.equal("secret");
      stream.destroy();
    }));
});
