/** What the compiler must accept and refuse; that this file compiles is the test. */
import { expect } from "chai";
import { all, call, main, race, scoped, spawn, until, type Operation } from "effection";
import {
  fork,
  isFatal,
  type Linger,
  type OptionValue,
  pump,
  type Result,
  run,
  type Sink,
  socket,
  SocketException,
  type SocketError,
  type Source,
  type Stream,
  type StreamObject,
  type Tcp,
  type Udp,
  type Unix,
  type Yieldable,
} from "cosocket";
import { errorWord } from "../src/object/errors.js";

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(equal: Equal<A, B>): void {
  expect(equal).to.equal(true);
}

type ReturnsOf<F> = F extends (...args: never) => Operation<infer T> ? T : never;

describe("types", () => {
  it("narrow by `if (err)`", () => {
    function* narrowing(client: Tcp): Operation<string> {
      const [line, err, partial] = yield* client.receive("*l");
      if (err) {
        same<typeof err, SocketError>(true);
        same<typeof partial, string>(true);
        return partial;
      }
      same<typeof line, string>(true);
      const [block, failure, rest] = yield* client.receive(5);
      if (failure) return rest.toString();
      same<typeof block, Buffer>(true);
      void block;
      const [index, problem, sent] = yield* client.send(line);
      if (problem) same<typeof sent, number>(true);
      else same<typeof index, number>(true);
      void [index, sent];
      const [accepted, none] = yield* client.accept();
      if (none) return none;
      same<typeof accepted, Tcp>(true);
      void accepted;
      const [ip, port] = client.getpeername();
      if (ip === undefined) same<typeof port, SocketError>(true);
      else same<typeof port, number>(true);
      void port;
      return line;
    }
    expect(narrowing).to.be.a("function");
  });

  it("hold no empty error word", () => {
    same<Extract<SocketError, "">, never>(true);
    same<"" extends SocketError ? true : false, false>(true);
  });

  it("refuse what would throw", () => {
    const misuse = (client: Tcp): void => {
      // @ts-expect-error no such pattern
      client.receive("*x");
      // @ts-expect-error bytes before a text
      client.receive("*l", Buffer.alloc(1));
      // @ts-expect-error a number is no data
      client.send(5);
      // @ts-expect-error no such mode
      client.settimeout(1, "x");
      // @ts-expect-error no such word, though its first letter would do
      client.receive("*lines");
    };
    expect(misuse).to.be.a("function");
  });

  it("refuse what is done with an operation that was not performed", () => {
    const forgotten = (client: Tcp): unknown => {
      const [line, err] = client.receive("*l");
      // Without noUncheckedIndexedAccess, this is an error, too: the condition would always be true.
      if (err) return;
      // @ts-expect-error no text
      client.send(line);
      // @ts-expect-error no text
      client.send(line + "\n");
      // @ts-expect-error no text
      client.send(`${line}`);
      const [sent] = client.send("x");
      // @ts-expect-error no number
      const next: number = sent;
      // @ts-expect-error no number
      void (sent > 5);
      for (const item of client.receive(5)) {
        // @ts-expect-error no bytes
        item.toString("hex");
      }
      return next;
    };
    const inferred = function* (client: Tcp) {
      return yield* client.receive("*l");
    };
    const alike = (client: Tcp): unknown => {
      const [line] = inferred(client);
      // @ts-expect-error an un-annotated generator function of the user's is guarded as well
      return client.send(line);
    };
    expect([forgotten, alike]).to.have.length(2);
  });

  it("refuse to await an operation", () => {
    const awaiting = async (client: Tcp): Promise<unknown> => {
      // @ts-expect-error outside of generators: await run(() => client.receive())
      const result: unknown = await client.receive();
      return result;
    };
    expect(awaiting).to.be.a("function");
  });

  it("accept operations wherever Effection takes one, and generators wherever an operation is taken", () => {
    const received = (client: Tcp): Yieldable<Result<string, string>> => client.receive();
    const inferred = function* (client: Tcp) {
      const [line, err] = yield* client.receive();
      return err ?? line;
    };
    const mixed = function* (client: Tcp) {
      yield* until(Promise.resolve(1));
      const [line, err] = yield* client.receive();
      return err ?? line;
    };
    const all_ = function* (client: Tcp): Operation<void> {
      const operation: Operation<Result<string, string>> = received(client);
      const [[first, none]] = yield* all([operation, received(client)]);
      if (!none) same<typeof first, string>(true);
      const raced = yield* race([received(client), inferred(client)]);
      same<typeof raced, string | Result<string, string>>(true);
      const [called, wrong] = yield* call(() => received(client));
      if (!wrong) same<typeof called, string>(true);
      const [inner, bad] = yield* scoped(() => received(client));
      if (!bad) same<typeof inner, string>(true);
      const [spawned, ill] = yield* yield* spawn(() => received(client));
      if (!ill) same<typeof spawned, string>(true);
      const [forked, sick] = yield* yield* fork(() => received(client));
      if (!sick) same<typeof forked, string>(true);
      void [first, raced, called, inner, spawned, forked];
      same<string, ReturnsOf<typeof inferred>>(true);
      const texts: string[] = [
        yield* inferred(client),
        yield* mixed(client),
        yield* yield* fork(() => inferred(client)),
        yield* yield* fork(() => mixed(client)),
      ];
      void texts;
    };
    const top = (client: Tcp): unknown => [
      main(function* () {
        yield* client.receive();
      }),
      run(function* () {
        yield* client.receive();
      }),
      run(() => client.receive()),
      run(() => inferred(client)),
      run(() => all_(client)),
    ];
    expect(top).to.be.a("function");
  });

  it("let sources and sinks of one's own have error words of their own", () => {
    const pumping = function* (client: Tcp, from: Source<"bad row">, to: Sink): Operation<void> {
      const [, plain] = yield* pump.all(socket.source(client), socket.sink(client));
      same<typeof plain, SocketError | undefined>(true);
      const [, own] = yield* pump.all(from, to);
      same<typeof own, SocketError | "bad row" | undefined>(true);
      const [moved, both] = yield* pump.step(from, socket.sink(client));
      if (both === undefined) same<typeof moved, 1 | undefined>(true);
      // @ts-expect-error a source that has other words than are expected
      const source: Source = from;
      void [plain, own, source, moved];
    };
    const forgotten = (client: Tcp, from: Source, to: Sink): unknown => {
      const [, err] = pump.all(from, to);
      const [piece] = socket.source(client)();
      // @ts-expect-error no text
      client.send(piece);
      // @ts-expect-error no word
      const word: string = err;
      return word;
    };
    expect([pumping, forgotten]).to.have.length(2);
  });

  it("know the options of each object, and what they hold", () => {
    const options = (tcp: Tcp, udp: Udp, unix: Unix, stream: Stream, name: string): void => {
      tcp.setoption("tcp-nodelay", true);
      tcp.setoption("keepalive");
      tcp.setoption("linger", { on: true, timeout: 5 });
      udp.setoption("ip-add-membership", { multiaddr: "239.1.2.3", interface: "*" });
      unix.setoption("reuseaddr");
      stream.setoption("line-limit", Infinity);
      // What is known at run time only is looked at then.
      tcp.setoption(name, 5);
      udp.setoption(`ip-${name}`);
      for (const object of [tcp, unix]) object.setoption(name, true);
      const held: [Result<OptionValue>, Result<boolean>, Result<SocketError | undefined>] = [
        tcp.getoption(name),
        tcp.getoption("tcp-nodelay"),
        stream.getoption("error"),
      ];
      const linger: Result<Linger> = unix.getoption("linger");
      void [held, linger];
      // @ts-expect-error it is a boolean
      const number: Result<number> = tcp.getoption("tcp-nodelay");
      void number;
      // @ts-expect-error no such option
      tcp.setoption("nodelay", true);
      // @ts-expect-error no number
      tcp.setoption("tcp-nodelay", 1);
      // @ts-expect-error a value is needed
      tcp.setoption("linger");
      // @ts-expect-error only true need not be said
      tcp.setoption("tcp-keepidle");
      // @ts-expect-error it cannot be set
      tcp.setoption("error");
      // @ts-expect-error an option of UDP
      tcp.setoption("broadcast", true);
      // @ts-expect-error an option of TCP
      udp.setoption("tcp-nodelay", true);
      // @ts-expect-error an option of TCP
      stream.setoption("keepalive", true);
      // @ts-expect-error no such option
      unix.getoption("tcp-nodelay");
    };
    const either = (
      object: Tcp | Unix,
      any: StreamObject,
      four: Tcp | Unix | Udp | Stream,
    ): void => {
      object.setoption("linger", { on: true, timeout: 5 });
      object.setoption("reuseaddr");
      any.setoption("line-limit", 100);
      const limits: Result<number>[] = [
        object.getoption("line-limit"),
        any.getoption("line-limit"),
      ];
      const errors: Result<SocketError | undefined> = four.getoption("error");
      void [limits, errors];
      // @ts-expect-error not of Unix
      object.setoption("tcp-nodelay", true);
      // @ts-expect-error no number
      object.setoption("linger", 5);
      // @ts-expect-error not of every stream
      any.setoption("keepalive", true);
      // @ts-expect-error not of UDP
      four.getoption("linger");
      // @ts-expect-error a method is called on its object
      (0, object.setoption)("linger", { on: true, timeout: 5 });
    };
    expect([options, either]).to.have.length(2);
  });

  it("try gives the value's type", () => {
    const result: Result<number> = [5];
    const value = socket.try(result);
    same<typeof value, number>(true);
    expect(value).to.equal(5);
  });
});

