/** A node: it has connections, and nothing that would be lost with it. */
import type { Operation } from "effection";
import { race, serve, type Tcp, within } from "cosocket";
import type { Entry, Log } from "./log.js";
import { LONGEST, messageLine, parse } from "./protocol.js";
import { type Room, Rooms } from "./rooms.js";

/** Seconds after which a client is asked whether it is there, and after which it is not. */
const QUIET = 5;
const GONE = 3 * QUIET;
/** Seconds for the log. A node that does not get through hangs up: another one may. */
const PATIENCE = 15;

/** Serve clients until it is halted, or the server is closed. Then they are told, and come back to another node. */
export function* chatNode(server: Tcp, log: Log): Operation<void> {
  const rooms = new Rooms(log);
  const handler = (client: Tcp): Operation<void> => talk(client, rooms, log);
  yield* race([() => rooms.run(), () => serve(server, handler, { name: "chat", grace: 5 })]);
}

function* talk(client: Tcp, rooms: Rooms, log: Log): Operation<void> {
  client.settimeouts(undefined, GONE, GONE);
  client.setoption("line-limit", LONGEST);
  client.setoption("tcp-nodelay", true);
  const [line, err] = yield* client.receive("*l");
  if (err) return;
  const first = parse(line);
  if (first.verb === "ping") return void (yield* client.send("pong\n"));
  if (first.verb !== "join")
    return void (yield* client.send("error say: join <room> <name> <place>\n"));
  const { name, place } = first;
  const room = rooms.enter(first.room, place);
  try {
    yield* client.send(`joined ${room.name}\n`);
    yield* race([
      () => hear(client, name, room, log),
      () => tell(client, place, room, log),
      () => goodbye(client),
    ]);
  } finally {
    rooms.leave(room);
  }
}

/** What the client says, one after the other: so its messages are in the log in its order, also if it says them again to another node. */
function* hear(client: Tcp, name: string, room: Room, log: Log): Operation<void> {
  for (;;) {
    const [line, err] = yield* client.receive("*l");
    if (err) return;
    const said = parse(line);
    if (said.verb === "pong") continue;
    if (said.verb !== "say") return void (yield* client.send("error say: say <id> <text>\n"));
    const { id, text } = said;
    const [place, late] = yield* within(PATIENCE, log.append(room.name, { id, name, text }));
    if (late) return;
    yield* client.send(`saved ${id} ${place}\n`);
  }
}

/** What is said in the room, behind `place`; until the client has gone. */
function* tell(client: Tcp, place: string, room: Room, log: Log): Operation<void> {
  let gone = false;
  const send = function* (line: string): Operation<void> {
    const [, err] = yield* client.send(line);
    gone = err !== undefined;
  };
  /** From the log, until the room knows the place. */
  const catchUp = function* (entry: Entry): Operation<"enough" | undefined> {
    yield* send(messageLine(entry));
    place = entry.place;
    return gone || room.after(place) !== undefined ? "enough" : undefined;
  };
  while (!gone) {
    const { changed } = room;
    const entries = room.after(place);
    if (entries === undefined) yield* log.follow(room.name, place, catchUp);
    else if (entries.length > 0) {
      yield* send(entries.map(messageLine).join(""));
      place = entries.at(-1)!.place;
    } else {
      const [, quiet] = yield* within(QUIET, changed.wait());
      if (quiet) yield* send("ping\n");
    }
  }
}

function* goodbye(client: Tcp): Operation<void> {
  yield* client.closing();
  yield* client.send("bye\n");
}
