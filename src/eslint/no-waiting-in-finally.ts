/**
 * `yield*` in a `finally`. When a generator is halted while it is inside a `yield*`, and the inner generator yields in its `finally`,
 * JavaScript goes on behind that `yield*`, as if nobody had halted it.
 */
import type { Rule } from "eslint";
import { functionAround, inFinally } from "./insert.js";
import { typesOf } from "./typed.js";

/** What runs a generator function as a task of its own: there no halt is lost, for nothing has entered it by `yield*`. */
const TASKS = new Set([
  ...["fork", "forkIn", "main", "resource", "run", "serve", "spawn"],
  ...["addnamedthread", "addserver", "addthread", "explore", "host", "loop", "simulate"],
  ...["all", "allSettled", "race", "within"],
]);

const rule: Rule.RuleModule = {
  meta: {
    type: "problem",
    docs: { description: "disallow waiting in `finally`" },
    messages: {
      lost: "a halt is lost here: after a `finally` that waits, JavaScript goes on behind the `yield*` that had entered this function. Clean up without waiting, or write `yield* ensure(...)` (of effection) before the `try`.",
    },
  },
  create(context) {
    // Without types, all of `yield*`.
    const types = typesOf(context);
    return {
      YieldExpression(node) {
        if (!node.delegate || !inFinally(node) || isTask(functionAround(node))) return;
        if (types !== null && !types.maybePerformed(types.of(node.argument as Rule.Node))) return;
        context.report({ node, messageId: "lost" });
      },
    };
  },
};

/** Whether a function is given, where it is written, to what makes a task of it; also in a list of them. */
function isTask(fn: Rule.Node | null): boolean {
  if (fn?.type !== "FunctionExpression") return false;
  const given = fn.parent.type === "ArrayExpression" ? fn.parent : fn;
  if (given.parent.type !== "CallExpression") return false;
  const { callee } = given.parent;
  const name = callee.type === "MemberExpression" ? callee.property : callee;
  return callee !== given && name.type === "Identifier" && TASKS.has(name.name);
}

export default rule;
