// npm run example:copas-chat -- [port] [idle seconds]
//
// A chat with names, and without those who say nothing for too long: the port of chat.lua, line for line.
import type { Operation } from "effection";
import { socket, type SocketError, type Tcp } from "cosocket";
import { copas } from "cosocket/copas";

const port = Number(process.argv[2] ?? 7780);
const idle = Number(process.argv[3] ?? 300);
const clients = new Map<string, Tcp>();

function* broadcast(text: string, except?: string): Operation<void> {
  for (const [name, skt] of clients) {
    if (name !== except) {
      yield* skt.send(text + "\n");
    }
  }
}

function who(): string {
  const names = [];
  for (const name of clients.keys()) {
    names.push(name);
  }
  names.sort();
  return names.join(" ");
}

function* login(skt: Tcp): Operation<string | undefined> {
  yield* skt.send("name?\n");
  while (true) {
    const [name, err] = yield* skt.receive("*l");
    if (err) {
      return undefined;
    }
    if (!/^[A-Za-z0-9]+$/.test(name)) {
      yield* skt.send("letters and digits, please\n");
    } else if (clients.has(name)) {
      yield* skt.send("taken\n");
    } else {
      return name;
    }
  }
}

function* talk(skt: Tcp, name: string): Operation<SocketError> {
  while (true) {
    const [line, err] = yield* skt.receive("*l");
    if (err) {
      return err;
    }
    if (line === "/who") {
      yield* skt.send(who() + "\n");
    } else if (line === "/quit") {
      yield* skt.send("bye\n");
      return "closed";
    } else if (line.startsWith("/")) {
      yield* skt.send("/who and /quit are all there is\n");
    } else if (line !== "") {
      yield* broadcast(name + ": " + line, name);
    }
  }
}

function* handler(skt: Tcp): Operation<void> {
  skt = copas.wrap(skt);
  skt.settimeout(idle);
  const name = yield* login(skt);
  if (name === undefined) {
    return;
  }
  clients.set(name, skt);
  yield* skt.send("welcome, " + name + "\n");
  yield* broadcast("* " + name + " has come", name);
  const err = yield* talk(skt, name);
  clients.delete(name);
  if (err === "timeout") {
    yield* skt.send("* you have said nothing for too long\n");
    yield* broadcast("* " + name + " was idle");
  } else {
    yield* broadcast("* " + name + " has left");
  }
}

await copas.loop(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", port));
  console.log("port " + server.getsockname()[1]);
  copas.addserver(server, handler);
});