describe("error words", () => {
  it("come from one table", () => {
    const coded = (code: string): Error => Object.assign(new Error("x"), { code });
    const cases: [code: string, word: SocketError][] = [
      ["EADDRINUSE", "address already in use"],
      ["EISCONN", "already connected"],
      ["EACCES", "permission denied"],
      ["ECONNREFUSED", "connection refused"],
      ["ECONNRESET", "closed"],
      ["ECONNABORTED", "closed"],
      ["EPIPE", "closed"],
      ["ETIMEDOUT", "timeout"],
      ["ENOTFOUND", "host or service not provided, or not known"],
      ["EAI_AGAIN", "temporary failure in name resolution"],
      ["EHOSTUNREACH", "no route to host"],
      ["EMFILE", "too many open files"],
      ["EXYZ", "system error EXYZ"],
      ["constructor", "system error constructor"],
    ];
    for (const [code, word] of cases) expect(errorWord(coded(code)), code).to.equal(word);
    expect(errorWord(new Error("plain"))).to.equal("system error Error");
    expect(errorWord(new AggregateError([coded("EPIPE"), coded("ECONNREFUSED")]))).to.equal(
      "connection refused",
    );
  });

  it("isFatal tells which leave the connection usable", () => {
    expect(isFatal("timeout")).to.equal(false);
    expect(isFatal("line too long")).to.equal(false);
    expect(isFatal("closed")).to.equal(true);
  });
});

