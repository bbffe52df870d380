/** The promises of a client object, each as a check of two connected streams. */
import { inspect, isDeepStrictEqual } from "node:util";
import type { Operation } from "effection";
import { type Fiber, fork, sleep, type Yieldable } from "../../reactor/index.js";
import type { StreamObject } from "../stream/index.js";
import { settle } from "./settle.js";

/** What is checked of a stream: these methods, as those of client objects. */
export type CheckedStream = Pick<
  StreamObject,
  "receive" | "send" | "settimeout" | "shutdown" | "close"
>;

export interface StreamPromise {
  name: string;
  /** Throws an error that says what was seen instead. */
  check(from: CheckedStream, to: CheckedStream): Operation<void>;
  /** It needs a stream of which one direction can end while the other goes on. */
  halfClose?: true;
}

/** Bytes after which a sender must wait for a receiver that takes none. */
const BOUND = 64 << 20;

export const promises: readonly StreamPromise[] = [
  {
    name: "what is sent arrives whole and in order, up to the end",
    *check(from, to) {
      const sizes = [1, 2, 100, 16_384, 70_000, 0, 1, 300_000];
      const sender = yield* fork(function* () {
        let position = 0;
        const results: unknown[] = [];
        for (const size of sizes) {
          results.push(yield* from.send(bytesAt(position, size)));
          position += size;
        }
        from.close();
        return results;
      });
      const [all] = yield* to.receive(Infinity);
      const total = sizes.reduce((sum, size) => sum + size);
      mustBeBytes(all, bytesAt(0, total));
      mustBe(
        yield* sender,
        sizes.map((size) => [size]),
        "send",
      );
      mustBe((yield* to.receive())[1], "closed", "receive after the end");
    },
  },
  {
    name: "both sides can send much at once",
    *check(from, to) {
      const size = 1 << 20;
      const senders: Fiber<readonly unknown[]>[] = [];
      for (const side of [from, to]) senders.push(yield* fork(() => side.send(bytesAt(0, size))));
      const receiver = yield* fork(() => from.receive(size));
      mustBeBytes((yield* to.receive(size))[0], bytesAt(0, size));
      mustBeBytes((yield* receiver)[0], bytesAt(0, size));
      for (const sender of senders) mustBe(yield* sender, [size], "send");
    },
  },
  {
    name: "a number receives as many bytes, however they were sent",
    *check(from, to) {
      for (const piece of ["ab", "cdef", "g"]) yield* from.send(piece);
      mustBe(yield* text(to.receive(3)), "abc", "receive(3)");
      mustBe(yield* text(to.receive(4)), "defg", "receive(4)");
    },
  },
  {
    name: "lines are received one by one, and what is left at the end is a partial",
    *check(from, to) {
      yield* from.send("one\r\ntwo\n\nla");
      yield* from.send("st");
      from.close();
      mustBe(yield* to.receive(), ["one"], "the first line");
      mustBe(yield* to.receive("*L"), ["two\n"], "the second line");
      mustBe(yield* to.receive("*l"), [""], "the empty line");
      mustBe(yield* to.receive(), [undefined, "closed", "last"], "the last line, without its end");
    },
  },
  {
    name: "a timeout gives what has come, and receiving goes on with it",
    *check(from, to) {
      to.settimeout(0);
      mustBe(yield* to.receive(), [undefined, "timeout", ""], "receive with a timeout of 0");
      yield* from.send("par");
      to.settimeout(0.001);
      let partial = "";
      while (partial !== "par") {
        const [line, err, rest] = yield* to.receive("*l", partial);
        mustBe([line, err], [undefined, "timeout"], "receive of half a line");
        partial = rest!;
        must("par".startsWith(partial), `the partial is ${printed(partial)}`);
      }
      yield* from.send("tial\n");
      to.settimeout();
      mustBe(yield* to.receive("*l", partial), ["partial"], "receive with the partial as prefix");
    },
  },
  {
    name: "a cancelled receive takes nothing",
    *check(from, to) {
      yield* halted(() => to.receive());
      yield* from.send("_half");
      mustBe(yield* text(to.receive(1)), "_", "receive(1)");
      yield* halted(() => to.receive());
      yield* halted(() => to.receive(100));
      yield* from.send(" a line\n");
      mustBe(yield* to.receive(), ["half a line"], "receive after cancelled ones");
    },
  },
  {
    name: "several receivers are served first come, first served",
    *check(from, to) {
      const receivers: Fiber<readonly unknown[]>[] = [];
      for (let i = 0; i < 3; i++) receivers.push(yield* started(() => to.receive()));
      yield* from.send("1\n2\n");
      yield* from.send("3\n");
      for (const [i, receiver] of receivers.entries())
        mustBe(yield* receiver, [String(i + 1)], `receiver ${i + 1}`);
    },
  },
  {
    name: "messages of several senders never mix, and come in the order of sending",
    *check(from, to) {
      const messages = ["a", "b", "c", "d"].map((letter) => letter.repeat(100_000));
      const senders: Fiber<readonly unknown[]>[] = [];
      for (const message of messages) senders.push(yield* started(() => from.send(message)));
      const all = Buffer.from(messages.join(""));
      mustBeBytes((yield* to.receive(all.length))[0], all);
      for (const sender of senders) mustBe(yield* sender, [100_000], "send");
    },
  },
  {
    name: "a sender waits for a receiver that takes nothing, and goes on without loss or repetition",
    *check(from, to) {
      const sent = yield* fill(from);
      const rest = yield* started(() => from.send(bytesAt(0, sent + 1000), sent + 1));
      must(rest.state !== "ended", "a send has not waited although one before it had to");
      mustBeBytes((yield* to.receive(sent + 1000))[0], bytesAt(0, sent + 1000));
      mustBe(yield* rest, [sent + 1000], "send");
    },
  },
  {
    name: "a cancelled send leaves whole, and in its place",
    *check(from, to) {
      const sent = yield* fill(from);
      yield* halted(() => from.send("cancelled"));
      const next = yield* started(() => from.send("next"));
      mustBeBytes((yield* to.receive(sent))[0], bytesAt(0, sent));
      mustBe(yield* text(to.receive(13)), "cancellednext", "what comes then");
      yield* next;
    },
  },
  {
    name: "who waits on a stream that is closed gets closed, and so do later calls",
    *check(_, to) {
      const receiver = yield* started(() => to.receive());
      mustBe(to.close(), 1, "close");
      mustBe(yield* receiver, [undefined, "closed", ""], "the receive that waited");
      mustBe(yield* to.receive(), [undefined, "closed", ""], "receive");
      mustBe(yield* to.send("x"), [undefined, "closed", 0], "send");
      mustBe(to.close(), 1, "close for the second time");
    },
  },
  {
    name: "when one direction has ended the other goes on",
    halfClose: true,
    *check(from, to) {
      yield* from.send("question");
      mustBe(from.shutdown("send"), 1, "shutdown");
      mustBe(yield* from.send("more"), [undefined, "closed", 0], "send after shutdown");
      mustBe(yield* to.receive("*a"), ["question"], "what came before the end");
      mustBe((yield* to.receive())[1], "closed", "receive at the end");
      yield* to.send("answer\n");
      mustBe(yield* from.receive(), ["answer"], "the answer");
    },
  },
];

