/** Lines and blocks in async functions: `for await`. */
import { expect } from "chai";
import { until } from "effection";
import { fork, socket, SocketException } from "cosocket";
import { copas } from "cosocket/copas";
import { check } from "../../support/check.js";
import { fedStream } from "../../support/fed.js";

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("for await over what a stream receives", () => {
  it("gives each line, with what is left at the end as the last, and ends", () =>
    check(function* () {
      const [client, transport] = fedStream();
      const lines = collected(client.lines());
      transport.feed(Buffer.from("one\r\ntw"));
      transport.feed(Buffer.from("o\n\nrest"));
      transport.end();
      expect(yield* until(lines)).to.deep.equal(["one", "two", "", "rest"]);
      client.close();
    }));

  it("gives blocks, the last one shorter", () =>
    check(function* () {
      const [client, transport] = fedStream();
      transport.feed(Buffer.from("abcdefgh"));
      transport.end();
      const blocks = yield* until(collected(client.blocks(3)));
      expect(blocks.map(String)).to.deep.equal(["abc", "def", "gh"]);
      client.close();
    }));

  it("leaves what it has not given to the next receive when the loop is left, and closes nothing", () =>
    check(function* () {
      const [client, transport] = fedStream();
      transport.feed(Buffer.from("1\n2\n3\n"));
      const first = yield* until(
        (async () => {
          for await (const line of client.lines()) return line;
          return undefined;
        })(),
      );
      expect(first).to.equal("1");
      expect(client.closed).to.equal(false);
      expect(yield* client.receive()).to.deep.equal(["2"]);
      expect(yield* until(client.lines()[Symbol.asyncIterator]().next())).to.deep.equal({
        done: false,
        value: "3",
      });
      client.close();
    }));

  it("leaves all of a line that is too long to the next receive", () =>
    check(function* () {
      const [client, transport] = fedStream();
      client.setoption("line-limit", 4);
      transport.feed(Buffer.from("one\ntoo long\nthree\n"));
      const items = client.lines()[Symbol.asyncIterator]();
      expect((yield* until(items.next())).value).to.equal("one");
      const error = yield* until(items.next().catch((error: unknown) => error));
      expect(error).to.be.instanceOf(SocketException).with.property("error", "line too long");
      expect((yield* client.receive())[2]).to.equal("too ");
      const rest = client.lines()[Symbol.asyncIterator]();
      expect((yield* until(rest.next())).value).to.equal("long");
      client.setoption("line-limit", 5);
      expect((yield* until(rest.next())).value).to.equal("three");
      client.close();
    }));

  it("throws other errors, such as a timeout, and has ended then", () =>
    check(function* () {
      const [client, transport] = fedStream();
      client.settimeout(0);
      const items = client.lines()[Symbol.asyncIterator]();
      const error = yield* until(items.next().catch((error: unknown) => error));
      expect(error).to.be.instanceOf(SocketException).with.property("error", "timeout");
      transport.feed(Buffer.from("late\n"));
      expect(yield* until(items.next())).to.deep.equal({ done: true, value: undefined });
      expect(yield* client.receive()).to.deep.equal(["late"]);
      client.close();
    }));

  it("takes nothing of an item that is not whole when it times out, and says of what and of whom", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const peer = socket.try(yield* socket.connect("127.0.0.1", Number(server.getsockname()[1])));
      const client = socket.try(yield* server.accept());
      yield* peer.send("a\npar");
      yield* client.peek(5);
      client.settimeout(0);
      const given: string[] = [];
      const thrown = (error: unknown): unknown => error;
      const lines = client.lines()[Symbol.asyncIterator]();
      given.push((yield* until(lines.next())).value as string);
      const from = client.getpeername().slice(0, 2).join(":");
      expect(yield* until(lines.next().catch(thrown)))
        .to.be.instanceOf(SocketException)
        .with.property("message", `lines from ${from}: timeout`);
      const blocks = client.blocks(4)[Symbol.asyncIterator]();
      expect(yield* until(blocks.next().catch(thrown))).to.include({
        error: "timeout",
        operation: "blocks",
        address: from,
      });
      yield* peer.send("tial\n");
      client.settimeout();
      expect(given).to.deep.equal(["a"]);
      expect(yield* client.receive()).to.deep.equal(["partial"]);
      for (const each of [client, peer, server]) each.close();
    }));

  it("waits for a whole line also on a socket of Copas's that gives what has come", () =>
    check(function* () {
      const [client, transport] = fedStream();
      copas.wrap(client);
      client.settimeout(0);
      transport.feed(Buffer.from("par"));
      const line = client.lines()[Symbol.asyncIterator]().next();
      yield* fork(function* () {});
      transport.feed(Buffer.from("tial\n"));
      expect(yield* until(line)).to.deep.equal({ done: false, value: "partial" });
      client.close();
    }));

  it("throws when the connection breaks, taking nothing of a line that is not whole, and ends cleanly when it is closed here", () =>
    check(function* () {
      const [client, transport] = fedStream();
      const broken = collected(client.lines()).catch((error: unknown) => error);
      transport.feed(Buffer.from("half"));
      transport.end(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
      expect(yield* until(broken))
        .to.be.instanceOf(SocketException)
        .with.property("error", "closed");
      expect(yield* client.receive()).to.deep.equal([undefined, "closed", "half"]);
      client.close();
      const [another] = fedStream();
      const closed = collected(another.lines());
      another.close();
      expect(yield* until(closed)).to.deep.equal([]);
    }));

  it("is ended by a signal, and the line that comes then is the next receive's", () =>
    check(function* () {
      const [client, transport] = fedStream();
      const controller = new AbortController();
      const next = client.lines()[Symbol.asyncIterator](controller.signal).next();
      controller.abort("enough");
      transport.feed(Buffer.from("kept\n"));
      expect(yield* until(next.catch((error: unknown) => error))).to.equal("enough");
      expect(yield* client.receive()).to.deep.equal(["kept"]);
      client.close();
    }));

  it("serves several that ask at one time in the order in which they asked", () =>
    check(function* () {
      const [client, transport] = fedStream();
      const items = client.lines()[Symbol.asyncIterator]();
      const three = Promise.all([items.next(), items.next(), items.next()]);
      transport.feed(Buffer.from("1\n2\n"));
      transport.end();
      expect((yield* until(three)).map(({ value }) => value as unknown)).to.deep.equal([
        "1",
        "2",
        undefined,
      ]);
      client.close();
    }));

  it("may be mixed with each(), which goes on where it stopped", () =>
    check(function* () {
      const [client, transport] = fedStream();
      transport.feed(Buffer.from("1\n2\n"));
      const lines = client.lines();
      const subscription = yield* lines;
      expect((yield* subscription.next()).value).to.equal("1");
      expect((yield* until(lines[Symbol.asyncIterator]().next())).value).to.equal("2");
      client.close();
    }));
});
