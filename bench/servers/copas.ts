/** The works of peers/copas.lua, on cosocket's Copas. */
import type { Operation } from "effection";
import { socket } from "cosocket";
import { copas } from "cosocket/copas";

/** The line echo server, through Copas's functions; its port. */
export function copasEcho(): Promise<number> {
  return new Promise((resolve) => {
    void copas
      .loop(function* () {
        const server = socket.try(yield* socket.bind("127.0.0.1", 0));
        copas.addserver(server, function* (skt) {
          skt = copas.wrap(skt);
          for (;;) {
            const [line, err] = yield* skt.receive("*l");
            if (err) return;
            yield* skt.send(line + "\n");
          }
        });
        resolve(server.getsockname()[1] as number);
      })
      .then();
  });
}

/** Microseconds of the processor for each of n, after five rounds that are not counted. */
async function timed(n: number, begin: () => void): Promise<number> {
  let start = process.cpuUsage();
  for (let round = 0; round < 6; round++) {
    start = process.cpuUsage();
    begin();
    await copas.loop();
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / n;
}

function pause(n: number): Promise<number> {
  return timed(n, () => {
    for (let i = 1; i <= n; i++) copas.addthread(() => copas.pause((i % 100) / 1000));
  });
}

function lock(n: number): Promise<number> {
  return timed(n, () => {
    const mutex = copas.lock.new(60);
    for (let i = 0; i < 10; i++)
      copas.addthread(function* (): Operation<void> {
        for (let i = 0; i < n / 10; i++) {
          yield* mutex.get();
          yield* copas.pause(0);
          mutex.release();
        }
      });
  });
}

function queue(n: number): Promise<number> {
  return timed(n, () => {
    const items = copas.queue.new<number>();
    let count = 0;
    for (let i = 0; i < 4; i++) items.add_worker(() => void count++);
    copas.addthread(function* () {
      for (let i = 1; i <= n; i++) {
        yield* items.push(i);
        if (i % 100 === 0) yield* copas.pause(0);
      }
      yield* items.finish(60);
      if (count !== n) throw new Error(`${count} of ${n} items`);
    });
  });
}

export const copasWorks = { pause, lock, queue };
