/** What was written behind `cosocket`. */
import { Problem } from "./problem.js";

export const USAGE = `Usage: npx cosocket <command> [process or address ...]

  top      a table of fibers that is kept up to date; ? for its keys
  fibers   a list of fibers, now; of many that are alike two, and how many more, or with --all each of them
  trace    what runs and waits in the next seconds, as a file for Perfetto and for the page:
           npx cosocket trace [process or address] [--seconds 10] [--output trace.json]

A process is named by its id, and must have been started with COSOCKET_INSPECT=1 or call inspect() of cosocket/inspect; its
children are shown with it. Without one: all that are yours. An address is that of its page: 127.0.0.1:7070, or with the token
http://10.0.0.1:7070/?token=... (or COSOCKET_INSPECT_TOKEN in the environment)`;

export const COMMANDS = ["top", "fibers", "trace"] as const;
export type Command = (typeof COMMANDS)[number];

export interface Arguments {
  command: Command;
  /** Ids of processes, and addresses. */
  targets: string[];
  seconds: number;
  output: string | null;
  /** Each fiber, also of those that are alike. */
  all: boolean;
}

/** Null: only help is wanted. */
export function parse(words: readonly string[]): Arguments | null {
  const [command, ...rest] = words;
  if (command === undefined || words.includes("--help") || words.includes("-h")) return null;
  if (!isCommand(command))
    throw new Problem(`there is no command ${JSON.stringify(command)}: ${COMMANDS.join(", ")}`);
  const found: Arguments = { command, targets: [], seconds: 10, output: null, all: false };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--seconds" || word === "-s") found.seconds = secondsOf(rest.shift());
    else if (word === "--output" || word === "-o") found.output = fileOf(rest.shift());
    else if (word === "--all" || word === "-a") found.all = true;
    else if (word.startsWith("-")) throw new Problem(`there is no option ${word}`);
    else found.targets.push(word);
  }
  return found;
}

function isCommand(word: string): word is Command {
  return (COMMANDS as readonly string[]).includes(word);
}

function secondsOf(word: string | undefined): number {
  const seconds = Number(word);
  if (!(seconds > 0)) throw new Problem("--seconds takes a number of seconds");
  return seconds;
}

function fileOf(word: string | undefined): string {
  if (word === undefined) throw new Problem("--output takes the name of a file");
  return word;
}
