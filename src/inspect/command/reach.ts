/** Reaching a process: by the Unix socket of its own, or by the address of its page. */
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from "node:http";
import { request as httpsRequest } from "node:https";
import type { WorkerFacts } from "../../object/index.js";
import { isAlive, processes, rendezvous, socketOf } from "../rendezvous.js";
import type { Message } from "../view/model.js";
import { Problem } from "./problem.js";

/** A process that can be asked. */
export interface Target {
  /** As it was named. */
  name: string;
  pid: number;
  /** The last part of the path of what it runs. */
  program: string;
  /** Of the primary process of a cluster: it can be asked of them, too. */
  workers: WorkerFacts[];
  ask: Asking;
}

interface Asking {
  options: RequestOptions;
  secure: boolean;
}

interface About {
  pid: number;
  ppid: number;
  program: string;
  workers: WorkerFacts[];
}

/** Milliseconds in which a process should say who it is. */
const PATIENCE = 3000;

const HOW = "start it with COSOCKET_INSPECT=1, or let it call inspect() of cosocket/inspect";

/** Those that were named, and their children; without a name all that are there. */
export async function find(names: readonly string[]): Promise<Target[]> {
  const folder = trusted();
  if (names.length === 0) {
    const all = await Promise.all(
      processes(folder).map((pid) => about(byPid(folder, pid)).catch(() => null)),
    );
    const found = withoutWorkers(all.filter((one) => one !== null).map(({ target }) => target));
    if (found.length === 0) throw new Problem(`no process of yours can be looked into: ${HOW}`);
    return found;
  }
  const targets = new Map<number, Target>();
  for (const name of names)
    for (const target of /^\d+$/.test(name) ? await family(folder, Number(name)) : [await at(name)])
      targets.set(target.pid, target);
  return [...targets.values()];
}

function trusted(): string {
  try {
    return rendezvous();
  } catch (error) {
    throw new Problem((error as Error).message);
  }
}

/** A process and its children: those of a cluster. */
async function family(folder: string, pid: number): Promise<Target[]> {
  const all = await Promise.all(
    processes(folder).map((one) => about(byPid(folder, one)).catch(() => null)),
  );
  const found = all
    .filter((one) => one !== null)
    .filter(({ target, parent }) => target.pid === pid || parent === pid)
    .map(({ target }) => target);
  if (found.length > 0) return withoutWorkers(found);
  throw new Problem(
    isAlive(pid) ? `process ${pid} cannot be looked into: ${HOW}` : `there is no process ${pid}`,
  );
}

/** Whoever is asked tells of its workers as well. */
function withoutWorkers(targets: readonly Target[]): Target[] {
  const workers = new Set(targets.flatMap(({ workers }) => workers.map(({ pid }) => pid)));
  return targets.filter(({ pid }) => !workers.has(pid));
}

function byPid(folder: string, pid: number): [string, Asking] {
  // Nobody looks at the name of a host there.
  const options = { socketPath: socketOf(folder, pid), host: "localhost" };
  return [String(pid), { options, secure: false }];
}

async function at(name: string): Promise<Target> {
  const url = urlOf(name);
  // In an address it is seen by all who list processes.
  const token = url.searchParams.get("token") ?? process.env["COSOCKET_INSPECT_TOKEN"] ?? null;
  const options: RequestOptions = {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port,
    headers: token === null ? {} : { Authorization: `Bearer ${token}` },
  };
  try {
    return (await about([name, { options, secure: url.protocol === "https:" }])).target;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw error instanceof Problem
      ? error
      : new Problem(`nothing can be looked into at ${url.host}: ${code ?? message}`);
  }
}

function urlOf(name: string): URL {
  try {
    const url = new URL(/^https?:\/\//.test(name) ? name : `http://${name}`);
    if (url.port !== "" || /^https?:\/\//.test(name)) return url;
  } catch {
    // It is told below.
  }
  throw new Problem(`${name} is neither the id of a process nor an address with a port`);
}

async function about([name, ask]: [string, Asking]): Promise<{ target: Target; parent: number }> {
  // One that is stopped does not answer.
  const signal = AbortSignal.timeout(PATIENCE);
  const options = { ...ask.options, signal };
  const told = await get({ ...ask, options }, "/process");
  const { pid, ppid, program, workers } = JSON.parse(told) as About;
  const target = { name, pid, program: program.split(/[\\/]/).at(-1)!, workers, ask };
  return { target, parent: ppid };
}

function open({ options, secure }: Asking, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = secure ? httpsRequest : httpRequest;
    const asked = request({ ...options, path, agent: false }, resolve);
    asked.on("error", reject);
    asked.end();
  });
}

/** All of an answer. @param heard told of its headers */
export async function get(
  ask: Asking,
  path: string,
  heard: (headers: IncomingHttpHeaders) => void = () => {},
): Promise<string> {
  const response = await open(ask, path);
  heard(response.headers);
  response.setEncoding("utf8");
  let text = "";
  for await (const chunk of response) text += chunk as string;
  if (response.statusCode === 200) return text;
  throw new Problem(text.trim());
}

/** What is told, as long as it is. It ends when the process does. */
export async function* events(ask: Asking): AsyncGenerator<["all" | "more", Message]> {
  const response = await open(ask, "/events");
  response.setEncoding("utf8");
  let text = "";
  try {
    for await (const chunk of response) {
      text += chunk as string;
      if (response.statusCode !== 200) throw new Problem(text.trim());
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const [, kind, data] = /^event: (all|more)\ndata: (.*)$/s.exec(text.slice(0, end))!;
        text = text.slice(end + 2);
        yield [kind as "all" | "more", JSON.parse(data!) as Message];
      }
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    // The process has ended in the middle of it.
  }
}
