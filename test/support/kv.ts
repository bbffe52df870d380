/**
 * A key-value store under faults: a server, clients that write and read, and what must hold whatever happens on the way:
 * every acknowledged write is readable, every reply belongs to its request, nothing is left.
 *
 * It is given the library, so that copies of it with planted bugs can be tried, too.
 */
import type { Operation } from "effection";
import type * as cosocket from "cosocket";
import type { Fiber, Tcp, Udp } from "cosocket";
import type { World } from "cosocket/testing";

type Library = Pick<typeof cosocket, "socket" | "serve" | "sleep" | "fork">;

const PORT = 7000;
const CLIENTS = 3;
const WRITES = 4;
/** Seconds that the server keeps a connection. */
const LIFETIME = 40;
/** Seconds that one waits for the next piece, and how often one goes on after a timeout. */
const PATIENCE = 2;
const TRIES = 5;
/** Seconds that a packet takes while nothing goes wrong. */
const LATENCY = 0.0001;

interface Stored {
  version: number;
  value: string;
}

/** What was acknowledged, and what was tried: versions of one key. */
type Versions = [acknowledged: number, tried: number];

const values = new Map<string, string>();

/** Of values; one is long enough to fill buffers. */
const LENGTHS = [3, 40, 700, 5000, 160_000, 2, 60, 900, 4000, 20_000, 1];

/** What the value of a key must be in a version. */
function valueOf(key: string, version: number): string {
  const name = `${key}/${version}/`;
  const known = values.get(name);
  if (known !== undefined) return known;
  const length = LENGTHS[(version * 7 + key.charCodeAt(1)) % LENGTHS.length]!;
  const value = name.padEnd(length, `${key}-${version}\n`);
  values.set(name, value);
  return value;
}

function check(condition: boolean, what: () => string): asserts condition {
  if (!condition) throw new Error(what());
}

function verify(key: string, read: string, [acknowledged, tried]: Versions): void {
  if (read === "NIL")
    return check(
      acknowledged === 0,
      () => `${key}: version ${acknowledged} was acknowledged, and is gone`,
    );
  const version = Number(read.split(" ", 1)[0]);
  check(
    version >= acknowledged && version <= tried,
    () =>
      `${key}: version ${acknowledged} was acknowledged, ${tried} tried, and ${version} is there`,
  );
  check(
    read === `${version} ${valueOf(key, version)}`,
    () => `${key}: the value of version ${version} is not what was written`,
  );
}

