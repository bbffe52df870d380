/**
 * A client of the chat that comes back: what it says is said once, whatever happens to nodes and connections, and what is said to it it is told once, in the order of the
 * room.
 */
import { randomUUID } from "node:crypto";
import type { Operation } from "effection";
import {
  type Backoff,
  channel,
  event,
  fork,
  type OnceEvent,
  reconnecting,
  type Result,
  type Tcp,
} from "cosocket";
import type { Entry } from "./log.js";
import { LONGEST, parse } from "./protocol.js";

/** Seconds without a word of the node, which pings more often. */
const SILENCE = 15;

/** What was said, and is not known to be in the log. */
interface Unsaved {
  line: string;
  saved: OnceEvent<string>;
}

export class ChatClient {
  /** What is said in the room, by others and by itself. */
  readonly entries = channel<Entry>(Infinity);
  /** Up to here it has seen everything. */
  place = "0";
  private readonly unsaved = new Map<string, Unsaved>();
  private readonly self = randomUUID();
  private count = 0;
  /** The connection, when everything said before has been sent on it. */
  private live: Tcp | undefined = undefined;

  constructor(
    private readonly connect: () => Operation<Result<Tcp>>,
    private readonly room: string,
    private readonly name: string,
  ) {}

  /** Be connected, until it is halted. */
  *run(onretry?: (error: unknown) => void): Operation<void> {
    const options = { backoff: { initial: 0.1, maximum: 5 }, ...(onretry && { onretry }) };
    yield* reconnecting(this.connect, (client, backoff) => this.talk(client, backoff), options);
  }

  /**
   * Say something.
   *
   * @returns its place, when it is saved. Cancelling does not take it back.
   */
  *say(text: string): Operation<string> {
    const id = `${this.self}-${this.count++}`;
    const line = `say ${id} ${text.replace(/[\r\n]+/g, " ")}\n`;
    if (Buffer.byteLength(line) > LONGEST)
      throw new RangeError(`that is longer than ${LONGEST} bytes`);
    const saved = event<string>();
    this.unsaved.set(id, { line, saved });
    // If it is lost, it is said again.
    if (this.live !== undefined) yield* this.live.send(line);
    return yield* saved.wait();
  }

  /** What is not known to be saved, also what is said meanwhile, in this order. */
  private *sayAgain(client: Tcp): Operation<void> {
    for (const { line } of this.unsaved.values()) yield* client.send(line);
    this.live = client;
  }

  private *talk(client: Tcp, backoff: Backoff): Operation<void> {
    client.settimeouts(5, SILENCE, SILENCE);
    client.setoption("tcp-nodelay", true);
    yield* client.send(`join ${this.room} ${this.name} ${this.place}\n`);
    // Beside reading: there may be much, and the node answers.
    yield* fork(() => this.sayAgain(client));
    try {
      for (;;) {
        const [text, err] = yield* client.receive("*l");
        if (err) return;
        const line = parse(text);
        switch (line.verb) {
          case "joined":
            // A balancer takes connections for nodes that there are not: this is one.
            backoff.reset();
            break;
          case "message":
            this.place = line.entry.place;
            this.entries.trySend(line.entry);
            break;
          case "saved":
            this.unsaved.get(line.id)?.saved.set(line.place);
            this.unsaved.delete(line.id);
            break;
          case "ping":
            yield* client.send("pong\n");
            break;
          case "bye":
            return;
          default:
            throw new Error(`the node says: ${text}`);
        }
      }
    } finally {
      this.live = undefined;
    }
  }
}
