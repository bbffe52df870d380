/** Copas's functions of servers and sockets. */
import { notAsync, operation, type Yieldable } from "../../reactor/index.js";
import { type Data, operationOf } from "../object/index.js";
import type { Servable } from "../serve/index.js";
import type { StreamObject } from "../stream/index.js";
import type { DatagramResult, Udp } from "../udp/index.js";
import { here } from "./instance.js";
import * as sockets from "./sockets.js";
import type { Body } from "./thread.js";

export const serverFunctions = {
  /** Whether accepted clients are closed when their handler ends; decided when they are accepted. (Copas) */
  get autoclose(): boolean {
    return here().servers.autoclose;
  },
  set autoclose(on: boolean) {
    here().servers.autoclose = on;
  },
  /**
   * Accept connections and run `handler(client)` for each, in a thread of its own; of a UDP object, run `handler(udp)` once. The
   * server belongs to the loop from now on, and is closed with it; UDP lives on when its handler has ended. Added again, a server
   * goes on with the new handler (UDP: with both).
   *
   * @param timeout seconds (copas.settimeout) of the server; clients start with its timeouts. What is no number is ignored
   * @param name threads are `name:handler_1`, ..., clients `name:client_1`, ...; of UDP `name:handler`
   * TypeError when it does not listen. (Copas: copas.addserver)
   *
   * @example
   * const server = socket.try(yield* socket.bind("*", 7777));
   * copas.addserver(server, function* (client) {
   *   const [line] = yield* client.receive("*l");
   *   yield* client.send(line + "\n");
   * });
   */
  addserver: <S extends Servable>(
    server: S,
    handler: Body<[S]>,
    timeout?: number,
    name?: string,
  ): void => here().servers.add(server, handler, timeout, name),
  /**
   * Serve no more; close it, unless `keepOpen`: 1, or true. Clients go on. (Copas: copas.removeserver)
   *
   * @example copas.removeserver(server);
   */
  removeserver: (server: Servable, keepOpen?: boolean): 1 | true =>
    here().servers.remove(server, keepOpen),
  /**
   * A handler that encrypts the connection before `fn` begins; after a failed handshake `fn` does not run at all.
   * (Copas: copas.handler)
   *
   * @example
   * copas.addserver(
   *   server,
   *   copas.handler(function* (client: Tcp) {
   *     yield* client.send("encrypted\n");
   *   }, params),
   * );
   */
  handler: <S extends StreamObject, A extends unknown[]>(
    fn: Body<[S, ...A]>,
    sslparams?: sockets.SslParams,
  ): ((skt: S, ...args: A) => Yieldable<void>) => {
    if (typeof fn !== "function")
      throw new TypeError(
        "copas.handler takes a generator function: copas.handler(function* (skt) { ... })",
      );
    notAsync(fn, "copas.handler");
    return (skt, ...args) =>
      operation("copas.handler", function* () {
        sockets.wrap(skt, sslparams);
        if (sslparams !== undefined) yield* sockets.dohandshake(skt);
        yield* operationOf<unknown>(fn(skt, ...args));
      });
  },
  /**
   * The socket itself: every socket here is a wrapped one. With `sslparams`, its `connect` encrypts, too, and its
   * `dohandshake` uses them; both throw then, as Copas's do, when that fails. (Copas: copas.wrap)
   *
   * @example
   * const tcp = copas.wrap(socket.tcp(), { cafile: "ca.pem" });
   * yield* tcp.connect("example.org", 443);
   */
  wrap: sockets.wrap,
  /**
   * Encrypt a connection: the socket. Throws "TLS/SSL handshake failed: ...", and closes it, if that cannot be.
   * (Copas: copas.dohandshake)
   *
   * @example yield* copas.dohandshake(client, params);
   */
  dohandshake: sockets.dohandshake,

  // ---- sockets, for those who call them so ------------------------------------------------------------------------

  /**
   * As the method `connect`, then encrypted if the socket was wrapped with `sslparams`. (Copas)
   *
   * @example
   * const tcp = socket.tcp();
   * const [, err] = yield* copas.connect(tcp, "example.org", 80);
   */
  connect: sockets.connect,
  /**
   * As the method `receive`; of a UDP object its datagrams. (Copas)
   *
   * @example const [line, err] = yield* copas.receive(client, "*l");
   */
  receive: sockets.receive,
  /**
   * As the method `receivepartial`. (Copas)
   *
   * @example const [all, err, some] = yield* copas.receivepartial(client, 65536);
   */
  receivepartial: sockets.receivepartial,
  /**
   * As the method `receivefrom` of a UDP object. (Copas)
   *
   * @example const [datagram, ip, port] = yield* copas.receivefrom(udp);
   */
  receivefrom: (skt: Udp, size?: number): Yieldable<DatagramResult> =>
    sockets.takenOver(skt, "receivefrom").receivefrom(size),
  /**
   * As the method `send`. (Copas)
   *
   * @example const [last, err] = yield* copas.send(client, "hello\n");
   */
  send: sockets.send,
  /**
   * As the method `sendto` of a UDP object. (Copas)
   *
   * @example yield* copas.sendto(udp, "hello", "192.0.2.1", 5353);
   */
  sendto: (skt: Udp, data: Data, ip: string, port: number) =>
    sockets.mustBeSocket(skt, "sendto").sendto(data, ip, port),
  /**
   * As the method `close`: 1. (Copas)
   *
   * @example copas.close(client);
   */
  close: (skt: sockets.Named): 1 => sockets.mustBeSocket(skt, "close").close(),
  /**
   * Seconds; undefined and negative are for ever, and so is 0; a wrapped socket's `receive` then gives what has come, as soon as
   * there is something. Always true. (Copas)
   *
   * @example copas.settimeout(client, 10);
   */
  settimeout: (skt: sockets.Named, seconds?: number): true => {
    sockets.takenOver(skt, "settimeout").settimeout(seconds);
    return true;
  },
  /**
   * {@link settimeout} for connecting, sending, receiving; undefined leaves one as it is. Always true. (Copas)
   *
   * @example copas.settimeouts(client, 5, 30, 10);
   */
  settimeouts: (skt: sockets.Named, connect?: number, send?: number, receive?: number): true =>
    sockets.takenOver(skt, "settimeouts").settimeouts(connect, send, receive),
};
