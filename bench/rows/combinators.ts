/** Rows of what fibers are combined by, without a network. */
import { told } from "../measure.js";
import { costIn, type Row, than } from "./row.js";

function combinator(what: string, title: string): Row {
  return {
    id: `combinators-${what}`,
    title,
    ...costIn("us"),
    systems: ["effection", "cosocket"],
    targets: [than(1 / 10, "effection")],
    measure: (_name, system) => told(system!.server("combinators", what)),
  };
}

export const combinatorRows: Row[] = [
  combinator("within", "a deadline around an operation (Effection: a race with a sleep)"),
  combinator("race", "a race of two operations"),
  combinator("all", "two operations at a time"),
  combinator("event", "an event that a task waits for (Effection: withResolvers)"),
  combinator("channel", "an item through a channel"),
  combinator("each", "an item of a channel by each"),
];