describe("webstreams", () => {
  it("are the global streams of bytes, for whatever of the web takes them", () => {
    const typed = (client: Tcp): void => {
      const { readable, writable } = client.webstreams();
      const bytes: ReadableStream<Uint8Array> = readable;
      const written: Promise<void> = writable.getWriter().write(new Uint8Array(1));
      const whole: Promise<string> = new Response(bytes).text();
      const through = bytes.pipeThrough(new CompressionStream("gzip")).pipeTo(writable);
      // @ts-expect-error -- of text there is none.
      const text: ReadableStream<string> = readable;
      void [written, whole, through, text];
    };
    expect(typed).to.be.a("function");
  });
});

describe("try, newtry, protect and skip", () => {
  function* protectedRun(fail: boolean, log: string[]): Operation<unknown> {
    const attempt = socket.newtry(() => void log.push("finalized"));
    const work = socket.protect(function* (greeting: string) {
      if (fail) attempt([undefined, "closed", undefined]);
      return `${greeting} ${attempt(["value"])}`;
    });
    return yield* work("hello");
  }

  function drive<T>(operation: Operation<T>): T {
    const step = operation[Symbol.iterator]().next(undefined);
    expect(step.done).to.equal(true);
    return step.value as T;
  }

  it("try throws what protect turns back into a result; the finalizer runs first", () => {
    const log: string[] = [];
    expect(drive(protectedRun(false, log))).to.deep.equal(["hello value"]);
    expect(log).to.deep.equal([]);
    expect(drive(protectedRun(true, log))).to.deep.equal([undefined, "closed"]);
    expect(log).to.deep.equal(["finalized"]);
  });

  it("falsy values are values", () => {
    expect(socket.try([""])).to.equal("");
    expect(socket.try([0])).to.equal(0);
  });

  it("try takes a value that may be missing, and the error for that", () => {
    const log: string[] = [];
    const attempt = socket.newtry(() => void log.push("finalized"));
    const found: string | undefined = ["x"].find(() => true);
    const value = attempt(found, "no host");
    same<typeof value, string>(true);
    expect([value, attempt(0, "none"), attempt("", undefined)]).to.deep.equal(["x", 0, ""]);
    expect(log).to.deep.equal([]);
    for (const missing of [undefined, null, false])
      expect(() => attempt(missing, "no host")).to.throw(SocketException, "no host");
    expect(log).to.have.length(3);
    const forgotten: unknown = socket.dns.toip("localhost");
    for (const wrong of [forgotten, ["a", "list"]])
      expect(() => attempt(wrong, "no host")).to.throw(TypeError, "try(yield* operation), or");
  });

  it("protect lets every other error pass; a failing finalizer does not hide the error", () => {
    const other = socket.protect(function* (): Operation<void> {
      throw new RangeError("a bug");
    });
    expect(() => drive(other())).to.throw(RangeError, "a bug");
    const attempt = socket.newtry(() => {
      throw new Error("finalizer");
    });
    expect(() => attempt([undefined, "timeout"])).to.throw(SocketException, "timeout");
    expect(() => socket.try("x" as unknown as Result<string>)).to.throw(
      TypeError,
      "try(yield* operation)",
    );
  });

  it("skip drops the first values", () => {
    expect(socket.skip(1, "a", "b", "c")).to.deep.equal(["b", "c"]);
    expect(socket.skip(5, "a")).to.deep.equal([]);
  });

  it("gettime is the wall clock, in seconds", () => {
    expect(Math.abs(socket.gettime() - Date.now() / 1000)).to.be.lessThan(60);
  });
});
