/** `idle: "close"`: from when the server wants to end, a client that is between requests is closed. */
import { Deadline, type Expiring, reactor } from "../../reactor/index.js";
import { type Connection, isIdle, NEWCOMER } from "../connection/index.js";
import { unwatch, watch } from "../object/index.js";

export class IdleClients {
  private readonly clients = new Map<Connection, Observed>();
  /** Those that are to be looked at. */
  private readonly stirred = new Set<Connection>();
  /** Told that some are to be looked at; null: the server does not want to end yet. */
  private tell: (() => void) | null = null;

  add(connection: Connection): void {
    const client = new Observed(connection, () => {
      this.stirred.add(connection);
      this.tell?.();
    });
    this.clients.set(connection, client);
    if (this.tell !== null) this.observe(client);
  }

  delete(connection: Connection): void {
    this.clients.get(connection)!.leave();
    this.clients.delete(connection);
    this.stirred.delete(connection);
  }

  /** The server wants to end: look at all, and from now on at each that may have become idle. */
  begin(tell: () => void): void {
    if (this.tell !== null) return;
    this.tell = tell;
    for (const client of this.clients.values()) this.observe(client);
  }

  private observe(client: Observed): void {
    client.observe();
    this.stirred.add(client.connection);
  }

  /** Close those that are idle: their handlers are told so by what they wait for. */
  close(): void {
    const looked = [...this.stirred];
    this.stirred.clear();
    // The next request may be on its way: closed at once, it would be reset, and lose answers that it has not read.
    for (const connection of looked) if (isIdle(connection)) connection.close(true);
  }
}

/** One that is served. */
class Observed implements Expiring {
  /** When it is no newcomer any more. */
  private readonly deadline = new Deadline(false);

  constructor(
    readonly connection: Connection,
    private readonly stir: () => void,
  ) {}

  /** From now on tell when it may have become idle: when its handler waits, its output has left, or it has been silent for long. */
  observe(): void {
    const { connection, stir, deadline } = this;
    connection.reading.onwait = stir;
    watch(connection, stir);
    const at = connection.born + NEWCOMER;
    if (connection.reading.position === 0 && at > reactor.clock.now())
      reactor.timers.arm(deadline, at, this);
  }

  expire(): void {
    this.stir();
  }

  leave(): void {
    this.connection.reading.onwait = null;
    unwatch(this.connection, this.stir);
    reactor.timers.remove(this.deadline);
  }
}
