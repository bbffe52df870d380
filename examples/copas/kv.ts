// npm run example:kv -- [port]
//
// A key-value server with a line protocol: the port of kv.lua, line for line. Talk to it with: nc 127.0.0.1 7781
import type { Operation } from "effection";
import { socket, type Tcp } from "cosocket";
import { copas } from "cosocket/copas";

const store = new Map<string, string>();

function* handler(skt: Tcp): Operation<void> {
  skt = copas.wrap(skt);
  while (true) {
    const [line, err] = yield* skt.receive("*l");
    if (err) return;
    const [, command, key = "", value = ""] = /^([A-Z]+)\s*(\S*)\s*(.*)$/.exec(line) ?? [];
    if (command === "SET") {
      store.set(key, value);
      yield* skt.send("OK\n");
    } else if (command === "GET") {
      yield* skt.send((store.get(key) ?? "NIL") + "\n");
    } else if (command === "DEL") {
      yield* skt.send((store.has(key) ? "1" : "0") + "\n");
      store.delete(key);
    } else if (command === "QUIT") {
      yield* skt.send("BYE\n");
      return;
    } else {
      yield* skt.send("ERR unknown command\n");
    }
  }
}

await copas.loop(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", Number(process.argv[2] ?? 7781)));
  console.log("port " + server.getsockname()[1]);
  copas.addserver(server, handler);
});
