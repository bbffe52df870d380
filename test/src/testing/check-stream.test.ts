/** The stream contract as it is published: our own streams keep it, and a promise that another one breaks is named. */
import { expect } from "chai";
import type { Operation } from "effection";
import { type Data, sleep, type Stream } from "cosocket";
import {
  type CheckedStream,
  checkStream,
  type CheckStreamOptions,
  streamPair,
} from "cosocket/testing";
import { promises } from "../../../src/testing/stream-promises.js";
import { thrown } from "../../support/pairs.js";
import { inVirtualTime } from "../../support/simulated.js";
import { transports } from "../../support/transports.js";

/** Methods that break a promise, in the place of a stream's own. */
type Changed = Partial<Record<keyof CheckedStream, unknown>>;

/** The methods of the stream itself. */
type Own = Pick<Stream, "receive" | "send" | "close">;

/** A stream pair, both sides of which have some methods of their own. */
const pairWith = (change: (own: Own, stream: Stream) => Changed) =>
  function* (): Operation<[CheckedStream, CheckedStream]> {
    const [a, b] = yield* streamPair();
    for (const stream of [a, b]) {
      const own = {
        receive: stream.receive.bind(stream),
        send: stream.send.bind(stream),
        close: stream.close.bind(stream),
      };
      Object.assign(stream, change(own, stream));
    }
    return [a, b];
  };

/** Receives lines byte by byte; `put` gets what it had when it is cancelled. */
function byteByByte({ receive }: Own, put: (had: string) => void, get: () => string) {
  return function* (pattern: "*l" | "*L" = "*l", prefix = ""): Operation<unknown> {
    if (pattern !== "*l") return yield* receive(pattern, prefix);
    let line = prefix + get();
    let done = false;
    try {
      for (;;) {
        const [byte, err] = yield* receive(1);
        done = err !== undefined || byte.toString() === "\n";
        if (err) return [undefined, err, line];
        if (done) return [line.replaceAll("\r", "")];
        line += byte.toString();
      }
    } finally {
      if (!done) put(line);
    }
  };
}

/** What is wrong with a stream, the promise that it breaks, and how it is. */
const broken: [wrong: string, named: RegExp, change: (own: Own, stream: Stream) => Changed][] = [
  [
    "loses a byte",
    /from the first to the second: what is sent arrives whole.*of 386488 bytes/,
    ({ send }) => ({
      send: (data: Buffer, i?: number, j?: number) => send(data, i, data.length > 50_000 ? -2 : j),
    }),
  ],
  [
    "gives what is there, and not as much as was asked for",
    /a number receives as many bytes.*receive\(3\) gave 'abcdefg'/,
    ({ receive }, stream) => ({
      receive: (pattern: 3, prefix?: string) =>
        pattern === 3 ? stream.receiveany() : receive(pattern, prefix),
    }),
  ],
  [
    "leaves the CR",
    /lines are received.*the first line gave \[ 'one\\r' \]/,
    ({ receive }) => ({
      *receive(pattern: "*l" | "*L" = "*l", prefix?: string): Operation<unknown> {
        if (pattern !== "*l") return yield* receive(pattern, prefix);
        const [line, ...rest] = yield* receive("*L", prefix);
        return line === undefined ? [line, ...rest] : [line.slice(0, -1)];
      },
    }),
  ],
  [
    "loses the partial of a timeout",
    /a timeout gives what has come.*still waits after 1 seconds/,
    ({ receive }) => ({
      *receive(pattern?: "*l", prefix?: string): Operation<unknown> {
        const [line, err, partial] = yield* receive(pattern, prefix);
        return err === "timeout" ? [line, err, prefix ?? ""] : err ? [line, err, partial] : [line];
      },
    }),
  ],
  [
    "loses what a cancelled receive had",
    /a cancelled receive takes nothing/,
    (own) => ({
      receive: byteByByte(
        own,
        () => {},
        () => "",
      ),
    }),
  ],
  [
    "mixes what several receive",
    /several receivers are served/,
    (own) => {
      let kept = "";
      const take = (): string => {
        const had = kept;
        kept = "";
        return had;
      };
      return { receive: byteByByte(own, (had) => (kept = had), take) };
    },
  ],
  [
    "sends a message in two parts",
    /messages of several senders never mix/,
    ({ send }) => ({
      *send(data: Data, i?: number): Operation<unknown> {
        if (typeof data !== "string" || data.length < 1000) return yield* send(data, i);
        yield* send(data, 1, 1000);
        yield* sleep(0);
        return yield* send(data, 1001);
      },
    }),
  ],
  [
    "takes whatever is sent",
    /a sender waits.*bytes were sent to one who takes nothing/,
    ({ send }) => ({
      *send(data: Data, i?: number): Operation<unknown> {
        return data.length === 1 << 18 ? [data.length] : yield* send(data, i);
      },
    }),
  ],
  [
    "repeats a byte when sending goes on",
    /without loss or repetition.*they differ from byte/,
    ({ send }) => ({ send: (data: Data, i?: number) => send(data, i && i - 1) }),
  ],
  [
    "drops a message whose sender is cancelled",
    /a cancelled send leaves whole/,
    ({ send }) => ({
      send: (data: Data, i?: number) => (data === "cancelled" ? sleep(1e6) : send(data, i)),
    }),
  ],
  [
    "has another word for closed",
    /who waits on a stream that is closed.*'timeout'/,
    ({ receive }, stream) => ({
      *receive(pattern?: "*l", prefix?: string): Operation<unknown> {
        const result = yield* receive(pattern, prefix);
        return stream.closed ? [undefined, "timeout", ""] : result;
      },
    }),
  ],
  [
    "closes both directions",
    /when one direction has ended the other goes on/,
    ({ close }) => ({ shutdown: close }),
  ],
];

