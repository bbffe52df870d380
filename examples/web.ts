// npm run example:web
//
// A page of HTTP beside a line protocol, in one process: what is said on one shows on the other, and Ctrl-C stops both, with the
// requests that are under way answered first. (Two servers are halted at once by `all`.) Try, while it runs: echo hello | nc -N 127.0.0.1 7782; curl http://127.0.0.1:7783/
import * as http from "node:http";
import { ensure, main, type Operation } from "effection";
import { all, nodeHandler, serve, socket, type Tcp } from "cosocket";

const port = Number(process.env["PORT"] ?? 7782);
const said: string[] = [];

const page = http.createServer((request, response) => {
  if (request.url !== "/") response.statusCode = 404;
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end(response.statusCode === 404 ? "only / is here\n" : `${said.join("\n")}\n`);
});

function* keep(client: Tcp): Operation<void> {
  client.settimeout(60);
  for (;;) {
    const [line, err] = yield* client.receive();
    if (err) return;
    said.push(line);
    if (said.length > 20) said.shift();
    yield* client.send(`${said.length} kept\n`);
  }
}

await main(function* () {
  yield* ensure(() => void page.close());
  const lines = socket.try(yield* socket.bind("127.0.0.1", port));
  const web = socket.try(yield* socket.bind("127.0.0.1", port && port + 1));
  console.log(`listening on ${String(lines)} and ${String(web)}`);
  yield* all([
    () => serve(web, nodeHandler(page), { name: "web", grace: 10, maxConnections: 100 }),
    () => serve(lines, keep, { name: "lines", grace: 10, idle: "close" }),
  ]);
});
