/** Works within a fiber that lives as long as all of them: nothing of what it has forked, raced, waited for or opened may be left with it. */
import { PassThrough } from "node:stream";
import { ensure, race, scoped, spawn, suspend, type Operation } from "effection";
import { fork, run, sleep, socket, type Udp } from "cosocket";
import { copas } from "cosocket/copas";
import { connected, echoed, echoServer } from "./heap-echo.js";
import { type HeapWork, inEach, inside } from "./heap-work.js";

const MANY = 100_000;
/** Seconds after which nothing in here ends. */
const DAY = 86_400;

function* nothing(): Operation<void> {}

function* deaf(): Operation<Udp> {
  const udp = socket.udp();
  socket.try(yield* udp.setsockname("127.0.0.1", 0));
  return udp;
}

/** Starts one that fails, and takes its error. */
function* failing(): Operation<void> {
  const fail = function* (): Operation<void> {
    throw new Error("as it should");
  };
  yield* fork(fail, { boundary: () => {} });
  yield* sleep(0);
}

/** How fibers and tasks end. */
const ENDS: Record<string, HeapWork> = {
  fork: inEach(MANY, function* () {
    return function* () {
      yield* yield* fork(nothing);
      const halted = yield* fork(() => sleep(DAY));
      yield* sleep(0);
      yield* halted.halt();
      const unborn = yield* fork(() => sleep(DAY));
      yield* unborn.halt();
    };
  }),
  task: inEach(MANY, function* () {
    return function* () {
      yield* yield* fork(function* () {
        yield* yield* spawn(nothing);
      });
      const halted = yield* fork(function* () {
        yield* spawn(() => suspend());
        yield* suspend();
      });
      yield* sleep(0);
      yield* halted.halt();
    };
  }),
  race: inEach(MANY, function* () {
    const udp = yield* deaf();
    // What a task of Effection's makes belongs to nobody.
    yield* ensure(() => void udp.close());
    return () => race<Operation<unknown>>([udp.receive(), suspend(), sleep(DAY), sleep(0)]);
  }),
  scope: inEach(MANY, function* () {
    return () =>
      scoped(function* () {
        yield* fork(() => sleep(DAY));
        yield* sleep(0);
      });
  }),
  signal: inside(MANY, function* () {
    const { signal } = new AbortController();
    return function* () {
      yield* yield* fork(nothing);
      void run(nothing, { signal });
      const aborted = new AbortController();
      run(() => sleep(DAY), { signal: aborted.signal }).catch(() => {});
      aborted.abort();
      yield* sleep(0);
    };
  }),
};

/** How waits end. */
const WAITS: Record<string, HeapWork> = {
  deadline: inside(MANY, function* () {
    const udp = yield* deaf();
    return function* (number) {
      for (const part of [0, 0.25, 0.5, 0.75]) {
        // Each is earlier than the one before: an alarm of its own, a number of milliseconds away that there has not been.
        udp.settimeout(DAY - (number + part) / 2);
        const waiting = yield* fork(() => udp.receive());
        yield* sleep(0);
        yield* waiting.halt();
      }
    };
  }),
  select: inside(MANY, function* () {
    const [one, other] = [yield* deaf(), yield* deaf()];
    const [ip, port] = one.getsockname();
    return function* () {
      yield* other.sendto("hello", String(ip), Number(port));
      yield* socket.select([one, other], [], DAY);
      yield* one.receive();
      yield* socket.select([one, other], [], 0);
      const waiting = yield* fork(() => socket.select([one, other]));
      yield* sleep(0);
      yield* waiting.halt();
    };
  }),
  waiters: inside(MANY, function* () {
    const lock = copas.lock.new();
    const queue = copas.queue.new<number>();
    yield* lock.get();
    return function* () {
      const waiting = [];
      for (let i = 0; i < 3; i++) waiting.push(yield* fork(() => lock.get(0.0001)));
      for (const fiber of waiting) yield* fiber;
      yield* queue.pop(0.0001);
      yield* queue.push(1);
      yield* queue.pop();
    };
  }),
  receiveuntil: inside(MANY, function* () {
    const client = yield* connected(yield* echoServer());
    return function* () {
      yield* client.send("hello--\n");
      const step = client.receiveuntil("--");
      for (let [piece] = yield* step(2); piece !== undefined;) [piece] = yield* step(2);
      yield* client.receive();
    };
  }),
  lines: inside(MANY, function* () {
    const client = yield* connected(yield* echoServer());
    return function* () {
      yield* client.send("hello\nhello\n");
      yield* scoped(function* () {
        const lines = yield* client.lines();
        yield* lines.next();
      });
      yield* client.receive();
    };
  }),
  stream: inside(MANY, function* () {
    return function* () {
      const stream = socket.stream(new PassThrough());
      yield* stream.send("hello\n");
      yield* stream.receive();
      stream.close();
    };
  }),
  connect: inside(MANY, function* () {
    const port = yield* echoServer();
    return function* () {
      const halted = yield* fork(() => connected(port));
      yield* yield* fork(nothing);
      yield* halted.halt();
      const [client] = yield* yield* fork(() => socket.connect("127.0.0.1", port));
      client!.settimeout(DAY);
      yield* echoed(client!);
      client!.close();
    };
  }),
};

export const INSIDE: Record<string, HeapWork> = {
  ...ENDS,
  failure: inside(MANY, function* () {
    return failing;
  }),
  ...WAITS,
};