describe("checkStream", () => {
  for (const { name, pair, check } of transports) {
    // A process for each pair takes its time.
    if (name.includes("child")) continue;
    it(`${name} keeps every promise`, () =>
      check(function* () {
        let pairs = 0;
        const broken = yield* thrown(checkStream(() => (pairs++, pair())));
        expect(broken).to.equal(undefined);
        // Each in both directions.
        expect(pairs).to.equal(2 * promises.length);
      }));
  }

  const check = inVirtualTime;
  for (const [wrong, named, change] of broken) {
    it(`names what a stream breaks that ${wrong}`, () =>
      check(function* () {
        const error = yield* thrown(checkStream(pairWith(change), { timeout: 1 }));
        expect(error).to.be.instanceOf(Error);
        expect((error as Error).message)
          .to.match(/^checkStream, from the /)
          .and.match(named);
      }));
  }

  it("asks for no half-close where there is none", () =>
    check(function* () {
      const pair = pairWith(({ close }) => ({ shutdown: close }));
      const error = yield* thrown(checkStream(pair, { halfClose: false }));
      expect(error).to.equal(undefined);
    }));

  it("passes on what a stream throws, with the promise", () =>
    check(function* () {
      const cause = new RangeError("its own");
      const pair = pairWith(() => ({
        settimeout: () => {
          throw cause;
        },
      }));
      const error = (yield* thrown(checkStream(pair))) as Error;
      expect(error.message).to.match(/a timeout gives what has come.*: its own$/);
      expect(error.cause).to.equal(cause);
    }));

  it("misuse throws, with the fix", () => {
    expect(() => checkStream({} as never)).to.throw(TypeError, "a function that makes two");
    const wrong: [CheckStreamOptions, string][] = [
      [{ halfClose: "no" as never }, "halfClose is true or false"],
      [{ timeout: 0 }, "a number of seconds"],
      [{ timeouts: 1 } as never, "timeout"],
    ];
    for (const [options, text] of wrong)
      expect(() => checkStream(streamPair as never, options)).to.throw(TypeError, text);
  });
});
