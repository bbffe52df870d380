/** Warnings of the process's that are told also when it ends: Node tells them in a later tick, which may never come. */
import process from "node:process";

const NAME = "TraceWarning";

/** Given to Node, which has not told them yet. */
const untold: string[] = [];
let listening = false;
let ending = false;

/** From now on a warning is told whatever the process does. */
export function warnsAtExit(): void {
  if (listening) return;
  listening = true;
  // Before those by which traces are completed.
  process.prependListener("exit", () => {
    ending = true;
    for (const text of untold) print(text);
  });
}

export function warn(text: string): void {
  if (ending) return print(text);
  untold.push(text);
  process.emitWarning(text, NAME);
  process.nextTick(() => untold.shift());
}

function print(text: string): void {
  console.error(`(node:${process.pid}) ${NAME}: ${text}`);
}
