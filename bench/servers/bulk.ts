/** Servers that receive all that a client sends, as lines, blocks or one string, and answer with how much it was. */
import { once } from "node:events";
import * as net from "node:net";
import { each, run, serve, socket, type Tcp } from "cosocket";
import type { Operation } from "effection";

export type Pattern = "lines" | "blocks" | "all";
const BLOCK = 8192;

async function node(pattern: Pattern): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    let count = 0;
    let rest = "";
    let block = Buffer.alloc(0);
    const chunks: Buffer[] = [];
    client.on("error", () => {});
    client.on("data", (chunk) => {
      if (pattern === "lines") {
        rest += chunk.toString("latin1");
        let start = 0;
        for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", start)) {
          count += rest.slice(start, end).length + 1;
          start = end + 1;
        }
        rest = rest.slice(start);
      } else if (pattern === "blocks") {
        block = block.length === 0 ? chunk : Buffer.concat([block, chunk]);
        let start = 0;
        for (; block.length - start >= BLOCK; start += BLOCK)
          count += block.subarray(start, start + BLOCK).length;
        block = block.subarray(start);
      } else chunks.push(chunk);
    });
    client.on("end", () => {
      if (pattern === "all") count = Buffer.concat(chunks).toString().length;
      client.end(`${count + block.length}\n`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as net.AddressInfo).port;
}

function* receiveAll(client: Tcp, pattern: Pattern): Operation<number> {
  let count = 0;
  if (pattern === "all") return (yield* client.receive("*a"))[0]!.length;
  if (pattern === "lines") {
    for (;;) {
      const [line, err] = yield* client.receive("*l");
      if (err) return count;
      count += line.length + 1;
    }
  }
  for (;;) {
    const [block, err, rest] = yield* client.receive(BLOCK);
    if (err) return count + rest.length;
    count += block.length;
  }
}

/** The same through the streams of lines and of blocks. */
function* receiveEach(client: Tcp, pattern: Pattern): Operation<number> {
  let count = 0;
  if (pattern === "lines") {
    for (const line of yield* each(client.lines())) {
      count += line.length + 1;
      yield* each.next();
    }
    return count;
  }
  for (const block of yield* each(client.blocks(BLOCK))) {
    count += block.length;
    yield* each.next();
  }
  return count;
}

function cosocket(receive: typeof receiveAll, pattern: Pattern): Promise<number> {
  return new Promise((resolve) => {
    void run(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      resolve(server.getsockname()[1] as number);
      yield* serve(server, function* (client) {
        const count = yield* receive(client, pattern);
        yield* client.send(`${count}\n`);
      });
    });
  });
}

export const bulkServers: Record<string, (pattern: Pattern) => Promise<number>> = {
  node,
  cosocket: (pattern) => cosocket(receiveAll, pattern),
  "cosocket-each": (pattern) => cosocket(receiveEach, pattern),
};
