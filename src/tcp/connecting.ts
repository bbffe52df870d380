import { WaitList } from "../../reactor/index.js";
import { Resolution, type Family } from "../address.js";
import { errorWord, type SocketError } from "../errors.js";
import { current, type Attempt, type Endpoint } from "../network/index.js";
import { fail, type Result } from "../result.js";
import type { Tcp } from "./tcp.js";

/**
 * A connection in the making: resolve the name, then try each address in the resolver's order.
 *
 * It lives on the socket, not in the call: after a timeout the attempt goes on, and calling `connect` again waits for
 * it (that is how LuaSocket's non-blocking connect is used).
 */
export class Connecting {
  readonly waiters = new WaitList();
  private readonly resolution: Resolution;
  private attempt: Attempt | null = null;
  private nextAddress = 0;
  private succeeded = false;
  private error: SocketError = "host or service not provided, or not known";

  constructor(
    private readonly tcp: Tcp,
    readonly host: string,
    readonly port: number,
    family: Family,
    private readonly local: Endpoint | undefined,
  ) {
    this.resolution = new Resolution(host, family);
  }

  /** What is waited for now, and by whom. */
  get step(): { waiters: WaitList; done: () => boolean } {
    const { resolution } = this;
    if (!resolution.done) return { waiters: resolution.waiters, done: () => resolution.done };
    const { attempt } = this;
    return { waiters: this.waiters, done: () => this.attempt !== attempt };
  }

  /** Go on as far as possible without waiting. Null: something has to be waited for. */
  advance(): Result<1> | null {
    if (this.succeeded) return [1];
    if (!this.resolution.done || this.attempt !== null) return null;
    const { addresses, error, cause } = this.resolution;
    if (addresses === null) {
      this.tcp.lastError = cause;
      return fail(error!);
    }
    const address = addresses[this.nextAddress++];
    if (address === undefined) return fail(this.error);
    this.try(address.address);
    return null;
  }

  /** Whether an attempt is under way with another address to go to. */
  get hasAlternative(): boolean {
    const { addresses } = this.resolution;
    return this.attempt !== null && addresses !== null && this.nextAddress < addresses.length;
  }

  /** Give the present attempt up, as one that took too long. */
  giveUp(): void {
    this.error = "timeout";
    this.abort();
  }

  abort(): void {
    this.attempt?.abort();
    this.attempt = null;
  }

  private try(address: string): void {
    const attempt: Attempt = current.network.connect(
      { address, port: this.port, localAddress: this.local?.address, localPort: this.local?.port },
      this.tcp,
      (error) => {
        // A late answer of an attempt that was given up.
        if (this.attempt !== attempt) return;
        this.attempt = null;
        if (error === null) {
          this.succeeded = true;
          this.tcp.connected(attempt.wire);
        } else {
          this.error = errorWord(error);
          this.tcp.lastError = error;
        }
        this.waiters.wakeAll();
      },
    );
    this.attempt = attempt;
  }
}
