/** A large body into a file: http.request, and node:http piped. */
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import * as nodeHttp from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "cosocket";
import { http } from "cosocket/http";
import { ltn12 } from "cosocket/ltn12";
import { LOAD_CORE, nodeCommand, Program } from "../processes.js";
import { microseconds } from "./tasks.js";

const MEGABYTES = 512;
const WARMUP = 64;
const PIECE = Buffer.alloc(65_536, "a");
const PIECES_A_MEGABYTE = 16;

/** Gives as many megabytes as it is asked for: GET /length/64, or /chunked/64. Returns its port. */
export async function source(): Promise<number> {
  const server = nodeHttp.createServer((request, response) => {
    const [, way, megabytes] = request.url!.split("/");
    let left = Number(megabytes) * PIECES_A_MEGABYTE;
    if (way === "length") response.setHeader("content-length", left * PIECE.length);
    const give = (): void => {
      while (left-- > 0) if (!response.write(PIECE)) return void response.once("drain", give);
      response.end();
    };
    give();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const downloads: Record<string, (url: string, file: string) => Promise<unknown>> = {
  async node(url, file) {
    const request = nodeHttp.get(url, { agent: false });
    const [response] = (await once(request, "response")) as [nodeHttp.IncomingMessage];
    await pipeline(response, createWriteStream(file));
  },
  async cosocket(url, file) {
    const sink = ltn12.sink.file(await open(file, "w"));
    const [done, error] = await run(() => http.request({ url, sink }));
    if (done === undefined) throw new Error(String(error));
  },
};

/** Megabytes for each second of the processor, those of the threads that write included. */
export async function downloadSpeed(system: string, way: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "cosocket-bench-"));
  const server = new Program(nodeCommand("servers/main.js", ["source"]), LOAD_CORE);
  try {
    const port = await server.hearsNumber();
    const download = (megabytes: number) => (): Promise<unknown> =>
      downloads[system]!(`http://127.0.0.1:${port}/${way}/${megabytes}`, join(folder, "body"));
    await download(WARMUP)();
    return (MEGABYTES / (await microseconds(download(MEGABYTES)))) * 1e6;
  } finally {
    server.end();
    rmSync(folder, { recursive: true });
  }
}
