/** npm run bench -- --help */
import { UsageError } from "./usage-error.js";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { comparisonText } from "./compare.js";
import { mostConnections } from "./files.js";
import { systemsTable, targetsTable } from "./markdown.js";
import { HELP, type Options, parseOptions } from "./options.js";
import { plan } from "./plan.js";
import { plot } from "./plot.js";
import { readResults, type Results } from "./results.js";
import { allRows, select } from "./rows/index.js";
import { type Listener, runAll } from "./run.js";
import { head, listText, rowText, targetsText } from "./text.js";

/** As seen from where npm was called. */
const path = (file: string): string => resolve(process.env["INIT_CWD"] ?? "", file);

function write(file: string | undefined, text: () => string): void {
  if (file !== undefined) writeFileSync(path(file), text());
}

const json = (results: Results): string => `${JSON.stringify(results, null, 1)}\n`;

/** A long run shall not end with a file that cannot be written. */
function checkFolders({ json, plot }: Options): void {
  for (const file of [json, plot]) {
    if (file !== undefined && !existsSync(dirname(path(file))))
      throw new UsageError(`there is no folder for ${file}`);
  }
}

function listener(options: Options): Listener {
  const terminal = process.stderr.isTTY;
  const progress = (text: string): void => {
    if (terminal) process.stderr.write(`\r\x1b[K${text}`);
  };
  return {
    begins: (results) => console.log(`${head(results)}\n`),
    round: (row, round, of, system) => progress(`${row.id}, round ${round} of ${of}: ${system}`),
    fails(row, system, error) {
      progress("");
      console.error(`${row.id}: ${system} failed: ${error.message}`);
      process.exitCode = 1;
    },
    row(result, results) {
      progress("");
      console.log(`${rowText(result, results)}\n`);
      // After each row: what is interrupted is not lost.
      write(options.json, () => json(results));
    },
  };
}

function measure(options: Options): Promise<Results> {
  return runAll(plan(options, mostConnections()), listener(options));
}

/** The results of an earlier run. */
function again(file: string): Results {
  const results = readResults(path(file));
  console.log(`${head(results)}\n`);
  for (const row of results.rows) console.log(`${rowText(row, results)}\n`);
  return results;
}

async function bench(options: Options): Promise<void> {
  if (options.help) return void process.stdout.write(HELP);
  if (options.list) return console.log(listText(select(allRows(mostConnections()), options.rows)));
  checkFolders(options);
  // Read first: a long run shall not end with a file that cannot be read.
  const earlier = options.compare === undefined ? undefined : readResults(path(options.compare));
  const results = options.from === undefined ? await measure(options) : again(options.from);
  console.log(targetsText(results));
  write(options.json, () => json(results));
  write(options.plot, () => plot(results));
  if (options.markdown) console.log(`\n${systemsTable(results)}\n\n${targetsTable(results)}`);
  if (earlier !== undefined) console.log(`\n${comparisonText(earlier, results)}`);
}

try {
  await bench(parseOptions(process.argv.slice(2)));
} catch (error) {
  const { message, stack } = error as Error;
  // A command that is wrong says what would be right; anything else is a bug.
  console.error(`bench: ${error instanceof UsageError ? message : stack}`);
  process.exitCode = 2;
}
