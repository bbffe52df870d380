// npm run example:probe [-- <host>:<port> ...]
//
// Asks servers for a line, three at a time, each within half a second, whatever takes that: connecting, sending, receiving. Then all of
// them at a time: who answers first? Without addresses there are servers of its own: one that answers, one that answers slowly, one that
// never does, and a port where nobody listens.
import { main, type Operation } from "effection";
import { all, channel, each, fork, race, serve, sleep, socket, type Tcp, within } from "cosocket";

const targets = process.argv.slice(2);

/** A line from a server, or why there is none. What it opens is closed with it. */
function* ask(target: string): Operation<[line: string, error?: undefined] | [undefined, string]> {
  const [host, port] = target.split(":");
  const [client, err] = yield* socket.connect(host!, Number(port));
  if (err) return [undefined, err];
  yield* client.send("are you there?\n");
  const [line, failed] = yield* client.receive("*l");
  return failed ? [undefined, failed] : [line];
}

function* probe(): Operation<void> {
  const jobs = channel<string>(3);
  const worker = function* (): Operation<void> {
    for (const target of yield* each(jobs)) {
      const [line, err] = yield* within(0.5, () => ask(target));
      console.log(`${target}: ${err ?? line}`);
      yield* each.next();
    }
  };
  const feeder = function* (): Operation<void> {
    for (const target of targets) yield* jobs.send(target);
    jobs.close();
  };
  yield* all([feeder, worker, worker, worker]);

  const candidates = targets.map(
    (target) =>
      function* () {
        const [, err] = yield* ask(target);
        // Who has failed must not be the first.
        if (err) yield* sleep(Infinity);
        return target;
      },
  );
  const [first] = yield* within(2, race(candidates));
  console.log(`the first to answer: ${first ?? "nobody"}`);
}

/** A server that answers after so many seconds. */
function* answering(seconds: number): Operation<number> {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  yield* fork(() =>
    serve(server, function* (client: Tcp) {
      yield* client.receive("*l");
      yield* sleep(seconds);
      yield* client.send("I am\n");
    }),
  );
  return server.getsockname()[1] as number;
}

await main(function* () {
  if (targets.length === 0) {
    const closed = socket.try(yield* socket.bind("127.0.0.1", 0));
    const ports = [yield* answering(0), yield* answering(0.2), yield* answering(60)];
    ports.push(closed.getsockname()[1] as number);
    closed.close();
    targets.push(...ports.map((port) => `127.0.0.1:${port}`));
  }
  yield* probe();
});
