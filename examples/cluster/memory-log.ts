/** The log of nodes in one process, which ends with it. */
import type { Operation } from "effection";
import { event } from "cosocket";
import type { Entry, Log, Message, Take } from "./log.js";

class Room {
  readonly entries: Entry[] = [];
  readonly places = new Map<string, string>();
  /** The next change. */
  changed = event();
}

export class MemoryLog implements Log {
  private readonly rooms = new Map<string, Room>();

  private room(name: string): Room {
    let room = this.rooms.get(name);
    if (room === undefined) this.rooms.set(name, (room = new Room()));
    return room;
  }

  *append(name: string, message: Message): Operation<string> {
    const { entries, places, changed } = this.room(name);
    const known = places.get(message.id);
    if (known !== undefined) return known;
    const place = String(entries.length + 1);
    entries.push({ ...message, place });
    places.set(message.id, place);
    this.room(name).changed = event();
    changed.set();
    return place;
  }

  *follow(name: string, after: string, take: Take): Operation<void> {
    const room = this.room(name);
    for (let next = Number(after); ; next++) {
      while (room.entries.length <= next) yield* room.changed.wait();
      if ((yield* take(room.entries[next]!)) === "enough") return;
    }
  }
}
