// npm run example:chat
//
// A chat: who connects gives a name, and then every line goes to everybody else. Each send is a fiber of its own, so a slow
// reader holds nobody up; one that takes nothing for ten seconds is dropped.
// Talk to it, from several terminals, with: nc 127.0.0.1 7778
import { main, type Operation } from "effection";
import { type Fiber, fork, serve, socket, type Tcp } from "cosocket";

const port = Number(process.env["PORT"] ?? 7778);
const members = new Map<string, Tcp>();

/** Send to everybody but `from`, without waiting: the sends that are under way are returned. */
function* broadcast(text: string, from?: Tcp): Operation<Fiber<void>[]> {
  const sends: Fiber<void>[] = [];
  for (const member of members.values()) {
    if (member === from) continue;
    const send = yield* fork(function* () {
      const [, err] = yield* member.send(`${text}\n`);
      if (err) member.close();
    });
    sends.push(send);
  }
  return sends;
}

function* chat(client: Tcp): Operation<void> {
  client.settimeouts(undefined, 10, 600);
  yield* client.send("your name?\n");
  const [name, err] = yield* client.receive();
  if (err) return;
  if (name === "" || members.has(name)) {
    yield* client.send("that name is taken\n");
    return;
  }
  members.set(name, client);
  try {
    yield* broadcast(`* ${name} has come`);
    for (;;) {
      const [line, err] = yield* client.receive();
      if (err) break;
      yield* broadcast(`${name}: ${line}`, client);
    }
  } finally {
    members.delete(name);
  }
  // Children end with their parent: wait for the last ones.
  for (const send of yield* broadcast(`* ${name} has left`)) yield* send;
}

await main(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", port));
  console.log(`listening on ${String(server)}: try \`nc 127.0.0.1 ${server.getsockname()[1]}\``);
  yield* serve(server, chat, { name: "chat" });
});
