/** Mistakes that people make, and what they are told: each message has to lead to the fix by itself. */
import { expect } from "chai";
import { each as eachOfEffection } from "effection";
import { all, each, fork, race, run, serve, sleep, socket, within } from "cosocket";
import { copas, future, lock, queue, semaphore, timer } from "cosocket/copas";
import { promised, socket as promising } from "cosocket/promises";
import { explore, simulate, streamPair } from "cosocket/testing";

// What the compiler would refuse: programs are also written in JavaScript, and in a hurry.
/* eslint-disable @typescript-eslint/no-explicit-any */
const wrong = (value: unknown): any => value;
const handler = function* (): Generator<never, void> {};

/** With one of two connected streams. */
const connected = (mistake: (client: any) => unknown) =>
  run(function* () {
    const [client] = yield* streamPair();
    mistake(client);
  });

/** With the first one promised. */
const promisedly = (mistake: (client: any) => unknown) =>
  run(function* () {
    const [client] = yield* streamPair();
    mistake(promised(client));
  });

const bind = () => socket.bind("127.0.0.1", 0);
const unperformed = /not performed: write `yield\*` before it\]/;

const MISTAKES: readonly (readonly [mistake: string, () => unknown, told: RegExp])[] = [
  // addresses
  ["a port that is no number", () => socket.connect("a", wrong("80x")), /integer .*not "80x"/],
  ["host and port swapped", () => socket.connect(wrong(80), wrong("a")), /the host comes first/],
  ["a port without a host", () => socket.bind(wrong(80), 0), /bind: .* not 80: the host comes/],
  ["host and port in one", () => socket.connect("a:80", wrong(undefined)), /not undefined/],
  ["an object for the address", () => socket.connect(wrong({ host: 1, port: 2 }), 1), /\{ host, p/],
  [
    "a callback for connect",
    () => socket.connect("a", 1, wrong(handler)),
    /not function\* handler/,
  ],
  [
    "a misspelt option of connect",
    () => socket.tcp().connect("a", 1, wrong({ poolsize: 3 })),
    /"pool_size"\?/,
  ],
  [
    "a timeout among the options of connect",
    () => socket.tcp().connect("a", 1, wrong({ timeout: 5 })),
    /no option "timeout": call settimeout\(seconds\)/,
  ],
  [
    "options of socket.connect",
    () => socket.connect("a", 1, wrong({ autoSelectFamily: false })),
    /socket\.tcp\(\), and call tcp\.connect\(host, port, options\)/,
  ],
  ["a path that is none", () => socket.unix().connect(wrong(5)), /path must be a string, not 5/],
  // operations
  [
    "no yield* before a destructured operation",
    () => {
      const [line] = wrong(socket.connect("a", 1));
      return line;
    },
    /connect to a:1 was not performed: write `yield\*`/,
  ],
  ["serve of an operation", () => serve(wrong(bind()), handler), unperformed],
  [
    "serve of a result",
    () => serve(wrong([socket.tcp()]), handler),
    /const \[server, err\] = yield\*/,
  ],
  ["serve of a port", () => serve(wrong(80), handler), /not 80: see socket.bind/],
  ["serve of what was not bound", () => serve(socket.tcp(), handler), /bind it first/],
  ["serve without a handler", () => serve(socket.tcp(), wrong(undefined)), /function\* \(client\)/],
  [
    "serve with an async handler",
    () =>
      serve(
        socket.tcp(),
        wrong(async () => {}),
      ),
    /write `function\*`/,
  ],
  [
    "a misspelt option of serve",
    () => serve(socket.tcp(), handler, wrong({ graec: 5 })),
    /did you mean "grace"\?/,
  ],
  ["run of an operation", () => run(wrong(bind())), /run\(\(\) => operation\), not \[operation/],
  ["run of a generator", () => run(wrong(handler())), /pass the function itself/],
  ["run of an async function", () => run(wrong(async () => {})), /yield\* until\(promise\)/],
  [
    "run of a function that gives a promise",
    () => run(wrong(() => Promise.resolve())),
    /returned a promise/,
  ],
  [
    "fork of a generator",
    () => fork(wrong(handler())),
    /fork\(\(\) => operation\), not a generator/,
  ],
  ["a misspelt option of fork", () => fork(handler, wrong({ nmae: "x" })), /did you mean "name"\?/],
  [
    "yield for yield*",
    () =>
      run(
        wrong(function* () {
          yield bind();
        }),
      ),
    /write `yield\*`, not `yield`, before bind/,
  ],
  [
    "yield of a promise",
    () =>
      run(
        wrong(function* () {
          yield Promise.resolve();
        }),
      ),
    /`yield\* until\(promise\)` for a promise/,
  ],
  ["try of an operation", () => socket.try(wrong(bind())), /write try\(yield\* operation\)/],
  ["protect of no function", () => socket.protect(wrong("x")), /generator function, not "x"/],
  [
    "one operation performed twice at once",
    () =>
      run(function* () {
        const [a] = yield* streamPair();
        const line = a.receive();
        yield* fork(() => line);
        yield* sleep(0);
        yield* line;
      }),
    /under way already: call the method again/,
  ],
  [
    "all of promises",
    () => all(wrong([Promise.resolve()])),
    /not a promise: write until\(promise\)/,
  ],
  ["race of a promise", () => race(wrong([Promise.resolve()])), /write until\(promise\)/],
  ["within of a promise", () => within(1, wrong(Promise.resolve())), /write until\(promise\)/],
  ["each of a list", () => each(wrong([1, 2])), /a stream, .* not \[1, 2\]: .*for \(const item of/],
  [
    "Effection's each with the each.next() of this package",
    () =>
      run(function* () {
        const [client, peer] = yield* streamPair();
        yield* peer.send("a line\n");
        for (const line of yield* eachOfEffection(client.lines())) {
          expect(line).to.equal("a line");
          yield* each.next();
        }
      }),
    /must come from one library/,
  ],
  // signals
  [
    "a controller behind the data",
    () => promisedly((client) => client.send("x", new AbortController())),
    /send takes a signal as \{ signal: controller.signal \}, not as an AbortController/,
  ],
  [
    "a signal behind the pattern",
    () => promisedly((client) => client.receive("*l", new AbortController().signal)),
    /receive takes a signal as \{ signal: controller.signal \}/,
  ],
  [
    "a misspelt signal",
    () => promisedly((client) => client.receive("*l", { sgnal: new AbortController().signal })),
    /receive takes a signal as \{ signal: .* \}, not as an object \{ sgnal \}/,
  ],
  [
    "a controller for a signal",
    () => promising.connect("a", 1, wrong({ signal: new AbortController() })),
    /not an AbortController: write \{ signal: controller.signal \}/,
  ],
  // time
  ["a text to sleep", () => sleep(wrong("0.01")), /number of seconds, not "0.01"/],
  ["a text as timeout", () => socket.tcp().settimeout(wrong("5")), /settimeout: .*not "5"/],
  [
    "milliseconds by mode",
    () => socket.tcp().settimeout(5, wrong("ms")),
    /invalid timeout mode "ms": "b" is/,
  ],
  [
    "a text among timeouts",
    () => socket.tcp().settimeouts(1, wrong("2")),
    /the send timeout .* not "2"/,
  ],
  // states
  [
    "receive of a server",
    () =>
      run(function* () {
        socket.try(yield* bind()).receive();
      }),
    /accept a client from it first/,
  ],
  [
    "receive before connect",
    () => socket.tcp().receive(),
    /tcp\{client\} expected, .*: connect it first/,
  ],
  ["accept before bind", () => socket.tcp().accept(), /bind it first/],
  [
    "receive of a UDP object without an address",
    () => socket.udp().receive(),
    /setsockname, setpeername or/,
  ],
  ["send of an unconnected UDP object", () => socket.udp().send("x"), /setpeername first/],
  [
    "sendto in another order",
    () => socket.udp().sendto("127.0.0.1", wrong(53), wrong("x")),
    /sendto: the port must .* not "x"/,
  ],
  // data
  ["a number to send", () => connected((client) => client.send(5)), /not 5: write String\(n\)/],
  ["an operation to send", () => connected((client) => client.send(client.receive())), unperformed],
  [
    "an object to send",
    () => connected((client) => client.send({ a: 1 })),
    /not an object \{ a \}/,
  ],
  [
    "a pattern that there is not",
    () => connected((client) => client.receive("\n")),
    /"\\n": use "\*l" for a line/,
  ],
  [
    "a callback for receive",
    () => connected((client) => client.receive(handler)),
    /pattern function\* handler: use/,
  ],
  [
    "a number as prefix",
    () => connected((client) => client.receive("*l", 5)),
    /must be a string, not 5/,
  ],
  [
    "an expression as boundary",
    () => connected((client) => client.receiveuntil(/x/)),
    /not a RegExp/,
  ],
  [
    "a misspelt option of receiveuntil",
    () => connected((client) => client.receiveuntil("x", { inclusve: true })),
    /did you mean "inclusive"/,
  ],
  [
    "shutdown of another word",
    () => connected((client) => client.shutdown("write")),
    /"send", "receive", "both"/,
  ],
  [
    "an encoding by Node's other name",
    () => socket.tcp().setencoding(wrong("utf-8")),
    /did you mean "utf8"/,
  ],
  // options
  [
    "a misspelt option",
    () => socket.tcp().setoption("tcp-nodely" as string, true),
    /did you mean "tcp-nodelay"\?/,
  ],
  [
    "an option by its name in C",
    () => socket.tcp().setoption("TCP_NODELAY" as string, true),
    /did you mean "tcp-nodelay"\?/,
  ],
  [
    "a number as linger",
    () => socket.tcp().setoption("linger" as string, 5),
    /\{ on: true, timeout: 5 \}, not 5/,
  ],
  [
    "a misspelt field",
    () => socket.tcp().setoption("linger" as string, { on: true, timeuot: 1 }),
    /did you mean "timeout"/,
  ],
  [
    "a misspelt TLS parameter",
    () => socket.tls.newcontext(wrong({ verfiy: "none" })),
    /did you mean "verify"\?/,
  ],
  [
    "a TLS server without a key",
    () => socket.tls.newcontext({ mode: "server" }),
    /needs a key and a cert/,
  ],
  ["a descriptor that is not open", () => socket.fd(9999), /9999 is not open \(EBADF\)/],
  [
    "a misspelt mode of a source",
    () => socket.source(wrong("until-close"), wrong(null)),
    /did you mean "until-closed"/,
  ],
  [
    "a mode behind the socket",
    () => socket.sink(wrong(socket.tcp()), wrong("keep-open")),
    /the mode first/,
  ],
  [
    "select of one socket",
    () => socket.select(wrong(socket.tcp())),
    /takes an array .* not tcp\{master\}/,
  ],
  // copas
  [
    "a result for addserver",
    () => copas.addserver(wrong([socket.tcp()]), handler),
    /const \[value, err\]/,
  ],
  ["an operation for addserver", () => copas.addserver(wrong(bind()), handler), unperformed],
  ["addthread of a generator", () => copas.addthread(wrong(handler())), /pass the function itself/],
  ["a text for semaphore.new", () => semaphore.new(wrong("x")), /not "x"/],
  ["a text for lock.new", () => lock.new(wrong("1")), /number of seconds, 0 or more, not "1"/],
  [
    "a misspelt option of a queue",
    () =>
      run(function* () {
        yield* queue.new(wrong({ maxx: 1 }));
      }),
    /did you mean "max"/,
  ],
  [
    "a misspelt option of a timer",
    () =>
      run(function* () {
        yield* timer.new(wrong({ dealy: 1 }));
      }),
    /did you mean "delay"/,
  ],
  [
    "a future of no function",
    () =>
      run(function* () {
        yield* future.addthread(wrong(5));
      }),
    /not 5/,
  ],
  // testing
  [
    "simulate without options",
    () => simulate(wrong(handler), wrong(undefined)),
    /takes options and a program/,
  ],
  ["a seed that is a text", () => simulate({ seed: wrong("1") }, handler), /seed .* not "1"/],
  [
    "a misspelt fault",
    () => simulate({ faults: wrong({ los: 0.1 }) }, handler),
    /did you mean "loss"\?/,
  ],
  [
    "a rate in percent",
    () => simulate({ faults: { loss: 10 } }, handler),
    /a rate from 0 to 1, .* not 10/,
  ],
  [
    "a misspelt option of explore",
    () => explore(wrong({ run: 10 }), handler),
    /did you mean "runs"\?/,
  ],
];

describe("whoever makes a mistake is told the fix", () => {
  for (const [mistake, make, told] of MISTAKES)
    it(mistake, async () => {
      let text = "nothing";
      try {
        await make();
      } catch (error) {
        text = (error as Error).message;
      }
      expect(text).to.match(told);
      expect(text).not.to.include("[object ");
    });
});
