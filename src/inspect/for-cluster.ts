/** What the processes of a cluster want of the inspector: a socket in each worker, one page in the primary process. */
import type { Result } from "../object/index.js";
import { type Inspector, start } from "./inspect.js";
import { ownPath } from "./own-socket.js";
import { anyPage } from "./pages.js";
import { checkInspect, type InspectOptions } from "./server/options.js";
import type { PageAnswer, PageOptions } from "./worker.js";

const started = (options: InspectOptions): Promise<Result<Inspector>> =>
  new Promise((resolve) => start(checkInspect(options), resolve));

/** For the primary process of a cluster: the path of this worker's socket. Throws an Error in words where it has none. */
export async function inspectable(): Promise<string> {
  const path = ownPath();
  if (path !== null) return path;
  const [inspector, err] = await started({});
  if (err) throw new Error(err);
  return inspector.path!;
}

let forWorkers: Promise<PageAnswer> | null = null;

/** In the primary process of a cluster: the page, for a worker that wants one. It is there until the process ends. */
export async function pageForWorkers(options: PageOptions | null): Promise<PageAnswer> {
  const open = anyPage();
  if (open !== null) return open;
  if (options === null)
    return { url: null, error: "with tls it is opened by the primary process: call inspect there" };
  forWorkers ??= started(options).then(([inspector, err]) => ({
    url: inspector?.url ?? null,
    error: err ?? null,
  }));
  const answer = await forWorkers;
  if (answer.error !== null) forWorkers = null;
  // The program may have opened one itself meanwhile.
  return answer.error === null ? answer : (anyPage() ?? answer);
}
