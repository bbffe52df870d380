/** What the processes of a cluster want of the inspector: a socket in each worker, one page in the primary process. */
import { start } from "./inspect.js";
import { ownPath } from "./own-socket.js";
import { anyPage } from "./pages.js";
import { checkInspect } from "./server/options.js";
import type { PageAnswer, PageOptions } from "./worker.js";

/** For the primary process of a cluster: the path of this worker's socket. Throws an Error in words where it has none. */
export function inspectable(): Promise<string> {
  const path = ownPath();
  if (path !== null) return Promise.resolve(path);
  return new Promise((resolve, reject) =>
    start(checkInspect({}), ([inspector, err]) =>
      err ? reject(new Error(err)) : resolve(inspector.path!),
    ),
  );
}

let forWorkers: Promise<PageAnswer> | null = null;

/** In the primary process of a cluster: the page, for a worker that wants one. It is there until the process ends. */
export async function pageForWorkers(options: PageOptions | null): Promise<PageAnswer> {
  const open = anyPage();
  if (open !== null) return open;
  if (options === null)
    return { url: null, error: "with tls it is opened by the primary process: call inspect there" };
  forWorkers ??= new Promise((resolve) =>
    start(checkInspect(options), ([inspector, err]) =>
      resolve({ url: inspector?.url ?? null, error: err ?? null }),
    ),
  );
  const answer = await forWorkers;
  if (answer.error !== null) forWorkers = null;
  // The program may have opened one itself meanwhile.
  return answer.error === null ? answer : (anyPage() ?? answer);
}
