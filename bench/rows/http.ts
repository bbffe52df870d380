/** Rows of a server of node:http that `serve` serves, beside the same that listens by itself; and of a client, beside node:http. */
import { perCpuSecond, told } from "../measure.js";
import { OURS, perCpuSecondOf, type Row, than } from "./row.js";

function http(id: string, title: string, work: string, amount: number): Row {
  return {
    id: `http-${id}`,
    title,
    ...perCpuSecondOf("k requests"),
    systems: ["node", ...OURS],
    targets: [than(0.9, "node")],
    async measure(_name, system, { seconds, warmup }) {
      const load = { work, amount, seconds, warmup };
      return (await perCpuSecond(system!.server("http"), load)) / 1000;
    },
  };
}

/** How the server says what is the whole body. */
function download(way: "length" | "chunked", title: string): Row {
  return {
    id: `http-download${way === "chunked" ? "-chunked" : ""}`,
    title,
    ...perCpuSecondOf("MB"),
    systems: ["node", ...OURS],
    targets: [than(0.8, "node")],
    measure: (_name, system) => told(system!.server("download", way)),
  };
}

export const httpRows: Row[] = [
  http("kept", "node:http under serve, 50 connections, 1 request in flight", "http", 1),
  http("pipelined", "node:http under serve, 50 connections, 16 in flight", "http", 16),
  http(
    "each",
    "node:http under serve, a connection for each request; 50 at a time",
    "http-each",
    1,
  ),
  download("length", "http.request of 512 MB into a file, beside node:http piped to one"),
  download("chunked", "the same in chunks"),
];
