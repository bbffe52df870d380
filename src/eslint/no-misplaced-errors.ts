/** An error that is looked for in the second place where a result has data there: whether it has failed or not, there is something. */
import type { Rule } from "eslint";
import { typedRule } from "./typed.js";

const ERROR = /^(e|err|error)$|(Err|Error)$/;

export default typedRule(
  {
    type: "problem",
    docs: { description: "disallow to ask for an error where the result has data" },
    messages: {
      data: "this is true also of a result that has not failed: its second place is data then. Ask whether the first place is undefined.",
      selected:
        "this is an array, and always true: what select has for an error is in the third place.",
    },
  },
  (context, types) => ({
    VariableDeclarator(node) {
      const { id, init } = node;
      if (id.type !== "ArrayPattern" || !init) return;
      const second = id.elements[1];
      if (second?.type !== "Identifier" || !ERROR.test(second.name)) return;
      const type = types.of(init as Rule.Node);
      const selected = types.isSelected(type);
      if (!selected && !types.hasSecondValue(type)) return;
      const [variable] = context.sourceCode
        .getDeclaredVariables(node)
        .filter(({ name }) => name === second.name);
      for (const { identifier } of variable?.references ?? [])
        if (isTested(identifier as Rule.Node))
          context.report({ node: identifier, messageId: selected ? "selected" : "data" });
    },
  }),
);

/** Whether all that is asked of it is whether it is true. */
function isTested(node: Rule.Node): boolean {
  const { parent } = node;
  if (parent === null) return false;
  if (parent.type === "UnaryExpression") return parent.operator === "!";
  if (parent.type === "LogicalExpression") return parent.left === node || isTested(parent);
  return "test" in parent && parent.test === node;
}
