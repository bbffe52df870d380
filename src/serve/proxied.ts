/** What `serve` does about the PROXY protocol, before a handler begins. */
import type { Operation } from "effection";
import { fork, within } from "../../reactor/index.js";
import type { Endpoint } from "../connect/index.js";
import type { SocketError } from "../object/index.js";
import { Foreign, receiveProxyHeader, type Trusted } from "../proxy/index.js";

/** Whose headers are wanted, and believed: everybody's, or those of some addresses. */
export class ProxyPolicy {
  constructor(
    private readonly trusted: Trusted | "all",
    private readonly seconds = 10,
  ) {}

  /**
   * Run the handler of a client. Null: it has run; otherwise why not, or why it was halted.
   *
   * @param speaksTls its first bytes are looked at: a header would not be what it begins with
   */
  *handle(
    client: Endpoint,
    handler: () => Operation<unknown>,
    speaksTls: boolean,
  ): Operation<SocketError | null> {
    const expected = this.expects(client);
    if (expected === undefined) return "closed";
    if (!expected && !speaksTls) return yield* this.guarded(client, handler);
    const error = expected ? yield* this.introduced(client) : null;
    if (error === null) yield* handler();
    return error;
  }

  /** Whether a client begins with a header. undefined: nobody knows whose it is, since it was reset before it was accepted. */
  private expects({ connection }: Endpoint): boolean | undefined {
    if (this.trusted === "all") return true;
    const peer = connection.transport?.peer();
    return peer && this.trusted.has(peer);
  }

  /** Receive the header. Null: it is there; otherwise why not. */
  private *introduced(client: Endpoint): Operation<SocketError | null> {
    const [header, error] = yield* within(this.seconds, () =>
      receiveProxyHeader(client.connection),
    );
    if (error) return error;
    client.proxyHeader = header;
    return null;
  }

  /**
   * Run the handler of somebody whose header would not be believed: the first bytes to come must be none. Null: they are not.
   *
   * Who speaks first is not known, so that the handler cannot wait for them; but it waits for them behind this.
   */
  private *guarded(
    client: Endpoint,
    handler: () => Operation<unknown>,
  ): Operation<SocketError | null> {
    const { connection } = client;
    const first = new Foreign();
    const running = yield* fork(function* () {
      try {
        yield* handler();
      } finally {
        first.end(connection);
      }
    });
    const [, error] = yield* first.on(connection);
    if (error !== "untrusted proxy header") yield* running;
    else yield* running.halt();
    return error === "untrusted proxy header" ? error : null;
  }
}
