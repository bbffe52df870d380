/** Servers for the clients: of Node's libraries, under `serve`; and others', as processes, where they are installed. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import fastify from "fastify";
import { SMTPServer } from "smtp-server";
import { WebSocketServer } from "ws";
import { identity } from "../support/transports.js";

export function ofExpress(): Server {
  const app = express();
  app.post("/echo", (request, response) => void request.pipe(response));
  return createServer(app);
}

export async function ofFastify(): Promise<Server> {
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  app.post("/echo", (request, reply) => reply.send(request.body));
  await app.ready();
  return app.server;
}

export function ofWs(): Server {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
  });
  return server;
}

export function ofSmtp(): net.Server {
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    // It would say that it has none of its own.
    key: identity.key,
    cert: identity.certificate,
    onData: (stream, _session, done) => void stream.resume().on("end", () => done()),
  });
  server.on("error", () => {});
  return server.server as net.Server;
}

/** A server that runs as a process of its own. */
export interface Process {
  port: number;
  stop(): void;
}

/** Why it cannot be run here; undefined if it can. */
export function missing(command: string): string | undefined {
  const found = spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
  return found ? undefined : `${command} is not installed`;
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(
  command: string,
  args: (port: number, folder: string) => string[],
  ready: RegExp,
  prepare: (folder: string) => void = () => {},
): Promise<Process> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "cosocket-"));
  prepare(folder);
  const child = spawn(command, args(port, folder), {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: folder,
    // A group of its own: `runuser` would leave the server behind.
    detached: true,
  });
  let printed = "";
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text) => {
        printed += String(text);
        if (ready.test(printed)) resolve();
      });
    child.on("exit", (code) => reject(new Error(`${command} ended with ${code}: ${printed}`)));
  });
  const stop = (): void => {
    process.kill(-child.pid!, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  return { port, stop };
}

export const redis = (): Promise<Process> =>
  start(
    "redis-server",
    (port) => ["--port", String(port), "--bind", "127.0.0.1", "--save", ""],
    /Ready to accept/,
  );

export const mosquitto = (): Promise<Process> =>
  start("mosquitto", (port) => ["-p", String(port), "-v"], /version [\d.]+ running/);

/** It does not run as root, and `initdb` may not be on the path. */
export function postgres(): Promise<Process> {
  const asRoot = process.getuid?.() === 0;
  const prefix = asRoot ? ["runuser", "-u", "postgres", "--"] : [];
  const bin = spawnSync("sh", ["-c", 'dirname "$(readlink -f "$(command -v postgres)")"']);
  const [initdb, server] = ["initdb", "postgres"].map((name) =>
    join(String(bin.stdout).trim(), name),
  );
  const run = (words: string[]): string => {
    const { status, stderr } = spawnSync(words[0]!, words.slice(1));
    if (status !== 0) throw new Error(String(stderr));
    return "";
  };
  const [command = "", ...first] = [...prefix, server!];
  return start(
    command,
    (port, folder) => [
      ...first,
      ...["-D", join(folder, "data"), "-p", String(port), "-h", "127.0.0.1", "-k", "", "-F"],
      ...["-c", "shared_buffers=1MB", "-c", "max_connections=20"],
    ],
    /ready to accept/,
    (folder) => {
      if (asRoot) run(["chown", "postgres", folder]);
      const options = ["-N", "-A", "trust", "-U", "postgres", "--locale=C", "--no-instructions"];
      run([...prefix, initdb!, ...options, join(folder, "data")]);
    },
  );
}
