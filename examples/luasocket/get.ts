// npm run example:get -- <remote-url> [<local-file>]
//
// Downloads files from URLs. The port of LuaSocket's sample get.lua (Copyright (C) 2004-2022 Diego Nehab, MIT licence: get.lua has it), line for line.
import { createWriteStream, type WriteStream } from "node:fs";
import type { Operation } from "effection";
import { type Data, run, socket } from "cosocket";
import { ftp } from "cosocket/ftp";
import { http } from "cosocket/http";
import { ltn12 } from "cosocket/ltn12";
import { url } from "cosocket/url";

// formats a number of seconds into human readable form
function nicetime(s: number): string {
  let l = "s";
  if (s > 60) {
    s = s / 60;
    l = "m";
    if (s > 60) {
      s = s / 60;
      l = "h";
      if (s > 24) {
        s = s / 24;
        l = "d"; // hmmm
      }
    }
  }
  if (l === "s") return `${s.toFixed(0).padStart(5)}${l}`;
  else return `${s.toFixed(2).padStart(5)}${l}`;
}

// formats a number of bytes into human readable form
function nicesize(b: number): string {
  let l = "B";
  if (b > 1024) {
    b = b / 1024;
    l = "KB";
    if (b > 1024) {
      b = b / 1024;
      l = "MB";
      if (b > 1024) {
        b = b / 1024;
        l = "GB"; // hmmm
      }
    }
  }
  return `${b.toFixed(2).padStart(7)}${l.padStart(2)}`;
}

// returns a string with the current state of the download
function gauge(got: number, delta: number, size?: number): string {
  const rate = got / delta;
  if (size !== undefined && size >= 1) {
    const done = ((100 * got) / size).toFixed(0).padStart(2);
    return `${nicesize(got)} received, ${nicesize(rate)}/s throughput, ${done}% done, ${nicetime((size - got) / rate)} remaining`;
  } else {
    return `${nicesize(got)} received, ${nicesize(rate)}/s throughput, ${nicetime(delta)} elapsed                `;
  }
}

// creates a new instance of a receive_cb that saves to disk
function stats(size?: number): (chunk?: Data) => Data | undefined {
  const start = socket.gettime();
  let last = start;
  let got = 0;
  return (chunk) => {
    // elapsed time since start
    const current = socket.gettime();
    if (chunk !== undefined) {
      // total bytes received
      got = got + chunk.length;
      // not enough time for estimate
      if (current - last > 1) {
        process.stderr.write("\r" + gauge(got, current - start, size));
        last = current;
      }
    } else {
      // close up
      process.stderr.write("\r" + gauge(got, current - start) + "\n");
    }
    return chunk;
  };
}

// determines the size of a http file
function* gethttpsize(u: string): Operation<number | undefined> {
  const [, c, h] = yield* http.request({ method: "HEAD", url: u });
  if (c === 200) {
    return Number(h!["content-length"]);
  }
  return undefined;
}

// downloads a file using the http protocol
function* getbyhttp(u: string, file?: WriteStream): Operation<void> {
  let save = ltn12.sink.file(file ?? process.stdout);
  // only print feedback if output is not stdout
  if (file) save = ltn12.sink.chain(stats(yield* gethttpsize(u)), save);
  const [, c, , s] = yield* http.request({ url: u, sink: save });
  if (c !== 200) process.stderr.write(`${s ?? c}\n`);
}

// downloads a file using the ftp protocol
function* getbyftp(u: string, file?: WriteStream): Operation<void> {
  let save = ltn12.sink.file(file ?? process.stdout);
  // only print feedback if output is not stdout
  // and we don't know how big the file is
  if (file) save = ltn12.sink.chain(stats(), save);
  const [gett] = url.parse(u);
  const [, err] = yield* ftp.get({ ...gett, sink: save, type: "i" });
  if (err) console.log(err);
}

// determines the scheme
function getscheme(u: string): string | undefined {
  // this is an heuristic to solve a common invalid url poblem
  if (!u.includes("//")) u = "//" + u;
  const [parsed] = url.parse(u, { scheme: "http" });
  return parsed?.scheme;
}

// gets a file either by http or ftp, saving as <name>
function* get(u: string, name?: string): Operation<void> {
  const fout = name ? createWriteStream(name) : undefined;
  const scheme = getscheme(u);
  if (scheme === "ftp") yield* getbyftp(u, fout);
  else if (scheme === "http") yield* getbyhttp(u, fout);
  else console.log("unknown scheme" + scheme);
}

// main program
const [, , ...arg] = process.argv;
if (arg.length < 1) {
  process.stdout.write("Usage:\n  lua get.lua <remote-url> [<local-file>]\n");
  process.exitCode = 1;
} else await run(() => get(arg[0]!, arg[1]));
