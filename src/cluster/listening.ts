/** The servers of a worker: each listens at a socket that the primary process has bound and keeps. */
import type { BoundHandle, Listening, Sharing } from "../network/index.js";
import { fromPlain, type PlainError, type ToPrimary } from "./messages.js";

/**
 * Turns of Node's loop for which a server that ends goes on while connections come in. Each takes what was there, or one of it; at some point it has to
 * end, also under load.
 */
const TURNS = 1000;

export class Servers implements Sharing {
  private readonly numbers = new Map<Listening, number>();
  private readonly waiting = new Map<number, Listening>();
  private count = 0;
  /** They are to close; "last": nobody takes this worker's place. */
  private ending: "no" | "yes" | "last" = "no";
  private gone = false;

  /** @param ready told when one listens */
  constructor(
    private readonly post: (message: ToPrimary) => void,
    private readonly ready: () => void,
  ) {}

  wanted(server: Listening): void {
    const number = ++this.count;
    this.numbers.set(server, number);
    this.waiting.set(number, server);
    if (this.gone) setImmediate(() => this.fail());
    else this.post({ cosocket: "wanted", server: number, place: server.place });
  }

  /** The primary process has answered. */
  answered(number: number, error: Error | null, handle: BoundHandle | undefined): void {
    const server = this.waiting.get(number);
    this.waiting.delete(number);
    // It may have been closed meanwhile.
    if (server === undefined) handle?.close();
    else server.begin(error, handle ?? null);
  }

  listening(server: Listening): void {
    this.post({ cosocket: "listening", server: this.numbers.get(server)! });
    this.ready();
    if (this.ending !== "no") this.end(server);
  }

  closed(server: Listening): void {
    const number = this.numbers.get(server);
    if (number === undefined) return;
    this.numbers.delete(server);
    this.waiting.delete(number);
    // In a worker that ends it is not the program's will, and somebody else goes on with the socket.
    if (this.ending === "no") this.post({ cosocket: "closed", server: number });
  }

  /** @param last nobody takes this worker's place: what the kernel has taken is accepted first */
  close(last: boolean): void {
    if (this.ending !== "no") return;
    this.ending = last ? "last" : "yes";
    for (const server of this.numbers.keys()) this.end(server);
  }

  private end(server: Listening): void {
    if (this.ending !== "last") return server.close();
    let turns = 0;
    const look = (before: number): void => {
      const came = server.came();
      if (came === before || ++turns > TURNS) server.close();
      else setImmediate(look, came);
    };
    // Between two looks the kernel has to be polled, and a poll takes one: from here the first would come before that.
    setImmediate(look, -1);
  }

  /** There is no primary process any more that could give them sockets. */
  fail(): void {
    this.gone = true;
    const error: PlainError = {
      message: "the primary process has ended",
      code: "ECANCELED",
      errno: undefined,
      syscall: "listen",
    };
    for (const number of [...this.waiting.keys()])
      this.answered(number, fromPlain(error), undefined);
  }
}
