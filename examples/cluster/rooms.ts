/** The rooms that have members on this node. Each follows its log once, for all of them. */
import type { Operation } from "effection";
import { channel, each, event, fork, race } from "cosocket";
import type { Entry, Log } from "./log.js";

/** So many of the newest entries are kept for members. Those who are further behind read the log itself. */
const KEPT = 1000;

export class Room {
  members = 0;
  /** The next change. */
  changed = event();
  /** Nobody is there any more. */
  readonly left = event();
  private failure: unknown = undefined;
  private entries: Entry[] = [];
  /** The place before the first of the entries. */
  private before: string;
  /** Of each entry, how many there have been before it. */
  private readonly numbers = new Map<string, number>();
  private dropped = 0;

  constructor(
    readonly name: string,
    place: string,
  ) {
    this.before = place;
  }

  /** The entries behind a place; undefined: that place is not known here, not yet or not any more. */
  after(place: string): Entry[] | undefined {
    if (this.failure !== undefined) throw this.failure;
    if (place === this.before) return this.entries.slice();
    const number = this.numbers.get(place);
    return number === undefined ? undefined : this.entries.slice(number - this.dropped + 1);
  }

  *follow(log: Log): Operation<void> {
    const take = (entry: Entry): Operation<undefined> => this.add(entry);
    yield* race([this.left.wait(), () => log.follow(this.name, this.before, take)]);
  }

  private *add(entry: Entry): Operation<undefined> {
    this.numbers.set(entry.place, this.dropped + this.entries.length);
    this.entries.push(entry);
    if (this.entries.length >= 2 * KEPT) {
      const old = this.entries.splice(0, KEPT);
      for (const { place } of old) this.numbers.delete(place);
      this.dropped += KEPT;
      this.before = old.at(-1)!.place;
    }
    this.tell();
  }

  /** Members are told: they hang up, and their clients come back to what was not told. */
  fail(error: unknown): void {
    this.failure = error;
    this.tell();
  }

  private tell(): void {
    const { changed } = this;
    this.changed = event();
    changed.set();
  }
}

export class Rooms {
  private readonly rooms = new Map<string, Room>();
  private readonly opened = channel<Room>(Infinity);

  constructor(private readonly log: Log) {}

  /** Follow those that are opened, as long as they have members. */
  *run(): Operation<void> {
    for (const room of yield* each(this.opened)) {
      const boundary = (error: unknown): void => {
        this.forget(room);
        room.fail(error);
      };
      yield* fork(() => room.follow(this.log), { name: `room ${room.name}`, boundary });
      yield* each.next();
    }
  }

  /** @param place up to where the one who enters has seen everything */
  enter(name: string, place: string): Room {
    let room = this.rooms.get(name);
    if (room === undefined) {
      room = new Room(name, place);
      this.rooms.set(name, room);
      this.opened.trySend(room);
    }
    room.members++;
    return room;
  }

  leave(room: Room): void {
    if (--room.members > 0) return;
    this.forget(room);
    room.left.set();
  }

  private forget(room: Room): void {
    if (this.rooms.get(room.name) === room) this.rooms.delete(room.name);
  }
}
