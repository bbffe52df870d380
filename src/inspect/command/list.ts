/** `cosocket fibers`: a list, now. */
import type { Snapshot } from "../facts.js";
import type { FiberRow } from "../server/feed.js";
import { duration, plain } from "../view/format.js";
import { Model } from "../view/model.js";
import { get, type Target } from "./reach.js";

/** As text, one process after the other. */
export async function list(targets: readonly Target[]): Promise<string> {
  const parts = await Promise.all(targets.map(listOf));
  return parts.join("\n");
}

async function listOf({ pid, program, ask }: Target): Promise<string> {
  const told = JSON.parse(await get(ask, "/snapshot")) as Snapshot;
  const model = new Model();
  model.apply("all", {
    ...told,
    fibers: told.fibers as FiberRow[],
    bytes: { received: 0, sent: 0 },
    lag: 0,
    gone: { fibers: [], sockets: [] },
  });
  const lines = model.lines("tree", "").map(({ fiber, depth }) => {
    const { name, state, waitsFor, since } = fiber;
    const seconds = since === null ? "" : ` for ${duration(told.now - since)}`;
    const wait = waitsFor === null ? "" : `: ${waitsFor}${seconds}`;
    return plain(`${"  ".repeat(depth + 1)}${name} (${state})${wait}`);
  });
  return [plain(`${program} ${pid}: ${lines.length} fibers`), ...lines, ""].join("\n");
}
