/** A service with the sockets that systemd passes: says who answers. Without any it says so, and ends. */
import { ensure, main, suspend } from "effection";
import { fork, serve, socket, Udp } from "cosocket";
import { activated, notify, watchdog } from "cosocket/systemd";

await main(function* () {
  const passed = socket.try(yield* activated());
  for (const { name, socket } of passed) console.log(`${name}: ${String(socket)}`);
  console.log(`again: ${socket.try(yield* activated()).length}`);
  console.log(
    `left: ${Object.keys(process.env)
      .filter((name) => name.startsWith("LISTEN_"))
      .join()}`,
  );
  if (process.env["NOTIFY_SOCKET"] !== undefined) yield* ensure(() => notify({ STOPPING: 1 }));
  for (const { socket } of passed) {
    if (socket instanceof Udp) continue;
    yield* fork(() =>
      serve(
        socket,
        function* (client) {
          for (;;) {
            const [line, err] = yield* client.receive();
            if (err) return;
            yield* client.send(`${process.pid} ${line}\n`);
          }
        },
        { grace: 10, idle: "close" },
      ),
    );
  }
  console.log(
    `told: ${JSON.stringify(yield* notify({ READY: 1, STATUS: "serves, with a space" }))}`,
  );
  yield* notify({ RELOADING: 1 });
  console.log(`pid: ${process.pid}`);
  const watched = yield* fork(() => watchdog());
  if (process.env["WATCHDOG_USEC"] === undefined)
    console.log(`watched: ${(yield* watched).join()}`);
  if (passed.length > 0) yield* suspend();
});
