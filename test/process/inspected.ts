/** A program that can be looked into, if the environment says so: three who wait, until it is told to end. */
import { fork, run, sleep, socket } from "cosocket";

await run(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  yield* fork(() => server.accept(), { name: "waiter" });
  yield* fork(() => sleep(1000), { name: "sleeper" });
  // A name that a terminal must not obey.
  yield* fork(() => sleep(2000), { name: "evil\u001b[2J\u0007" });
  console.log(`ready ${process.pid}`);
  if (process.argv[2] === "ends") return;
  yield* sleep(3000);
});
