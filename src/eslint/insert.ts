/** Where `yield*` may be written, and how. */
import type { Rule } from "eslint";
import type { OperationTypes } from "./operation-types.js";

export function isFunction(node: Rule.Node): boolean {
  return (
    node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression"
  );
}

/** The function in whose body a node stands; null: in none, or in its parameters, or where a class is made. */
export function functionAround(node: Rule.Node): Rule.Node | null {
  for (let inner = node, outer = node.parent; outer !== null; inner = outer, outer = outer.parent) {
    if (isFunction(outer)) return "body" in outer && outer.body === inner ? outer : null;
    if (outer.type === "StaticBlock") return null;
    if (outer.type === "PropertyDefinition" && outer.value === inner) return null;
  }
  return null;
}

/** Whether a node stands in a `finally` of the function around it. */
export function inFinally(node: Rule.Node): boolean {
  for (let inner = node, outer = node.parent; outer !== null; inner = outer, outer = outer.parent) {
    if (isFunction(outer)) return false;
    if (outer.type === "TryStatement" && outer.finalizer === inner) return true;
  }
  return false;
}

/** Whether `yield*` can stand before a node: in a generator function that gives an operation, where a halt is not lost. */
export function canYield(node: Rule.Node, types: OperationTypes): boolean {
  const fn = functionAround(node);
  if (fn === null || !("generator" in fn) || !fn.generator || fn.async || inFinally(node))
    return false;
  const result = types.declaredResultOf(fn);
  return result !== undefined && types.maybe(result);
}

/** Around what stands here `yield* x` needs parentheses. */
const TIGHTER = new Set<string>([
  "AwaitExpression",
  "BinaryExpression",
  "LogicalExpression",
  "MemberExpression",
  "SpreadElement",
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
  "UnaryExpression",
]);

/** Write `yield*` before a node. */
export function insertYieldStar(node: Rule.Node): (fixer: Rule.RuleFixer) => Rule.Fix[] {
  const { parent } = node;
  const test = parent?.type === "ConditionalExpression" && parent.test === node;
  const [before, after] =
    parent !== null && (test || TIGHTER.has(parent.type)) ? ["(", ")"] : ["", ""];
  return (fixer) => [
    fixer.insertTextBefore(node as never, `${before}yield* `),
    ...(after === "" ? [] : [fixer.insertTextAfter(node as never, after)]),
  ];
}