// ---- what they are checked by -----------------------------------------------------------------------------------

function must(kept: boolean, seen: string): void {
  if (!kept) throw new Error(seen);
}

function mustBe(actual: unknown, expected: unknown, what: string): void {
  must(
    isDeepStrictEqual(actual, expected),
    `${what} gave ${printed(actual)}, and not ${printed(expected)}`,
  );
}

function printed(value: unknown): string {
  return inspect(value, { breakLength: Infinity, maxStringLength: 60, maxArrayLength: 8 });
}

function mustBeBytes(actual: Buffer | undefined, expected: Buffer): void {
  if (actual?.equals(expected)) return;
  const length = actual?.length ?? 0;
  let at = 0;
  while (at < length && at < expected.length && actual![at] === expected[at]) at++;
  must(
    false,
    `of ${expected.length} bytes ${length} were received; they differ from byte ${at} on`,
  );
}

/** The first value of a result, as text. */
function* text(receiving: Yieldable<readonly unknown[]>): Operation<string> {
  return String((yield* receiving)[0]);
}

/** A fiber that has got as far as it can. */
function* started<T>(body: () => Operation<T>): Operation<Fiber<T>> {
  const fiber = yield* fork(body);
  yield* settle();
  return fiber;
}

function* halted(body: () => Operation<unknown>): Operation<void> {
  yield* (yield* started(body)).halt();
}

/** Not a power of two: what is lost or repeated shows. */
const PERIOD = Buffer.from(Array.from({ length: 65_521 }, (_, i) => (i * 31 + (i >> 8)) & 255));

/** Bytes that stand at a position of a stream, the same each time. */
function bytesAt(position: number, size: number): Buffer {
  const start = position % PERIOD.length;
  return Buffer.alloc(size, Buffer.concat([PERIOD.subarray(start), PERIOD.subarray(0, start)]));
}

/** Attempts without progress, after which a stream is full. */
const ATTEMPTS = 10;

/** Send to one who takes nothing, until there is no room: how many bytes of {@link bytesAt} were sent. */
function* fill(stream: CheckedStream): Operation<number> {
  stream.settimeout(0);
  let sent = 0;
  for (let attempts = 0; attempts < ATTEMPTS;) {
    const [all, err, some = 0] = yield* stream.send(bytesAt(sent, 1 << 18));
    must(err === undefined || err === "timeout", `send gave ${printed(err)}`);
    const size = all ?? some;
    sent += size;
    must(sent <= BOUND, `${sent} bytes were sent to one who takes nothing`);
    attempts = size === 0 ? attempts + 1 : 0;
    // What is on its way arrives meanwhile, where the next buffer has room for it.
    yield* sleep(size === 0 ? 0.001 : 0);
  }
  stream.settimeout();
  return sent;
}
