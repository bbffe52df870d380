// npm run example:copas-fetch -- <most at a time> <seconds for each> <url> ...
//
// Fetches web pages, a few at a time: workers that share a queue. The port of fetch.lua, line for line.
import type { Operation } from "effection";
import { socket } from "cosocket";
import { copas } from "cosocket/copas";

const [, , ...arg] = process.argv;
const limit = Number(arg[0]);
const patience = Number(arg[1]);
const results: string[] = [];

function* get(url: string): Operation<[status: number, size: number] | [undefined, string]> {
  const [, host, port, path] = /^http:\/\/([^/:]+):?(\d*)(\/?.*)$/.exec(url) ?? [];
  if (host === undefined) {
    return [undefined, "not a url"];
  }
  const skt = copas.wrap(socket.tcp());
  skt.settimeout(patience);
  skt.setencoding("latin1");
  const [, err] = yield* skt.connect(host, Number(port || 80));
  if (err) {
    return [undefined, err];
  }
  yield* skt.send("GET " + (path || "/") + " HTTP/1.0\r\nHost: " + host + "\r\n\r\n");
  const [whole, failure, partial] = yield* skt.receive("*a");
  skt.close();
  if (failure && failure !== "closed") {
    return [undefined, failure];
  }
  const answer = whole ?? partial ?? "";
  const [, status, body] = /^HTTP\/1\.\d (\d+)[^\n]*\n[^]*?\r\n\r\n([^]*)$/.exec(answer) ?? [];
  if (status === undefined) {
    return [undefined, "not http"];
  }
  return [Number(status), body!.length];
}

await copas.loop(function* () {
  const queue = copas.queue.new<{ number: number; url: string }>();
  for (let i = 1; i <= limit; i++) {
    queue.add_worker(function* (job) {
      const [status, rest] = yield* get(job.url);
      if (status !== undefined) {
        results[job.number] = status + ", " + rest + " bytes";
      } else {
        results[job.number] = "failed: " + rest;
      }
    });
  }
  for (let i = 2; i < arg.length; i++) {
    yield* queue.push({ number: i - 2, url: arg[i]! });
  }
  yield* queue.finish(60);
  for (let i = 2; i < arg.length; i++) {
    console.log(arg[i]!.replace(/^http:\/\/[^/]+/, "") + " " + results[i - 2]);
  }
});
