/** Asking the workers of this process, if it is the primary process of a cluster: each by its own socket. */
import { type IncomingMessage, request } from "node:http";
import { family, type WorkerFacts } from "../../object/index.js";
import type { Answer } from "./answer.js";

/** Empty: it has none. */
export const workersNow = (): WorkerFacts[] => family.workers?.list() ?? [];

export const nameOf = ({ slot, pid }: WorkerFacts): string => `worker ${slot} (pid ${pid})`;

/** One for each slot, as long as there is one: that which serves, where another is to take its place or ends. */
export function oneForEachSlot(): WorkerFacts[] {
  const found = new Map<number, WorkerFacts>();
  for (const worker of workersNow()) {
    const other = found.get(worker.slot);
    if (other?.state !== "ready" || worker.state === "ready") found.set(worker.slot, worker);
  }
  return [...found.values()];
}

/** What a worker answers, as it comes. Rejects with an Error where it cannot be reached. */
export async function open(
  id: number,
  path: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { workers } = family;
  if (workers === null) throw new Error("this is not the primary process of a cluster");
  const socketPath = await unless(signal, workers.reach(id));
  return await new Promise((resolve, reject) => {
    // Nobody looks at the name of a host there.
    const asked = request({ socketPath, host: "localhost", path, agent: false, signal }, resolve);
    // Whoever looks is not what keeps the program running.
    asked.on("socket", (socket) => socket.unref());
    asked.on("error", reject);
    asked.end();
  });
}

/** All of what a worker answers. @param seconds that it may take @param gone nobody wants to know any more */
export async function ask(
  id: number,
  path: string,
  seconds: number,
  gone?: AbortSignal,
): Promise<Answer> {
  const signal = AbortSignal.timeout(seconds * 1000);
  const over = gone === undefined ? signal : AbortSignal.any([signal, gone]);
  try {
    const response = await open(id, path, over);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const { statusCode: status = 500, headers } = response;
    const type = headers["content-type"] ?? "text/plain; charset=utf-8";
    const disposition = headers["content-disposition"];
    const kept = disposition === undefined ? {} : { "Content-Disposition": disposition };
    return { status, type, content: Buffer.concat(chunks), headers: kept };
  } catch (error) {
    if (signal.aborted) throw new Error("no answer", { cause: error });
    throw error;
  }
}

/** What a promise gives, unless the signal comes first. */
export function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason as Error);
    if (signal.aborted) return aborted();
    signal.addEventListener("abort", aborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted));
  });
}
