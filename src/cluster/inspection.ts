/** Looking into a cluster: what its primary process knows of the workers, how each is reached, and the page that a worker asks for. */
import { reactor } from "../../reactor/index.js";
import type { PageAnswer, PageOptions } from "../inspect/index.js";
import type { WorkerFacts, Workers } from "../object/index.js";
import type { Child } from "./child.js";
import type { ToPrimary } from "./messages.js";
import type { Slot } from "./slot.js";

/** Loaded when somebody looks. */
const inspector = (): Promise<typeof import("../inspect/index.js")> =>
  import("../inspect/index.js");

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Who waits until a worker has answered. */
interface Reaching {
  promise: Promise<string>;
  resolve(path: string): void;
  reject(error: Error): void;
}

/** In the primary process. */
export class Inspection implements Workers {
  private readonly reaching = new Map<Child, Reaching>();
  private readonly problems = new WeakMap<Child, string>();

  constructor(
    private readonly cluster: {
      readonly children: ReadonlySet<Child>;
      readonly slots: readonly Slot[];
    },
  ) {}

  list(): WorkerFacts[] {
    const now = reactor.clock.now();
    // One that could not be started is nobody to look into.
    return [...this.cluster.children]
      .filter(({ pid }) => pid !== undefined)
      .sort((a, b) => a.slot - b.slot || a.id - b.id)
      .map((child) => {
        const { id, slot, pid = null, state, born } = child;
        const { failures, restarts } = this.cluster.slots[slot - 1]!;
        const problem = this.problems.get(child) ?? null;
        return { id, slot, pid, state, seconds: now - born, failures, restarts, problem };
      });
  }

  /** One that does not answer is asked once, however many want to know. */
  reach(id: number): Promise<string> {
    const child = [...this.cluster.children].find((one) => one.id === id);
    if (child === undefined) return Promise.reject(new Error(`there is no worker ${id}`));
    if (!child.running) return Promise.reject(new Error(`${String(child)} does not run yet`));
    let reaching = this.reaching.get(child);
    if (reaching === undefined) {
      this.reaching.set(child, (reaching = newReaching()));
      child.post({ cosocket: "inspect" });
    }
    return reaching.promise;
  }

  /** A worker has answered, or asks. */
  got(child: Child, message: ToPrimary): void {
    if (message.cosocket === "inspectable") this.answered(child, message.path, message.error);
    if (message.cosocket === "page") void this.page(child, message.options);
  }

  private answered(child: Child, path: string | null, error: string | null): void {
    const reaching = this.reaching.get(child);
    this.reaching.delete(child);
    if (path !== null) {
      this.problems.delete(child);
      return reaching?.resolve(path);
    }
    this.problems.set(child, error!);
    reaching?.reject(new Error(error!));
  }

  /** It has ended. */
  gone(child: Child): void {
    this.reaching.get(child)?.reject(new Error(`${String(child)} has ended`));
    this.reaching.delete(child);
  }

  private async page(child: Child, options: PageOptions | null): Promise<void> {
    let answer: PageAnswer;
    try {
      const { pageForWorkers } = await inspector();
      answer = await pageForWorkers(options);
    } catch (error) {
      answer = { url: null, error: words(error) };
    }
    child.post({ cosocket: "page", ...answer });
  }
}

function newReaching(): Reaching {
  const reaching = {} as Reaching;
  reaching.promise = new Promise((resolve, reject) => Object.assign(reaching, { resolve, reject }));
  // Nobody may be left who waits for it.
  reaching.promise.catch(() => {});
  return reaching;
}

/** In a worker: let the primary process look into it. */
export async function letIn(post: (message: ToPrimary) => void): Promise<void> {
  try {
    const { inspectable } = await inspector();
    post({ cosocket: "inspectable", path: await inspectable(), error: null });
  } catch (error) {
    post({ cosocket: "inspectable", path: null, error: words(error) });
  }
}
