/** Curves: a row for each of their points. */
import { residentWith } from "../measure.js";
import { echo } from "./echo.js";
import { costIn, OURS, type Row } from "./row.js";

const IN_FLIGHT = [1, 2, 4, 8, 16, 32, 64, 128, 256];
export const CONNECTIONS = [1000, 2000, 5000, 10_000, 20_000, 50_000];

/** Those of `wanted` that are possible, and the most that is possible instead of the others. */
export function within(most: number, wanted: readonly number[]): number[] {
  return [...new Set(wanted.map((count) => Math.min(count, most)))];
}

function points(
  id: string,
  title: string,
  xs: readonly number[],
  row: (x: number) => Omit<Row, "id">,
): Row[] {
  return xs.map((x) => ({ ...row(x), id: `${id}@${x}`, curve: { id, title, x } }));
}

function lines(inFlight: number): Row {
  return echo(inFlight, ["node", "node-gathered", "go", "bun", "copas-luajit", ...OURS], []);
}

function memory(connections: number): Omit<Row, "id"> {
  return {
    title: `memory of a server with ${connections} idle connections`,
    ...costIn("MB"),
    systems: ["node", "async", "effection", "go", "bun", ...OURS],
    targets: [],
    lineEcho: true,
    mostRounds: 3,
    async measure(_name, system) {
      const { collects } = system!;
      const [bytes] = await residentWith(system!.server("idle"), [connections], collects);
      return bytes! / 1e6;
    },
  };
}

/** @param most how many connections a process may have */
export function curveRows(most: number): Row[] {
  const connections = within(most, CONNECTIONS);
  return [
    ...points("curve-lines", "line echo, 50 connections, by lines in flight", IN_FLIGHT, lines),
    ...points("curve-memory", "memory of a server, by idle connections", connections, memory),
  ];
}
