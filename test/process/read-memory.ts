// Much arrives while exceptions come out of what runs behind the reads, and the program goes on; for test/src/network/handle-states.test.ts.
// Says how many exceptions there were, and how many of the bytes are not those that were sent.
import { once } from "node:events";
import * as net from "node:net";
import process from "node:process";
import { run, socket } from "../../src/index.js";

const TOTAL = 8 << 20;
// Each word says where it stands.
const sent = Buffer.from(Uint32Array.from({ length: TOTAL / 4 }, (_, i) => i).buffer);
let exceptions = 0;
process.on("uncaughtException", () => exceptions++);

const server = net.createServer((client) => client.end(sent)).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as net.AddressInfo;
const kept: Buffer[] = [];
await run(function* () {
  const client = socket.try(yield* socket.connect("127.0.0.1", port));
  for (let n = 0; ; n++) {
    const [block, error, rest] = yield* client.receive(40_000);
    kept.push(block ?? rest);
    if (error) return;
    if (n % 5 === 0)
      process.nextTick(() => {
        throw new Error("of a library that the program uses");
      });
  }
});
server.close();
const came = Buffer.concat(kept);
let wrong = Math.abs(TOTAL - came.length);
for (let i = 0; i < came.length; i++) if (came[i] !== sent[i]) wrong++;
console.log(`${exceptions > 10 ? "exceptions" : "no exceptions"}, ${wrong} wrong`);
