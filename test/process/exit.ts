// Ends by itself when there is nothing left to do, although timeouts of an hour were armed; for test/process.test.ts.
import { run, serve, sleep, socket } from "cosocket";

await run(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  server.settimeout(3600);
  const client = socket.tcp();
  client.settimeout(3600);
  yield* client.connect("127.0.0.1", server.getsockname()[1] as number);
  const served = socket.try(yield* server.accept());
  served.settimeout(3600);
  yield* served.send("line\n");
  const [line] = yield* client.receive();
  yield* sleep(0.01);
  console.log(line, typeof serve);
});
console.log("done");
