/** Traces of the next seconds: of this process, or of it and all of its workers as one file. */
import type { ServerResponse } from "node:http";
import process from "node:process";
import { type Fiber, forkIn, reactor } from "../../../reactor/index.js";
import { joined, next, type Part } from "../../trace/index.js";
import { type Answer, type Route, text } from "./answer.js";
import { ask, nameOf, workersNow } from "./workers.js";

/** Seconds that a trace may take. */
const LONGEST_TRACE = 600;
/** Seconds that a worker may need afterwards to write it. */
const WRITING = 10;
/** Memory for one, in bytes: shared by the processes of a cluster. */
const BYTES = 64 * 2 ** 20;

/** One trace at a time: each is kept in memory. */
export class Tracer {
  private busy = false;

  /** @param own the fiber that those belong to which are started for it */
  constructor(private readonly own: Fiber) {}

  /** This process. It is given up when nobody waits for it any more. */
  readonly here: Route = (query, response) =>
    this.once(query, async (seconds) => file(await this.record(seconds, query, response)));

  /** And all of its workers. Who does not answer is left out, and named. */
  readonly all: Route = (query, response) =>
    this.once(query, async (seconds) => {
      const workers = workersNow();
      const share = Math.floor(BYTES / (workers.length + 1));
      const of = (number: number, name: string): URLSearchParams =>
        new URLSearchParams({
          ...{ seconds: String(seconds), bytes: String(share), part: String(number) },
          ...{ name, began: String(reactor.clock.time()) },
        });
      const gone = closed(response);
      const asked = workers.map(async (worker, i) => {
        const path = `/trace?${of(i + 2, `worker ${worker.slot}: `).toString()}`;
        const { status, content } = await ask(worker.id, path, seconds + WRITING, gone);
        if (status !== undefined && status !== 200) throw new Error(String(content));
        return content as Buffer;
      });
      const mine = this.record(seconds, of(1, "primary: "), response);
      const [own, ...theirs] = await Promise.allSettled([mine, ...asked]);
      if (own.status === "rejected") throw own.reason as Error;
      const parts = theirs.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      const missing = workers
        .filter((_, i) => theirs[i]!.status === "rejected")
        .map(nameOf)
        .join(", ");
      const about = { by: "cosocket", process: process.pid, node: process.version };
      const told = missing === "" ? {} : { missing };
      const answer = file(joined({ ...about, ...told }, [Buffer.from(own.value), ...parts]));
      if (missing !== "") answer.headers = { ...answer.headers, "Cosocket-Missing": missing };
      return answer;
    });

  private async once(
    query: URLSearchParams,
    trace: (seconds: number) => Promise<Answer>,
  ): Promise<Answer> {
    const seconds = Number(query.get("seconds") ?? 10);
    if (!(seconds > 0 && seconds <= LONGEST_TRACE))
      return text(`seconds: a number, at most ${LONGEST_TRACE}`, 400);
    if (this.busy) return text("a trace is being recorded already", 409);
    this.busy = true;
    try {
      return await trace(seconds);
    } finally {
      this.busy = false;
    }
  }

  private async record(
    seconds: number,
    query: URLSearchParams,
    response: ServerResponse,
  ): Promise<string> {
    const bytes = Math.min(Number(query.get("bytes") ?? BYTES) || BYTES, BYTES);
    // What goes wrong with it is told to who has asked, and is nothing to the inspector.
    const fiber = forkIn(
      this.own,
      () => next(seconds, { bytes }, partOf(query)),
      { failed: () => {}, ended: () => {} },
      "trace",
    );
    const halt = (): void => void fiber.halt();
    response.once("close", halt);
    try {
      return await fiber;
    } finally {
      response.off("close", halt);
    }
  }
}

/** Undefined: it is a whole trace. */
function partOf(query: URLSearchParams): Part | undefined {
  const [number, began] = [Number(query.get("part")), Number(query.get("began"))];
  if (!(number > 0)) return undefined;
  const late = Math.max(reactor.clock.time() - began, 0);
  return { number, prefix: query.get("name") ?? "", shift: Math.round(late * 1e9) };
}

function file(content: string | Buffer): Answer {
  const name = `trace-${process.pid}.json`;
  const headers = { "Content-Disposition": `attachment; filename="${name}"` };
  return { type: "application/json", content, headers };
}

/** Whoever waits for an answer has gone. */
function closed(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => controller.abort());
  return controller.signal;
}