export function keyValueProgram({ socket, serve, sleep, fork }: Library) {
  /** One that times out in the middle goes on where it stopped. */
  function* sendAll(tcp: Tcp, message: string): Operation<boolean> {
    for (let sent = 0, tries = 1; ; tries++) {
      const [, err, index] = yield* tcp.send(message, sent + 1);
      if (!err) return true;
      if (err !== "timeout" || tries === TRIES) return false;
      sent = index;
    }
  }

  /** One that times out goes on with what it has. */
  function* receiveLine(tcp: Tcp): Operation<string | undefined> {
    for (let have = "", tries = 1; tries <= TRIES; tries++) {
      const [line, err, partial] = yield* tcp.receive("*l", have);
      if (!err) return line;
      if (err !== "timeout") return undefined;
      have = partial;
    }
    return undefined;
  }

  // ---- the server -----------------------------------------------------------------------------------------------

  class Server {
    readonly errors: unknown[] = [];
    private readonly store = new Map<string, Stored>();
    stopping = false;

    /** Ends when it is told to stop, and every client has gone. */
    *run(): Operation<void> {
      const udp = socket.udp();
      socket.try(yield* udp.setsockname("*", PORT));
      yield* fork(() => serve(udp, (udp) => this.answer(udp)));
      const server = socket.try(yield* socket.bind("*", PORT));
      const { stopped } = this;
      yield* fork(function* () {
        while (!stopped()) yield* sleep(1);
        udp.close();
        server.close();
      });
      yield* serve(server, (client) => this.serve(client), {
        errorhandler: (error) => this.errors.push(error),
      });
    }

    private readonly stopped = (): boolean => this.stopping;

    /** A client is served until it goes, or for so long; it may take its time, but not for ever. */
    private *serve(client: Tcp): Operation<void> {
      yield* fork(function* () {
        yield* sleep(LIFETIME);
        client.close();
      });
      client.settimeouts(undefined, PATIENCE, undefined);
      for (;;) {
        const [request, err] = yield* client.receive("*l");
        if (err) return;
        const reply = yield* this.reply(client, request.split(" "));
        if (reply === undefined || !(yield* sendAll(client, reply))) return;
      }
    }

    private *reply(client: Tcp, request: string[]): Operation<string | undefined> {
      const [command, id, key = "", version, length] = request;
      if (command === "SET") {
        const [body, err] = yield* client.receive(Number(length));
        if (err) return undefined;
        // One that was sent before may arrive later, over another connection.
        if ((this.store.get(key)?.version ?? 0) < Number(version))
          this.store.set(key, { version: Number(version), value: body.toString() });
        return `OK ${id}\n`;
      }
      check(command === "GET", () => `the server has received ${JSON.stringify(request)}`);
      const stored = this.store.get(key);
      if (stored === undefined) return `NIL ${id}\n`;
      return `VAL ${id} ${stored.version} ${stored.value.length}\n${stored.value}`;
    }

    /** Answers datagrams with the same number. */
    private *answer(udp: Udp): Operation<void> {
      for (;;) {
        const [datagram, ip, port] = yield* udp.receivefrom();
        if (datagram === undefined) return;
        yield* udp.sendto(`PONG ${String(datagram).slice(5)}`, ip, port);
      }
    }
  }

  // ---- the clients ----------------------------------------------------------------------------------------------

  class Client {
    private connection: Tcp | undefined;
    private lastId = 0;
    constructor(
      private readonly name: string,
      private readonly patience = PATIENCE,
    ) {}

    /** The answer: "OK", "NIL", or version and value; undefined: nobody knows. */
    *request(line: string, body = ""): Operation<string | undefined> {
      const connection = this.connection ?? (yield* this.connect());
      if (connection === undefined) return undefined;
      const id = `${this.name}.${++this.lastId}`;
      const reply = yield* this.exchange(connection, line.replace("ID", id) + "\n" + body, id);
      if (reply === undefined) this.close();
      return reply;
    }

    private *connect(): Operation<Tcp | undefined> {
      const tcp = socket.tcp();
      tcp.settimeout(5);
      const [, err] = yield* tcp.connect("server", PORT);
      if (!err) return (this.connection = tcp);
      tcp.close();
      return undefined;
    }

    private *exchange(tcp: Tcp, message: string, id: string): Operation<string | undefined> {
      tcp.settimeout(this.patience);
      if (!(yield* sendAll(tcp, message))) return undefined;
      const head = yield* receiveLine(tcp);
      if (head === undefined) return undefined;
      const [kind, answered, version, length] = head.split(" ");
      check(answered === id, () => `${id} was answered by ${JSON.stringify(head)}`);
      if (kind !== "VAL") return kind!;
      tcp.settimeout(PATIENCE);
      tcp.settimeout(10, "t");
      const [body, err] = yield* tcp.receive(Number(length));
      tcp.settimeout(undefined, "t");
      return err ? undefined : `${version} ${body.toString()}`;
    }

    close(): void {
      this.connection?.close();
      this.connection = undefined;
    }
  }

  /** Writes its own keys, and reads them back. */
  function* writer(name: string): Operation<Map<string, Versions>> {
    const client = new Client(name);
    const written = new Map<string, Versions>();
    for (let version = 1; version <= WRITES; version++) {
      for (const key of [`${name}a`, `${name}b`]) {
        const [acknowledged] = written.get(key) ?? [0, 0];
        const value = valueOf(key, version);
        const set = yield* client.request(`SET ID ${key} ${version} ${value.length}`, value);
        written.set(key, [set === "OK" ? version : acknowledged, version]);
        const read = yield* client.request(`GET ID ${key}`);
        if (read !== undefined) verify(key, read, written.get(key)!);
      }
    }
    client.close();
    return written;
  }

  /** Asks by datagrams, again and again, until it has an answer to its own question. */
  function* pinger(): Operation<void> {
    const udp = socket.udp();
    udp.settimeout(0.5);
    const [ip] = yield* socket.dns.toip("server", 1);
    if (ip === undefined) return;
    for (let number = 1; number <= 3; number++) {
      for (let tries = 0; tries < 4; tries++) {
        yield* udp.sendto(`PING ${number}`, ip, PORT);
        const [datagram] = yield* udp.receivefrom();
        const text = String(datagram);
        check(
          datagram === undefined || (/^PONG \d$/.test(text) && Number(text.slice(5)) <= number),
          () => `PING ${number} was answered by ${JSON.stringify(text)}`,
        );
        if (text === `PONG ${number}`) break;
      }
    }
    udp.close();
  }

  /** Stays for longer than the server keeps it. */
  function* sitter(): Operation<void> {
    const client = new Client("sitter");
    yield* client.request("GET ID k0a");
    yield* sleep(LIFETIME * 1.5);
    client.close();
  }

  /** Reads everything when nothing goes wrong any more. */
  function* reader(written: Map<string, Versions>): Operation<void> {
    // It gives up a few times before an answer can be there, and goes on with what it has.
    const client = new Client("reader", LATENCY / 2);
    for (const [key, versions] of written) {
      const read = yield* client.request(`GET ID ${key}`);
      check(read !== undefined, () => `${key} cannot be read though nothing goes wrong any more`);
      verify(key, read, versions);
    }
    client.close();
  }

  return function* (world: World): Operation<number> {
    const server = new Server();
    const serving = yield* world.host("server", () => server.run());
    const writers: Fiber<Map<string, Versions>>[] = [];
    for (let i = 0; i < CLIENTS; i++)
      writers.push(yield* world.host(`client${i}`, () => writer(`k${i}`)));
    const others = [yield* world.host("pinger", pinger), yield* world.host("sitter", sitter)];
    const written = new Map<string, Versions>();
    for (const fiber of writers) for (const entry of yield* fiber) written.set(...entry);
    for (const fiber of others) yield* fiber;
    world.faults = {};
    // What was on its way arrives, or never will.
    yield* sleep(60);
    yield* yield* world.host("reader", () => reader(written));
    server.stopping = true;
    yield* serving;
    if (server.errors.length > 0) throw server.errors[0];
    return written.size;
  };
}
