/** docs/options.md, made from the table of options: `npm run docs` writes it, a test compares. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as prettier from "prettier";
import { OPTIONS } from "../../src/options/index.js";
import type { Kind } from "../../src/options/row.js";
import { root } from "./process.js";

const KINDS: Kind[] = ["tcp", "unix", "udp", "stream"];

type Row = (typeof OPTIONS)[number];

function cell(row: Row, kind: Kind): string {
  const option = row.in[kind];
  if (option === undefined) return "";
  if (option.get === undefined && option.set === undefined) return "no";
  if (option.set === undefined) return "get";
  return option.get === undefined ? "set" : "get, set";
}

/** Whether any object can do it. */
function works(row: Row): boolean {
  return KINDS.some((kind) => !["", "no"].includes(cell(row, kind)));
}

function line(row: Row): string {
  const name = row.luasocket ? `\`${row.name}\`` : `\`${row.name}\` (ours)`;
  return `| ${[name, row.value, ...KINDS.map((kind) => cell(row, kind)), row.does].join(" | ")} |`;
}

export async function optionsPage(): Promise<string> {
  const page = `# Options

\`setoption(name, value)\` and \`getoption(name)\` of every object. All names of LuaSocket 3.1 are known: what Node can do works; what it cannot
answers \`[undefined, "option not supported by Node"]\`, never a silent success. A name that an object does not have, and a value of
the wrong kind, throw TypeError. What the system refuses is the result's error. Without a value it is true.

The compiler knows the names and the kinds of values of each object, from the same table: \`client.setoption("tcp-nodelay", true)\` compiles, \`"nodelay"\`,
\`"tcp-nodelay", 1\` and an option of another object's do not. A name that is only known at run time is a \`string\`: it is taken with any value, and
looked at when the call runs. Where the object may be of several classes, as \`Tcp | Unix\`, the names are those that all of them have.

\`\`\`ts
import { type SettingsOf, socket } from "cosocket";

const tcp = socket.tcp();
tcp.setoption("linger", { on: true, timeout: 5 });
const [seconds] = tcp.getoption("tcp-keepidle"); // a number
for (const [name, value] of Object.entries({ keepalive: true, "tcp-keepidle": 60 })) tcp.setoption(name, value); // \`name\` is a string
const nodelay: keyof SettingsOf<"tcp"> = "tcp-nodelay";
tcp.setoption(nodelay);
console.log(seconds);
\`\`\`

This page is made from \`src/options/table.ts\` by \`npm run docs\`.

| option | value | TCP | Unix | UDP | stream | what it does |
| --- | --- | --- | --- | --- | --- | --- |
${OPTIONS.filter(works).map(line).join("\n")}

Clients that a server accepts start with its options. Options of UDP objects may be set before the object is bound; they take effect then.

Known, but there is no way to in Node: ${OPTIONS.filter((row) => !works(row))
    .map(({ name }) => `\`${name}\``)
    .join(
      ", ",
    )}; and \`keepalive\`, \`recv-buffer-size\` and \`send-buffer-size\` where the table says "no".
`;
  const config = await prettier.resolveConfig(join(root, "docs/options.md"));
  return prettier.format(page, { ...config, parser: "markdown" });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  writeFileSync(join(root, "docs/options.md"), await optionsPage());
