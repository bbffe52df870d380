/** Servers on the loop: a thread that accepts, and one for each client. */
import type { Operation } from "effection";
import { type Fiber, reactor, useFiber } from "../../reactor/index.js";
import { operationOf } from "../callback.js";
import type { DomainSocket } from "../domain/domain-socket.js";
import type { Servable } from "../serve.js";
import { Udp } from "../udp/udp.js";
import type { Dispatcher } from "./dispatcher.js";
import { mustBeSocket, setsocketname } from "./sockets.js";
import type { Body, Thread } from "./thread.js";

interface Service {
  thread: Thread;
  /** Whom the server belonged to before; null: nobody closes it. */
  owner: Fiber | null;
}

export class Servers {
  autoclose = true;
  private readonly services = new Map<Servable, Service>();

  constructor(private readonly dispatcher: Dispatcher) {}

  /** @see copas.addserver */
  add<S extends Servable>(server: S, handler: Body<[S]>, timeout?: number, name?: string): void {
    mustBeSocket(server, "addserver");
    if (typeof handler !== "function")
      throw new TypeError(
        "copas.addserver takes a handler: copas.addserver(server, function* (client) { ... })",
      );
    if (this.services.has(server))
      throw new TypeError(`copas.addserver: ${String(server)} is served already`);
    const called = name ?? `server_${reactor.number("server")}`;
    if (!(server instanceof Udp)) (server as DomainSocket).accepting();
    if (timeout !== undefined) server.settimeout(timeout);
    setsocketname(called, server);
    if (server instanceof Udp) this.begin(server, () => handler(server), `${called}:handler`);
    else {
      // What a server accepts is of its own class.
      const accept = handler as Body<[never]>;
      this.begin(server, () => this.accepting(server as DomainSocket, accept, called), called);
    }
  }

  /** The thread of a server, which belongs to it. */
  private begin(server: Servable, body: Body, name: string): void {
    const { services } = this;
    const { owner } = server;
    const run = function* (): Operation<void> {
      server.ownedBy((yield* useFiber())!);
      yield* operationOf<unknown>(body());
    };
    const ended = (): void => {
      if (services.get(server)?.thread === thread) services.delete(server);
    };
    const thread: Thread = this.dispatcher.add(run, { name, ended, closes: true });
    services.set(server, { thread, owner });
  }

  /** Accept, and a thread for each client. It has the timeouts of the server, for which they are not meant here. */
  private *accepting(server: DomainSocket, handler: Body<[never]>, name: string): Operation<void> {
    for (let count = 1; ; count++) {
      const [client, err] = yield* server.accepting();
      if (err) return;
      client.timeouts = server.timeouts;
      client.leaves = this.autoclose;
      setsocketname(`${name}:client_${count}`, client);
      const thread = this.dispatcher.add(() => handler(client as never), {
        name: `${name}:handler_${count}`,
        skt: client,
      });
      client.ownedBy(this.autoclose ? thread.fiber : this.dispatcher.home);
    }
  }

  /** @see copas.removeserver */
  remove(server: Servable, keepOpen = false): [1] | [true] {
    mustBeSocket(server, "removeserver");
    const service = this.services.get(server);
    this.services.delete(server);
    if (keepOpen && service !== undefined) {
      const { owner } = service;
      server.ownedBy(owner?.over ? this.dispatcher.home : owner);
    }
    service?.thread.halt();
    return keepOpen ? [true] : [server.close()];
  }

  removeAll(): void {
    for (const server of [...this.services.keys()]) this.remove(server);
  }
}
