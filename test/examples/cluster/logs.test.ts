/** What the nodes of examples/cluster rely on, of each of its logs. */
import { expect } from "chai";
import {
  all,
  event,
  fork,
  type Performable,
  race,
  serve,
  sleep,
  socket,
  type Tcp,
  within,
} from "cosocket";
import type { Operation } from "effection";
import { type Entry, type Log, openLog } from "../../../examples/cluster/log.js";
import { missing } from "../../libraries/servers.js";
import { check } from "../../support/check.js";
import { onlyInCI } from "../../support/counts.js";
import { thrown } from "../../support/pairs.js";
import { folder, freePorts, natsServer, redisServer, type Service, serving } from "./processes.js";

interface Store {
  command?: string;
  server?: (port: number, path: string) => Service;
}

const STORES: Record<string, Store> = {
  memory: {},
  redis: { command: "redis-server", server: redisServer },
  nats: { command: "nats-server", server: natsServer },
};

const saying = (text: string) => ({ id: `id-${text}`, name: "ann", text });

/** The next entries of a room behind a place, as text. */
function* next(log: Log, room: string, after: string, count: number): Operation<string[]> {
  const entries: Entry[] = [];
  yield* log.follow(room, after, function* (entry) {
    entries.push(entry);
    return entries.length === count ? "enough" : undefined;
  });
  return entries.map(({ text }) => text);
}

for (const [name, { command, server }] of Object.entries(STORES))
  describe(`the log in ${name}`, function () {
    this.timeout(30_000);

    before(function () {
      const why = command === undefined ? undefined : missing(command);
      if (why === undefined) {
        if (name === "nats") onlyInCI(this, "starts one process more");
        return;
      }
      console.log(`      skipped: ${why}`);
      this.skip();
    });

    /** With a log of its own. */
    const withLog = (test: (log: Log, store: Service | undefined) => Operation<void>) =>
      check(function* () {
        if (server === undefined) return yield* test(yield* openLog(undefined), undefined);
        const [port] = yield* freePorts(1);
        const store = server(port!, yield* folder());
        yield* serving(store);
        yield* test(yield* openLog(`${name}://127.0.0.1:${port}`), store);
      });

    it("keeps what each room was told, once for each id, and tells it from any place on", () =>
      withLog(function* (log) {
        const places: string[] = [];
        for (const text of ["one", "two", "three"])
          places.push(yield* log.append("red", saying(text)));
        yield* log.append("blue", saying("one"));
        // Again, and beside one another.
        const again = ["two", "two", "four", "four"].map(
          (text): Performable<string> =>
            () =>
              log.append("red", saying(text)),
        );
        const [two, same, four, fourth] = yield* all(again);
        expect([two, same, four]).to.deep.equal([places[1], places[1], fourth]);
        expect(new Set([...places, four]).size).to.equal(4);
        expect(yield* next(log, "red", "0", 4)).to.deep.equal(["one", "two", "three", "four"]);
        expect(yield* next(log, "red", places[1]!, 2)).to.deep.equal(["three", "four"]);
        expect(yield* next(log, "blue", "0", 1)).to.deep.equal(["one"]);
      }));

    it("tells what comes to all who follow, and leaves nothing of those who are halted", () =>
      withLog(function* (log) {
        const place = yield* log.append("red", saying("before"));
        const followers = [1, 2].map(() => () => next(log, "red", place, 2));
        const heard = yield* fork(() => all(followers));
        // More than one page of any of them.
        const many = Array.from({ length: 150 }, (_, i) => String(i));
        for (const text of many) yield* log.append("red", saying(text));
        expect(yield* heard).to.deep.equal([many.slice(0, 2), many.slice(0, 2)]);
        expect(yield* next(log, "red", place, 150)).to.deep.equal(many);
        const wait = () => next(log, "red", place, 151);
        expect(yield* within(0.01, wait)).to.deep.equal([undefined, "timeout", undefined]);
        expect(yield* race([wait, () => log.append("red", saying("last"))])).to.be.a("string");
      }));

    if (server !== undefined)
      it("waits while its server is away, and has all that it had when that comes back", () =>
        withLog(function* (log, store) {
          const place = yield* log.append("red", saying("before"));
          const heard = yield* fork(() => next(log, "red", "0", 3));
          yield* store!.end("SIGKILL");
          const waiting = yield* fork(() => log.append("red", saying("meanwhile")));
          yield* store!.start();
          yield* waiting;
          expect(yield* log.append("red", saying("before"))).to.equal(place);
          yield* log.append("red", saying("after"));
          expect(yield* heard).to.deep.equal(["before", "meanwhile", "after"]);
        }));
  });

/** Redis that has begun a moment ago: it takes connections, reads what it had, and until then refuses what needs that. */
function* loading(client: Tcp, refused: () => void): Operation<void> {
  for (;;) {
    const [line, err] = yield* client.receive("*l");
    if (err) return;
    const command = /^[a-z]+$/i.exec(line)?.[0].toLowerCase();
    if (command === "hello" || command === "client") yield* client.send("+OK\r\n");
    else if (command === "info") yield* client.send("$9\r\nloading:1\r\n");
    else if (command === "ping") yield* client.send("-LOADING Redis is loading the dataset\r\n");
    else continue;
    if (command === "info" || command === "ping") refused();
  }
}

describe("the log in redis, while that is loading what it had", () => {
  it("leaves nothing when it is closed", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const enough = event();
      let count = 0;
      // Both of its connections.
      const refused = (): void => void (++count === 2 && enough.set());
      yield* fork(() => serve(server, (client) => loading(client, refused)));
      yield* openLog(`redis://127.0.0.1:${server.getsockname()[1]}`);
      yield* enough.wait();
      // Until they know.
      for (let turn = 0; turn < 20; turn++) yield* sleep(0);
      expect(count).to.be.at.least(2);
    }));
});

describe("the place of a log", () => {
  it("that is none is refused, and not repeated: there may be a password in it", () =>
    check(function* () {
      for (const odd of [
        "",
        "nonsense",
        "http://127.0.0.1:80",
        "redis://",
        "redis://ann:secret@db:1",
      ])
        expect(yield* thrown(openLog(odd)))
          .to.be.instanceOf(TypeError)
          .with.property("message")
          .that.matches(/^a log is at redis:.*something else$/);
    }));
});
