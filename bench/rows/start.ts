/** What a program that imports the package waits for before its own code begins. */
import { told } from "../measure.js";
import type { Command } from "../processes.js";
import { costIn, type Row, than } from "./row.js";

const IMPORTS: Readonly<Record<string, string[]>> = {
  "only Node": ["net"],
  "only Effection": ["effection"],
  // As the tests get it, and as programs do.
  "module by module": ["cosocket", "--conditions=cosocket:modules"],
  cosocket: ["cosocket"],
};

/** A process that tells how many milliseconds of the processor it has had when it has imported something. */
function starting(name: string): Command {
  const [specifier, ...options] = IMPORTS[name]!;
  const code = `import "${specifier}";
    const { user, system } = process.cpuUsage();
    console.log((user + system) / 1000);`;
  return { words: [process.execPath, ...options, "--input-type=module", "--eval", code] };
}

export const startRows: Row[] = [
  {
    id: "start",
    title: "start Node and import the package",
    ...costIn("ms"),
    systems: Object.keys(IMPORTS),
    targets: [than(0.7, "module by module")],
    measure: (name) => told(starting(name)),
  },
];
