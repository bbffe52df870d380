/** The sockets that the workers listen at: the primary process binds each once, keeps it, and never listens itself. */
import { keep, type KeptSocket, type ListenPlace } from "../network/index.js";
import type { Child } from "./child.js";
import { toPlain } from "./messages.js";

/** A server of a worker, by its number there. */
interface Server {
  child: Child;
  number: number;
}

class Place {
  /** Who listens, or wants to. */
  readonly servers: Server[] = [];
  /** Who waits until it is bound. */
  waiting: Server[] = [];
  socket: KeptSocket | null = null;
  /** Nobody has wanted it since a worker that lives has closed it. */
  leftBy: Child | null = null;

  constructor(
    readonly key: string,
    /** Port 0 becomes the one that the system has chosen. */
    readonly place: ListenPlace,
  ) {}

  remove(child: Child, number?: number): boolean {
    const before = this.servers.length;
    for (let i = before - 1; i >= 0; i--) {
      const server = this.servers[i]!;
      if (server.child === child && (number === undefined || server.number === number))
        this.servers.splice(i, 1);
    }
    return this.servers.length < before;
  }
}

export class Sockets {
  private readonly places = new Map<string, Place>();

  /** @param reusePort each worker, by its slot, has sockets of its own */
  constructor(private readonly reusePort: boolean) {}

  /** A server of a worker wants to listen. */
  want(child: Child, number: number, wanted: ListenPlace): void {
    const server = { child, number };
    const place = this.placeFor(child, wanted);
    if (place === null) return refuse(server, inUse(wanted));
    place.leftBy = null;
    place.servers.push(server);
    if (place.socket !== null) return give(server, place.socket);
    place.waiting.push(server);
    if (place.waiting.length > 1) return;
    keep(place.place, (error, socket) => {
      const waiting = place.waiting.splice(0);
      place.socket = socket;
      if (error !== null) this.places.delete(place.key);
      for (const one of waiting) {
        if (error === null) give(one, socket!);
        else refuse(one, error);
      }
    });
  }

  /**
   * The same for the same address, whoever asks. What one worker can have twice, port 0, is counted: the first of each worker is the same, and so on.
   * (node:cluster does so.)
   */
  private placeFor(child: Child, wanted: ListenPlace): Place | null {
    const reusePort = "port" in wanted && (wanted.reusePort || this.reusePort);
    const countable = "port" in wanted && wanted.port === 0;
    const slot = reusePort ? child.slot : 0;
    for (let count = 0; ; count++) {
      const name = JSON.stringify([wanted, count]);
      const key = `${name} ${slot}`;
      const known = this.places.get(key);
      if (known?.servers.some((server) => server.child === child) === true) {
        if (countable) continue;
        return null;
      }
      if (known !== undefined) return known;
      const made = new Place(key, this.bindable(wanted, reusePort, name));
      this.places.set(key, made);
      return made;
    }
  }

  /** What is bound: of several sockets at port 0 that share a port, that one. */
  private bindable(wanted: ListenPlace, reusePort: boolean, name: string): ListenPlace {
    if (!("port" in wanted) || !reusePort) return wanted;
    let { port } = wanted;
    for (const { key, socket } of this.places.values())
      if (port === 0 && key.startsWith(`${name} `)) port = socket?.port() ?? 0;
    return { ...wanted, port, reusePort };
  }

  listening(child: Child, number: number): void {
    for (const { servers, socket } of this.places.values())
      if (servers.some((server) => server.child === child && server.number === number))
        socket?.listening();
  }

  /** The program has closed a server, or it could not listen. Gives whether somebody should look later whether its socket is wanted: see {@link sweep}. */
  closed(child: Child, number: number): boolean {
    for (const place of this.places.values()) {
      if (!place.remove(child, number)) continue;
      if (place.servers.length === 0) place.leftBy = child;
      return place.servers.length === 0;
    }
    return false;
  }

  /** Its process has ended: what it listened at waits for the next. */
  gone(child: Child): void {
    for (const place of this.places.values()) place.remove(child);
  }

  /**
   * Close sockets that nobody listens at.
   *
   * @param all also those whose worker has gone: not, while another takes its place
   */
  sweep(all: boolean): void {
    for (const { key, servers, socket, leftBy } of this.places.values()) {
      if (servers.length > 0 || socket === null) continue;
      // One that closes its servers and ends has not meant it.
      if (!all && leftBy?.state !== "ready") continue;
      socket.close();
      this.places.delete(key);
    }
  }

  close(): void {
    for (const { socket } of this.places.values()) socket?.close();
    this.places.clear();
  }
}

function give({ child, number }: Server, socket: KeptSocket): void {
  child.post({ cosocket: "socket", server: number, error: null }, socket.handle);
}

function refuse({ child, number }: Server, error: Error): void {
  child.post({ cosocket: "socket", server: number, error: toPlain(error) });
}

/** One worker wants to listen twice at one address. */
function inUse(place: ListenPlace): Error {
  const where = whereOf(place);
  const error = new Error(`listen EADDRINUSE: address already in use ${where}`);
  return Object.assign(error, { code: "EADDRINUSE", syscall: "listen" });
}

function whereOf(place: ListenPlace): string {
  if ("fd" in place) return `fd ${place.fd}`;
  return "path" in place ? place.path : `${place.address}:${place.port}`;
}
