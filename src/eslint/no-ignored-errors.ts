/** Results of which nobody looks at the error. Not recommended for all: a line that cannot be sent is often seen at the next one that is received. */
import type { Rule } from "eslint";
import { typedRule } from "./typed.js";

export default typedRule(
  {
    type: "suggestion",
    docs: { description: "require that the error of a result is looked at" },
    messages: {
      dropped: "this can fail, and nobody looks whether it did: `const [, err] = yield* ...`.",
      unnamed: "this can fail, and the error in the second place has no name here.",
    },
  },
  (context, types) => ({
    ExpressionStatement({ expression }) {
      if (expression.type !== "YieldExpression" || !expression.delegate) return;
      if (types.isResult(types.of(expression as Rule.Node)))
        context.report({ node: expression, messageId: "dropped" });
    },
    VariableDeclarator({ id, init }) {
      if (id.type !== "ArrayPattern" || !init || !types.isResult(types.of(init as Rule.Node)))
        return;
      const [first, error] = id.elements;
      if (first?.type !== "RestElement" && !error)
        context.report({ node: id, messageId: "unnamed" });
    },
  }),
);
