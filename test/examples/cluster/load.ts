/** Clients of a chat that speak and listen without a pause, and what must be true of what they were told. */
import { expect } from "chai";
import type { Operation } from "effection";
import { all, each, event, fork, type Result, sleep, type Tcp } from "cosocket";
import { ChatClient } from "../../../examples/cluster/chat-client.js";
import type { Entry, Log } from "../../../examples/cluster/log.js";

const ROOMS = ["red", "blue"];
/** Of each client: how many messages are on their way at a time. */
const AT_ONCE = 2;
/** Seconds between two messages: without them, clients would have the processor that those who are started again need. */
const BREATH = 0.005;
/** The last message of a room. */
const END = "the-end";

type Connect = () => Operation<Result<Tcp>>;

class Member {
  /** What it was told. */
  readonly heard: Entry[] = [];
  /** What it has said, and where that is, as it was told. */
  readonly saved = new Map<string, string>();
  readonly client: ChatClient;
  private count = 0;

  constructor(
    readonly name: string,
    readonly room: string,
    connect: Connect,
  ) {
    this.client = new ChatClient(connect, room, name);
  }

  *speak(): Operation<void> {
    const text = `${this.name} ${this.count++}`;
    this.saved.set(text, yield* this.client.say(text));
  }

  /** Until the end of the room. */
  *listen(): Operation<void> {
    for (const entry of yield* each(this.client.entries)) {
      this.heard.push(entry);
      if (entry.id === END) return;
      yield* each.next();
    }
  }

  /** @param entries what is in the log of its room */
  verify(entries: readonly Entry[]): void {
    expect(this.heard, `${this.name} was told all, once, in order`).to.deep.equal(entries);
    const mine = entries.filter(({ name }) => name === this.name);
    const texts = Array.from({ length: this.count }, (_, i) => `${this.name} ${i}`);
    expect(
      mine.map(({ text }) => text),
      `what ${this.name} has said is there, once, in order`,
    ).to.deep.equal(texts);
    for (const { text, place } of mine)
      expect(place, `where ${text} is, as was acknowledged`).to.equal(this.saved.get(text));
  }
}

export class Load {
  /** Messages that are acknowledged. */
  count = 0;
  /** Connections that were lost, or not had. */
  lost = 0;
  private changed = event();
  private over = false;
  private readonly members: readonly Member[];

  constructor(size: number, connect: Connect) {
    this.members = Array.from(
      { length: size },
      (_, i) => new Member(`client${i}`, ROOMS[i % ROOMS.length]!, connect),
    );
  }

  /** Until so many more messages are acknowledged. */
  *progress(count: number): Operation<void> {
    for (const goal = this.count + count; this.count < goal;) yield* this.changed.wait();
  }

  /** Until it is told to end, and everybody has heard everything. */
  *run(log: Log): Operation<void> {
    const lost = (): void => void this.lost++;
    const runs = this.members.map(
      ({ client }) =>
        () =>
          client.run(lost),
    );
    const connected = yield* fork(() => all(runs));
    const speakers = this.members.flatMap((member) =>
      Array.from({ length: AT_ONCE }, () => () => this.speak(member)),
    );
    const end = function* (): Operation<void> {
      yield* all(speakers);
      for (const room of ROOMS) yield* log.append(room, { id: END, name: "test", text: END });
    };
    yield* all([end, ...this.members.map((member) => () => member.listen())]);
    yield* connected.halt();
  }

  end(): void {
    this.over = true;
  }

  *verify(log: Log): Operation<void> {
    for (const room of ROOMS) {
      const entries: Entry[] = [];
      yield* log.follow(room, "0", function* (entry) {
        entries.push(entry);
        return entry.id === END ? "enough" : undefined;
      });
      for (const member of this.members) if (member.room === room) member.verify(entries);
    }
  }

  private *speak(member: Member): Operation<void> {
    while (!this.over) {
      yield* member.speak();
      this.count++;
      const { changed } = this;
      this.changed = event();
      changed.set();
      yield* sleep(BREATH);
    }
  }
}
