// node dist/examples/cluster/client.js <name> <host:port> [<host:port> ...]
//
// A client for a terminal: what you type is said in the room "lobby", and what is said there is printed. It knows one address, that of a balancer, or several, and takes them in turn.
import { main, type Operation } from "effection";
import { each, fork, race, socket, within } from "cosocket";
import { ChatClient } from "./chat-client.js";

const [name = "me", ...addresses] = process.argv.slice(2);
if (addresses.length === 0) addresses.push("127.0.0.1:7786");
let turn = Math.floor(Math.random() * addresses.length);

await main(function* () {
  const client = new ChatClient(
    () => {
      const [host = "", port] = addresses[turn++ % addresses.length]!.split(":");
      return within(5, socket.connect(host, Number(port)));
    },
    "lobby",
    name,
  );
  const type = function* (): Operation<void> {
    for (const line of yield* each(socket.fd(0).lines())) {
      // It may take a while: whoever types need not wait.
      yield* fork(() => client.say(line));
      yield* each.next();
    }
  };
  const read = function* (): Operation<void> {
    for (const entry of yield* each(client.entries)) {
      console.log(`${entry.name}: ${entry.text}`);
      yield* each.next();
    }
  };
  yield* race([type, read, () => client.run((error) => console.error(`* ${String(error)}`))]);
});
