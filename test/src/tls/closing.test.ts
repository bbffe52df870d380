/** A TLS 1.3 client that closes before the server's session tickets have come: they must not come after it is gone. */
import * as net from "node:net";
import * as tls from "node:tls";
import { ensure, type Operation } from "effection";
import { expect } from "chai";
import { socket, type Tcp } from "cosocket";
import { check } from "../../support/check.js";
import { connectionOf } from "../../support/inside.js";
import { until } from "../../support/pairs.js";
import { trusting } from "../../support/tls.js";
import { identity } from "../../support/transports.js";

const APPLICATION_DATA = 23;
const TEXT = "all that the client has to say";

/** The whole records at the beginning of `bytes`. */
function records(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    if (end > bytes.length) break;
    found.push(bytes.subarray(at, end));
    at = end;
  }
  return found;
}

/** A server of node:tls that takes what one client says, and says nothing itself. */
class Listener {
  text = "";
  over = false;
  private readonly server: tls.Server;

  constructor() {
    const { key, certificate: cert } = identity;
    this.server = tls.createServer({ key, cert }, (client) => {
      client.on("error", () => {});
      client.on("data", (chunk: Buffer) => (this.text += String(chunk)));
      client.on("close", () => (this.over = true));
    });
    this.server.listen(0, "127.0.0.1");
  }
  get port(): number | undefined {
    return (this.server.address() as net.AddressInfo | null)?.port;
  }
  close(): void {
    this.server.close();
  }
}

/**
 * Stands between a client and a server. When the client's side of the handshake is done it holds back what either says. Like a server
 * that has tickets to send before it reads, it has lost what it has not passed on when the client resets.
 */
class Between {
  readonly tickets: Buffer[] = [];
  error: Error | undefined;
  private readonly server: net.Socket;
  private shaking = Buffer.alloc(0);
  private words: Buffer[] = [];
  private ended = false;

  constructor(
    private readonly client: net.Socket,
    port: number,
  ) {
    this.server = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    client.on("data", (chunk: Buffer) => this.fromClient(chunk));
    client.on("end", () => (this.ended = true));
    client.on("error", (error) => (this.error = error));
    this.server.on("data", (chunk: Buffer) => this.fromServer(chunk));
    this.server.on("end", () => client.end());
    this.server.on("error", () => {});
  }
  /** The client has sent its Finished, the first of its encrypted records: what the server sends from then on are tickets. */
  private get finished(): boolean {
    return records(this.shaking).some((record) => record[0] === APPLICATION_DATA);
  }
  private fromClient(chunk: Buffer): void {
    if (this.finished) return void this.words.push(chunk);
    this.shaking = Buffer.concat([this.shaking, chunk]);
    this.server.write(chunk);
  }
  private fromServer(chunk: Buffer): void {
    if (this.finished && !this.ended) this.tickets.push(...records(chunk));
    else this.client.write(chunk);
  }
  /** Whether the client has said that nothing more will come. */
  get heard(): boolean {
    return this.ended;
  }
  /** One more of the tickets to the client. */
  ticket(): void {
    this.client.write(this.tickets.shift()!);
  }
  /** What the client has said to the server. */
  pass(): void {
    if (this.error !== undefined) return void this.server.resetAndDestroy();
    this.server.write(Buffer.concat(this.words));
    this.server.end();
  }
  destroy(): void {
    this.client.destroy();
    this.server.destroy();
  }
}

/** A client, who stands between, and the server. The client has been told that the handshake is done, but has got no ticket. */
function* ticketless(): Operation<[Tcp, Between, Listener]> {
  const listener = new Listener();
  yield* ensure(() => listener.close());
  yield* until(() => listener.port !== undefined);
  let between: Between | undefined;
  const proxy = net.createServer({ allowHalfOpen: true, noDelay: true }, (raw) => {
    between = new Between(raw, listener.port!);
  });
  yield* ensure(() => {
    proxy.close();
    between?.destroy();
  });
  proxy.listen(0, "127.0.0.1");
  yield* until(() => proxy.listening);
  const client = socket.tcp();
  yield* ensure(() => void client.close());
  const { port } = proxy.address() as net.AddressInfo;
  socket.try(yield* client.connect("127.0.0.1", port));
  socket.try(yield* client.dohandshake({ ...trusting, protocol: "tlsv1_3" }));
  yield* until(() => between!.tickets.length === 2);
  return [client, between!, listener];
}

function* turns(count: number): Operation<void> {
  yield* until(() => count-- === 0);
}

describe("a TLS 1.3 client that closes before the server's tickets have come", () => {
  const ways: Record<string, (client: Tcp) => void> = {
    closes: (client) => client.close(),
    "shuts down sending and closes": (client) => {
      client.shutdown("send");
      client.close();
    },
  };
  for (const [way, end] of Object.entries(ways))
    it(`is there for each of them, so that no reset takes what it has sent: ${way}`, () =>
      check(function* () {
        const [client, between, listener] = yield* ticketless();
        yield* client.send(TEXT);
        yield* client.flush();
        const { transport } = connectionOf(client);
        end(client);
        yield* until(() => between.heard);
        // One after the other, each with time for the client to go away.
        for (let left = 2; left > 0; left--) {
          between.ticket();
          yield* until(() => transport!.tls!.session() !== undefined);
          yield* turns(10);
        }
        between.pass();
        yield* until(() => listener.over);
        expect(listener.text).to.equal(TEXT);
        expect(between.error).to.equal(undefined);
        // And then it goes.
        yield* until(() => connectionOf(client).transport === null);
      }));
});
