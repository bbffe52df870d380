/** `cosocket fibers`: a list, now. */
import type { Snapshot } from "../facts.js";
import type { FiberRow } from "../server/feed.js";
import { duration, indentOf, plain } from "../view/format.js";
import { type Line, Model } from "../view/model.js";
import { keyOf } from "../view/alike.js";
import type { Arguments } from "./arguments.js";
import { Problem } from "./problem.js";
import { get, type Target } from "./reach.js";

/** Of those that are alike so many are shown. */
const SHOWN = 2;

/** As text, one process after the other. */
export async function list(
  targets: readonly Target[],
  { all }: Pick<Arguments, "all">,
): Promise<string> {
  const parts = await Promise.all(targets.map((target) => listOf(target, all)));
  return parts.join("\n");
}

/** A process, and its workers. */
async function listOf(target: Target, all: boolean): Promise<string> {
  const { pid, program, workers } = target;
  const own = await processOf(target, `${program} ${pid}`, "/snapshot?worker=0", all);
  const others = workers.map(async (worker) => {
    const name = `worker ${worker.slot} ${worker.pid}`;
    try {
      return await processOf(target, name, `/snapshot?worker=${worker.id}`, all);
    } catch (error) {
      if (error instanceof Problem) return `${name}: ${error.message}\n`;
      throw error;
    }
  });
  return [own, ...(await Promise.all(others))].join("\n");
}

async function processOf(
  { pid, ask }: Target,
  name: string,
  path: string,
  all: boolean,
): Promise<string> {
  const told = JSON.parse(await get(ask, path)) as Snapshot;
  const model = new Model();
  model.apply("all", {
    ...told,
    fibers: told.fibers as FiberRow[],
    ...{ pid, interval: 0, memory: 0, cpu: 0, bytes: { received: 0, sent: 0 } },
    lag: 0,
    gone: { fibers: [], sockets: [] },
  });
  const lines = model.lines("tree", "");
  const shown = all ? lines.map((line) => inWords(line, told.now)) : grouped(lines, told.now);
  return [plain(`${name}: ${lines.length} fibers`), ...shown, ""].join("\n");
}

/** Of siblings that are alike, and have nobody below them, the first ones, and how many more there are. */
function grouped(lines: readonly Line[], now: number): string[] {
  const keys = lines.map(({ fiber, children }) =>
    children > 0 ? `${fiber.id}` : `${fiber.parent} ${keyOf(fiber)}`,
  );
  const totals = new Map<string, number>();
  for (const key of keys) totals.set(key, (totals.get(key) ?? 0) + 1);
  const seen = new Map<string, number>();
  return lines.flatMap((line, i) => {
    const [key, total] = [keys[i]!, totals.get(keys[i]!)!];
    const number = (seen.get(key) ?? 0) + 1;
    seen.set(key, number);
    if (number <= SHOWN || total === SHOWN + 1) return inWords(line, now);
    if (number > SHOWN + 1) return [];
    const more = (total - SHOWN).toLocaleString("en-US");
    return `${indent(line)}... ${more} more like this`;
  });
}

const indent = ({ depth }: Line): string => indentOf(depth + 1);

function inWords(line: Line, now: number): string {
  const { name, state, waitsFor, since, until } = line.fiber;
  const seconds = since === null ? "" : ` for ${duration(now - since)}`;
  const left = until === null ? "" : `, ${duration(until - now)} left`;
  const wait = waitsFor === null ? "" : `: ${waitsFor}${seconds}${left}`;
  return plain(`${indent(line)}${name} (${state})${wait}`);
}
