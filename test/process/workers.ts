/**
 * A cluster whose primary process prints what happens to the workers, a line for each event. OPTIONS are those of the cluster, as JSON; BODY says what its
 * workers are like.
 */
import process from "node:process";
import { main, type Operation, suspend } from "effection";
import { all, type Handler, serve, sleep, socket, type Unix } from "cosocket";
import { cluster, type ClusterEvent, type ClusterOptions, type Worker } from "cosocket/cluster";

const { OPTIONS = "{}", BODY = "echo", AT = "" } = process.env;

function told(event: ClusterEvent): void {
  const { event: name, ...rest } = event;
  const { slot = 0, pid = 0 } = "worker" in rest ? rest.worker : {};
  console.log(`[${name}] ${slot}:${pid} ${JSON.stringify({ ...rest, worker: undefined })}`);
}

/** Answers each line, after a moment, with it and who it was. */
const echo = (worker: Worker): Handler =>
  function* (client) {
    for (;;) {
      const [line, err] = yield* client.receive();
      if (err) return;
      yield* sleep(0.02);
      yield* client.send(`${worker.slot} ${process.pid} ${line}\n`);
    }
  };

const BODIES: Record<string, (worker: Worker) => Operation<void>> = {
  *echo(worker) {
    const server = socket.try(yield* socket.bind("127.0.0.1", Number(AT)));
    console.log(`[at] 0:${server.getsockname()[1]}`);
    yield* serve(server, echo(worker), { idle: "close" });
  },
  *unix(worker) {
    const server = socket.unix();
    socket.try(yield* server.bind(AT));
    yield* serve<Unix>(server, echo(worker) as never, { idle: "close" });
  },
  /** Of what its primary process was started with: 3 is TCP, 4 a Unix socket. */
  *inherits(worker) {
    const tcp = socket.try(yield* socket.bind({ fd: 3 }));
    const unix = socket.unix();
    socket.try(yield* unix.bind({ fd: 4 }));
    yield* all([
      () => serve(tcp, echo(worker), { idle: "close" }),
      () => serve<Unix>(unix, echo(worker) as never, { idle: "close" }),
    ]);
  },
  *throws() {
    yield* sleep(0);
    throw new Error("no luck");
  },
  *returns() {},
  *idles() {
    yield* suspend();
  },
  /** Does not heed that it is to end. */
  *stays(worker) {
    worker.ready();
    yield* suspend();
  },
  /** Cannot. */
  *hangs(worker) {
    worker.ready();
    yield* worker.closing();
    for (;;);
  },
};

await main(function* () {
  yield* cluster(BODIES[BODY]!, { ...(JSON.parse(OPTIONS) as ClusterOptions), onevent: told });
  console.log(`[returned] 0:${process.pid}`);
});
