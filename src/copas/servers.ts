/** Servers on the loop: a thread that accepts, and one for each client. */
import type { Operation } from "effection";
import { type Fiber, notAsync, reactor, useFiber, shown } from "../../reactor/index.js";
import { engineOf, operationOf } from "../object/index.js";
import { accept, type Endpoint, endpointOf, listening } from "../connect/index.js";
import type { Servable } from "../serve/index.js";
import type { Dispatcher } from "./dispatcher.js";
import { mustBeSocket, setsocketname, takenOver } from "./sockets.js";
import { type Body, currentThread, type Thread } from "./thread.js";

/** A server that is served. */
interface Service {
  /** What begins with each client that is accepted from now on. */
  handler: Body<[never]>;
  name: string;
  /** One that accepts; of a UDP object those that run its handlers. */
  readonly threads: Set<Thread>;
}

export class Servers {
  autoclose = true;
  private readonly services = new Map<Servable, Service>();
  /** Whom servers belonged to before; null: nobody closes them. */
  private readonly owners = new WeakMap<Servable, Fiber | null>();

  constructor(private readonly dispatcher: Dispatcher) {}

  /** @see copas.addserver */
  add<S extends Servable>(server: S, handler: Body<[S]>, timeout?: number, name?: string): void {
    takenOver(server, "addserver");
    if (typeof handler !== "function")
      throw new TypeError(
        `copas.addserver takes a handler, copas.addserver(server, function* (client) { ... }), not ${shown(handler)}`,
      );
    notAsync(handler, "copas.addserver");
    const endpoint = endpointOf(server);
    if (endpoint !== null) listening(endpoint, "copas.addserver");
    const service = this.service(server, name);
    // Copas forgives addserver(server, handler, "name").
    if (typeof timeout === "number") server.settimeout(timeout);
    // What a server accepts is of its own class.
    service.handler = handler as Body<[never]>;
    if (endpoint === null) this.begin(server, service, () => handler(server), ":handler");
    else if (service.threads.size === 0)
      this.begin(server, service, () => this.accepting(endpoint, service), "");
  }

  /** What is kept of a server: of one that is served already the same, with the new name if one is given. */
  private service(server: Servable, given: string | undefined): Service {
    const known = this.services.get(server);
    const name = given ?? known?.name ?? `server_${reactor.number("server")}`;
    setsocketname(name, server);
    if (known !== undefined) {
      known.name = name;
      return known;
    }
    const service: Service = { handler: () => {}, name, threads: new Set() };
    this.services.set(server, service);
    if (!this.owners.has(server)) this.owners.set(server, engineOf(server).owner);
    return service;
  }

  /** A thread of a server. One that accepts closes it when it ends; UDP lives on after its handler, and ends with the loop. */
  private begin(server: Servable, service: Service, body: Body, suffix: string): void {
    const { services, dispatcher } = this;
    const { threads } = service;
    const accepts = endpointOf(server) !== null;
    const run = function* (): Operation<void> {
      engineOf(server).ownedBy(accepts ? (yield* useFiber())! : dispatcher.home);
      yield* operationOf<unknown>(body());
    };
    const ended = (): void => {
      threads.delete(thread);
      if (threads.size === 0 && services.get(server) === service) services.delete(server);
    };
    const name = service.name + suffix;
    const thread: Thread = dispatcher.add(run, { name, ended, closes: accepts });
    threads.add(thread);
  }

  /** Accept, and a thread for each client. It has the timeouts of the server, for which they are not meant here. */
  private *accepting(server: Endpoint, service: Service): Operation<void> {
    for (let count = 1; ; count++) {
      const [accepted, err] = yield* accept(server, true);
      if (err) return;
      const { handler, name } = service;
      const client = accepted as Servable;
      const engine = engineOf(client);
      engine.timeouts = server.connection.timeouts;
      if (this.autoclose) engine.transferable = false;
      setsocketname(`${name}:client_${count}`, client);
      const thread = this.dispatcher.add(() => handler(client as never), {
        name: `${name}:handler_${count}`,
        skt: client,
      });
      engine.ownedBy(this.autoclose ? thread.fiber : this.dispatcher.home);
    }
  }

  /** @see copas.removeserver */
  remove(server: Servable, keepOpen = false): 1 | true {
    mustBeSocket(server, "removeserver");
    const service = this.services.get(server);
    this.services.delete(server);
    const owner = this.owners.get(server);
    this.owners.delete(server);
    if (keepOpen && owner !== undefined)
      engineOf(server).ownedBy(owner?.over ? this.dispatcher.home : owner);
    const caller = currentThread();
    // A UDP handler that removes its own server goes on.
    for (const thread of [...(service?.threads ?? [])]) if (thread !== caller) thread.halt();
    return keepOpen ? true : server.close();
  }

  removeAll(): void {
    for (const server of [...this.services.keys()]) this.remove(server);
  }
}
