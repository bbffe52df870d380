/**
 * A cluster of two that can be looked into. WHERE says in which processes, and when, it asks for a page: "main" (before `cluster`, in each), "body" (in each
 * worker), "primary" (in the primary process, beside the workers), none of them, or several.
 */
import process from "node:process";
import { main, type Operation, suspend } from "effection";
import { fork, serve, sleep, socket } from "cosocket";
import { cluster } from "cosocket/cluster";
import { dumpOn, inspect } from "cosocket/inspect";

const { WHERE = "", PORT = "0", FIBERS = "0" } = process.env;

function* page(where: string): Operation<void> {
  if (!WHERE.includes(where)) return;
  const [inspector, err] = yield* inspect({ port: Number(PORT) });
  console.log(`[${where}] ${process.pid} ${err ?? inspector.url}`);
}

await main(function* () {
  yield* page("main");
  if (WHERE.includes("dump")) dumpOn();
  yield* cluster(
    function* (worker) {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      yield* page("body");
      for (let i = 0; i < Number(FIBERS); i++)
        yield* fork(() => sleep(1000 + i), { name: `sleeper-${i}` });
      const port = server.getsockname()[1] as number;
      console.log(`[ready] ${worker.slot}:${process.pid}:${port}`);
      yield* serve(
        server,
        function* chat(client) {
          for (;;) {
            const [line, err] = yield* client.receive();
            if (err) return;
            yield* client.send(`${worker.slot} ${line}\n`);
          }
        },
        { name: "chat", idle: "close" },
      );
    },
    {
      workers: 2,
      backoff: { initial: 0.01 },
      *primary() {
        yield* page("primary");
        yield* suspend();
      },
    },
  );
});
