/** `cosocket top`: a table of fibers that is kept up to date. */
import { Model, numberOf } from "../view/model.js";
import { Problem } from "./problem.js";
import type { Frame } from "../facts.js";
import { events, get, type Target } from "./reach.js";
import { Screen } from "./screen.js";
import { FiberTable, type Shown } from "./table.js";
import { styleFor } from "./text.js";

/** Until it is quit, or all that were shown have ended and a key is pressed. */
export async function top(targets: readonly Target[]): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new Problem("top wants a terminal; a list for a file or a pipe: npx cosocket fibers");
  const processes = targets.map(({ pid, program }): Shown => ({
    pid,
    program,
    model: new Model(),
    ended: false,
  }));
  const table = new FiberTable(processes);
  const style = styleFor(process.env);
  const draw = (): void => screen.draw(table.draw(screen.width, screen.height, style));
  const screen = new Screen((key) => {
    if (key === "q" && table.view === "list" && !table.searching) process.exit(0);
    table.press(key);
    draw();
    if (key === "return") void showPath();
  }, draw);
  /** Asked for only then: the process stands still while V8 is asked, unless it records paths. */
  const showPath = async (): Promise<void> => {
    const shown = table.detailed;
    if (shown === null) return;
    const { process, line } = shown;
    const { id } = line.fiber;
    const target = targets[processes.indexOf(process)]!;
    const asked = `/path?id=${numberOf(id)}&worker=${line.process.id}`;
    // One that has ended meanwhile waits nowhere.
    const frames = await get(target.ask, asked).then(JSON.parse, () => []);
    process.path = { id, frames: frames as Frame[] };
    draw();
  };
  screen.open();
  await Promise.all(targets.map((target, i) => follow(target, processes[i]!, table, draw)));
}

async function follow(
  { ask }: Target,
  shown: Shown,
  table: FiberTable,
  draw: () => void,
): Promise<void> {
  // What comes while it is frozen is put together, and not shown.
  for await (const [kind, message] of events(ask)) {
    shown.model.apply(kind, message);
    if (table.frozen) continue;
    table.update();
    draw();
  }
  shown.ended = true;
  draw();
}
