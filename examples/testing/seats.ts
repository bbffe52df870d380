// npm run example:seats
//
// A box office: "BOOK <seat> <name>" is answered by OK or TAKEN, "WHO <seat>" by a name or FREE.
// seats.test.ts tests it in a simulated world. Talk to it with: nc 127.0.0.1 7782
import { pathToFileURL } from "node:url";
import { main } from "effection";
import { type Handler, serve, socket } from "cosocket";

/** A handler for all visitors of one box office. */
export function boxOffice(): Handler {
  const owners = new Map<string, string>();

  function answer(line: string): string {
    const [command, seat = "", name = ""] = line.split(" ");
    if (command === "WHO") return owners.get(seat) ?? "FREE";
    if (command !== "BOOK" || name === "") return "ERR: BOOK <seat> <name>, WHO <seat>";
    // Who has it already gets it again: a visitor who has heard no answer asks once more.
    if (!owners.has(seat)) owners.set(seat, name);
    return owners.get(seat) === name ? "OK" : "TAKEN";
  }

  return function* (client) {
    client.settimeout(30);
    for (;;) {
      const [line, err] = yield* client.receive("*l");
      if (err) return;
      yield* client.send(answer(line) + "\n");
    }
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main(function* () {
    const port = Number(process.env["PORT"] ?? 7782);
    const server = socket.try(yield* socket.bind("127.0.0.1", port));
    console.log(`listening on ${String(server)}`);
    yield* serve(server, boxOffice());
  });
}
