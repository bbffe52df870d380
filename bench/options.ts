/** The command line. */
import { UsageError } from "./usage-error.js";
import { parseArgs } from "node:util";
import { nearest } from "../reactor/names.js";

export const HELP = `npm run bench -- [options] [row ...]

cosocket beside its peers on the same work: plain node:net callbacks, async/await over Node's streams, an Effection task for each
connection, and Go, Bun and Copas where they are installed. docs/performance.md tells what is measured, and how to read it.

rows    "echo" means echo-1 and echo-16; without any all but the curves are run
  echo churn idle timeout context tls udp http bulk each segments spawn sleepers
  combinators copas cluster seen start
  curve            lines a second over 1 to 256 in flight, memory over 1,000 to 50,000 connections
  all              every row, and the curves

options
  --quick          three short rounds: to see that it runs, or a first impression
  --rounds N       rounds of each row (7)
  --seconds S      seconds of the server's processor that a measurement takes (1.5)
  --warmup S       seconds of it before that are not counted (2)
  --systems A,B    only these systems
  --server N=CMD   a line echo server of yours, as one more system named N: CMD prints a line that ends in its port; may be repeated
  --json FILE      write all figures, with what there is to know of the machine
  --plot FILE      draw the featured rows, or those that were named, and the curves, as SVG
  --markdown       print tables for a page
  --compare FILE   beside an earlier run: what has changed by more than the noise of both
  --from FILE      measure nothing: take the results of an earlier run
  --list           which rows, systems and targets there are
  --help           this
`;

export interface Options {
  rows: string[];
  quick: boolean;
  rounds?: number;
  seconds?: number;
  warmup?: number;
  systems?: string[];
  servers: [name: string, command: string][];
  json?: string;
  plot?: string;
  compare?: string;
  from?: string;
  markdown: boolean;
  list: boolean;
  help: boolean;
}

const KINDS = {
  quick: "boolean",
  markdown: "boolean",
  list: "boolean",
  help: "boolean",
  rounds: "string",
  seconds: "string",
  warmup: "string",
  systems: "string",
  server: "string",
  json: "string",
  plot: "string",
  compare: "string",
  from: "string",
} as const;
type Name = keyof typeof KINDS;

/** UsageError for what is not understood. @param args what comes after the name of the program */
export function parseOptions(args: string[]): Options {
  const { tokens } = parseArgs({
    args,
    strict: false,
    tokens: true,
    options: Object.fromEntries(Object.entries(KINDS).map(([name, type]) => [name, { type }])),
  });
  const options: Options = {
    rows: [],
    servers: [],
    quick: false,
    markdown: false,
    list: false,
    help: false,
  };
  for (const token of tokens) {
    if (token.kind === "positional") options.rows.push(token.value);
    if (token.kind !== "option") continue;
    const name = known(token.name, token.rawName);
    // Without a value it has taken the option behind it.
    const taken = token.inlineValue === false && token.value.startsWith("--");
    take(options, name, taken ? undefined : token.value);
  }
  checkTogether(options);
  return options;
}

function known(name: string, raw: string): Name {
  if (Object.hasOwn(KINDS, name)) return name as Name;
  const near = nearest(name, Object.keys(KINDS));
  const guess = near === undefined ? "--help lists them" : `did you mean --${near}?`;
  throw new UsageError(`there is no option ${raw}: ${guess}`);
}

function take(options: Options, name: Name, value: string | undefined): void {
  if (KINDS[name] === "boolean") {
    if (value !== undefined) throw new UsageError(`--${name} takes no value, not "${value}"`);
    options[name as "quick"] = true;
    return;
  }
  if (value === undefined || value === "") throw new UsageError(`--${name} needs a value`);
  switch (name) {
    case "rounds":
      options.rounds = positive(name, value, Number.isInteger, "a whole number above 0");
      break;
    case "seconds":
    case "warmup":
      options[name] = positive(name, value, Number.isFinite, "a number above 0");
      break;
    case "systems":
      options.systems = value.split(",");
      break;
    case "server":
      options.servers.push(server(value));
      break;
    default:
      options[name as "json"] = value;
  }
}

function positive(name: Name, text: string, is: (n: number) => boolean, what: string): number {
  const number = Number(text);
  if (is(number) && number > 0) return number;
  throw new UsageError(`--${name} takes ${what}, not "${text}"`);
}

function server(text: string): [name: string, command: string] {
  const [, name, command] = /^([\w.-]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || command === undefined)
    throw new UsageError(`--server takes NAME=COMMAND, as in mine='node echo.js', not "${text}"`);
  return [name, command];
}

/** An option that would have no effect is an error, too. */
function checkTogether({ from, rows, servers, ...rest }: Options): void {
  if (from === undefined) return;
  const { quick, rounds, seconds, warmup, systems } = rest;
  const server = servers[0];
  const measuring = { quick: quick || undefined, rounds, seconds, warmup, systems, server };
  const [name] = Object.entries(measuring).find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined) throw new UsageError(`--from measures nothing: leave out --${name}`);
  if (rows.length > 0) throw new UsageError(`--from takes all rows of a run: leave out ${rows[0]}`);
}
