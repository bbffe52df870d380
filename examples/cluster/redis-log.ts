/**
 * The log in Redis: a stream for each room. What was said reaches other nodes as a hint, by publish and subscribe, that there is something
 * to read; what they read is the stream, so a hint that is lost only costs time.
 */
import type { Socket } from "node:net";
import { ensure, type Operation, until } from "effection";
import { Redis } from "ioredis";
import {
  event,
  type OnceEvent,
  reconnecting,
  type Result,
  run,
  type Run,
  socket,
  type Tcp,
  within,
} from "cosocket";
import type { Entry, Log, Message, Take } from "./log.js";

/** How long an id is remembered, in seconds: a client that was away for longer may say something twice. */
const REMEMBERED = 3600;
/** About so many messages of a room are kept. */
const KEPT = 100_000;
/** Seconds after which a room is looked at without a hint. */
const PATIENCE = 1;

/** All or nothing, and nobody in between: Redis runs one script at a time. */
const APPEND = `
local known = redis.call("GET", KEYS[2])
if known then return known end
local place = redis.call("XADD", KEYS[1], "MAXLEN", "~", ${KEPT}, "*", "id", ARGV[1], "name", ARGV[2], "text", ARGV[3])
redis.call("SET", KEYS[2], place, "EX", ${REMEMBERED})
redis.call("PUBLISH", KEYS[1], place)
return place
`;

/** A room that somebody follows here. */
interface Followed {
  followers: number;
  /** The next change. */
  changed: OnceEvent;
}

type Row = [place: string, fields: string[]];

export function* openRedisLog(host: string, port: number): Operation<Log> {
  const [commands, hints] = [connection(host, port), connection(host, port)];
  yield* ensure(() => {
    commands.disconnect();
    hints.disconnect();
  });
  return new RedisLog(commands, hints);
}

class RedisLog implements Log {
  private readonly followed = new Map<string, Followed>();

  constructor(
    private readonly commands: Redis,
    private readonly hints: Redis,
  ) {
    hints.on("message", (key: string) => this.tell(key));
    // What was published meanwhile is lost.
    hints.on("ready", () => {
      for (const key of this.followed.keys()) this.tell(key);
    });
  }

  *append(room: string, { id, name, text }: Message): Operation<string> {
    const key = keyOf(room);
    const place = yield* until(
      this.commands.eval(APPEND, 2, key, `${key}:said:${id}`, id, name, text),
    );
    return place as string;
  }

  *follow(room: string, after: string, take: Take): Operation<void> {
    const key = keyOf(room);
    const followed = this.enter(key);
    try {
      // First, so that nothing comes between reading and listening.
      yield* until(this.hints.subscribe(key));
      for (;;) {
        const { changed } = followed;
        const rows = yield* until(this.commands.xrange(key, `(${after}`, "+", "COUNT", 100));
        for (const row of rows) {
          if ((yield* take(entryOf(row))) === "enough") return;
          [after] = row;
        }
        if (rows.length === 0) yield* within(PATIENCE, changed.wait());
      }
    } finally {
      this.leave(key, followed);
    }
  }

  private enter(key: string): Followed {
    const followed = this.followed.get(key) ?? { followers: 0, changed: event() };
    this.followed.set(key, followed);
    followed.followers++;
    return followed;
  }

  private leave(key: string, followed: Followed): void {
    if (--followed.followers > 0) return;
    this.followed.delete(key);
    this.hints.unsubscribe(key).catch(() => {});
  }

  private tell(key: string): void {
    const followed = this.followed.get(key);
    if (followed === undefined) return;
    const { changed } = followed;
    followed.changed = event();
    changed.set();
  }
}

/** In braces: what a script touches lies in one slot, should this be a cluster of Redis. */
function keyOf(room: string): string {
  return `chat:{${room}}`;
}

function entryOf([place, [, id, , name, , text]]: Row): Entry {
  return { place, id: id!, name: name!, text: text! };
}

/**
 * ioredis over connections of ours. It makes a new one whenever it has lost one, and asks again what was not answered: the script may be
 * asked twice.
 */
function connection(host: string, port: number): Redis {
  class Connections {
    private making: Run<Socket> | undefined;
    private stream: Socket | undefined;

    async connect(): Promise<Socket> {
      // What it is refused it takes for the end of everything: so it waits.
      this.making = run(() => this.make());
      return this.making;
    }
    check(): boolean {
      return true;
    }
    disconnect(): void {
      void this.making?.halt();
      this.stream?.destroy();
    }
    private *make(): Operation<Socket> {
      const client = socket.try(yield* connected(host, port));
      client.setoption("tcp-nodelay", true);
      // Here, so that there is no moment at which `disconnect` finds neither of them.
      return (this.stream = client.duplex());
    }
  }
  const redis = new Redis({
    // Its type asks for the class that it does not export.
    Connector: Connections as never,
    // `connected` has asked. Its own check would leave a timer behind when it is closed meanwhile.
    enableReadyCheck: false,
    maxRetriesPerRequest: null,
    // Milliseconds for an answer, before a connection is given up.
    socketTimeout: 10_000,
  });
  // It tells of each connection that is lost, and makes another.
  redis.on("error", () => {});
  return redis;
}

/** To a server that answers: one that has just begun takes connections before it has read what it had, and refuses commands. */
function connected(host: string, port: number): Operation<Result<Tcp, undefined, string>> {
  return reconnecting(
    () => within(5, socket.connect(host, port)),
    function* (client): Operation<Result<Tcp, undefined, string>> {
      client.settimeout(5);
      yield* client.send("PING\r\n");
      const [answer, err] = yield* client.receive("*l");
      return answer === "+PONG" ? [client] : [undefined, err ?? answer, undefined];
    },
    {
      backoff: { initial: 0.05, maximum: 2 },
      onretry(error, _seconds, failures) {
        if (failures === 3) console.error(`* the log is out of reach: ${String(error)}`);
      },
    },
  );
}
