/** Results of which nobody looks at the error. Not recommended for all: a line that cannot be sent is often seen at the next one that is received. */
import type { Rule } from "eslint";
import { typedRule } from "./typed.js";

type Node = Rule.Node;
type ArrayPattern = Extract<Node, { type: "ArrayPattern" }>;

export default typedRule(
  {
    type: "suggestion",
    docs: { description: "require that the error of a result is looked at" },
    messages: {
      dropped: "this can fail, and nobody looks whether it did: `const [, err] = yield* ...`.",
      unnamed: "this can fail, and the error in the second place has no name here.",
      taken:
        "this can fail, and the error in the second place is dropped: `const [value, err] = yield* ...`.",
    },
  },
  (context, types) => {
    function taken(pattern: { type: string }, from: Node | null | undefined): void {
      if (pattern.type !== "ArrayPattern" || !from || !types.isResult(types.of(from))) return;
      const [first, error] = (pattern as ArrayPattern).elements;
      if (first?.type !== "RestElement" && !error)
        context.report({ node: pattern as never, messageId: "unnamed" });
    }

    return {
      ExpressionStatement({ expression }) {
        if (isPerformed(expression) && types.isResult(types.of(expression as Node)))
          context.report({ node: expression, messageId: "dropped" });
      },
      VariableDeclarator: ({ id, init }) => taken(id, init as Node | null),
      AssignmentExpression: ({ left, right }) => taken(left, right as Node),
      MemberExpression(node) {
        const { object, property } = node;
        if (property.type !== "Literal" || property.value !== 0 || asksForIt(node)) return;
        if (isPerformed(bare(object)) && types.isResult(types.of(object as Node)))
          context.report({ node, messageId: "taken" });
      },
    };
  },
);

function isPerformed(node: { type: string; delegate?: boolean }): boolean {
  return node.type === "YieldExpression" && node.delegate === true;
}

/** Without what is said of its type. */
function bare(node: { type: string; expression?: unknown }): { type: string } {
  return /^TS(As|NonNull|Satisfies)/.test(node.type) ? bare(node.expression as Node) : node;
}

/** That there is no value is seen there: by `??`, or `=== undefined`. */
function asksForIt(node: Node): boolean {
  const { parent } = node;
  if (parent?.type === "LogicalExpression") return parent.operator === "??" && parent.left === node;
  return parent?.type === "BinaryExpression" && /^[!=]==?$/.test(parent.operator);
}
