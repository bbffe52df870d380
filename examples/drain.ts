// npm run example:drain
//
// A server that takes its time for each line, and ends without cutting anybody off. Let one client wait for an answer (nc 127.0.0.1 7784), leave
// another idle, and press Ctrl-C here: the idle one is closed at once, the other gets its answer first.
import { main } from "effection";
import { serve, sleep, socket } from "cosocket";

const port = Number(process.env["PORT"] ?? 7784);

await main(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", port));
  console.log(`listening on ${String(server)}`);
  yield* serve(
    server,
    function* (client) {
      for (;;) {
        const [line, err] = yield* client.receive("*l");
        if (err) return; // the client has gone, or was idle when the server ended
        yield* sleep(0.3); // work
        yield* client.send(`${line}: done${client.isClosing ? ", good bye" : ""}\n`);
      }
    },
    { grace: 30, idle: "close" },
  );
});
