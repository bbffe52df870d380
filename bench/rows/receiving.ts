/** Rows of much that is received. */
import { perCpuSecond, told } from "../measure.js";
import { nodeCommand } from "../processes.js";
import { costIn, OURS, perCpuSecondOf, type Row, than } from "./row.js";

type Pattern = "lines" | "blocks" | "all";

function bulk(
  pattern: Pattern,
  megabytes: number,
  rest: Pick<Row, "id" | "title" | "systems" | "targets">,
): Row {
  const [unit, bytes] = pattern === "lines" ? ["k lines", 80_000] : ["MB", 1_000_000];
  return {
    ...rest,
    ...perCpuSecondOf(unit as string),
    async measure(_name, system) {
      const load = { work: "bulk", amount: megabytes * 1_000_000 };
      return (await perCpuSecond(system!.server("bulk", pattern), load)) / (bytes as number);
    },
  };
}

function besideNode(pattern: Pattern, title: string): Row {
  return bulk(pattern, 256, {
    id: `bulk-${pattern}`,
    title,
    systems: ["node", ...OURS],
    targets: [than(1, "node")],
  });
}

/** Streams of Effection, beside `receive` in a loop. */
function each(pattern: "lines" | "blocks", title: string): Row {
  return bulk(pattern, 64, {
    id: `each-${pattern}`,
    title,
    systems: ["cosocket", "cosocket-each"],
    targets: [than(0.5, "cosocket", "cosocket-each")],
  });
}

/** By how many bytes a segment has: what a byte costs must not grow with what has come before. */
function segments(pattern: string, title: string): Row {
  return {
    id: `segments-${pattern}`,
    title: `receive 16 kB pieces ${title}, by the bytes of a segment`,
    ...costIn("ns a byte"),
    systems: ["1460", "7", "1"],
    targets: [],
    measure: (size) => told(nodeCommand("servers/main.js", ["segments", size, pattern])),
  };
}

export const receivingRows: Row[] = [
  besideNode("lines", "receive 80-byte lines"),
  besideNode("blocks", "receive 8 kB blocks"),
  besideNode("all", 'receive all as one string ("*a")'),
  each("lines", "each(client.lines()) beside receive in a loop"),
  each("blocks", "each(client.blocks(8192)) beside receive in a loop"),
  segments("line", "as lines"),
  segments("count", "by their length"),
  segments("until", "up to a boundary"),
  segments("steps", "up to a boundary in steps"),
];
