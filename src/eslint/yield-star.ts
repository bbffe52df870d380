/** `yield op` instead of `yield* op`: the driver is given the operation, not what it does. */
import type { Rule } from "eslint";
import { typedRule } from "./typed.js";

export default typedRule(
  {
    type: "problem",
    fixable: "code",
    docs: { description: "require `yield*`, not `yield`, for operations" },
    messages: { star: "an operation is performed by `yield*`, not by `yield`." },
  },
  (context, types) => ({
    YieldExpression(node) {
      const argument = node.argument as Rule.Node | null | undefined;
      if (node.delegate || !argument) return;
      const type = types.of(argument);
      if (!types.maybePerformed(type)) return;
      // A generator of operations, for somebody who performs them.
      const expected = types.expectedOf(argument);
      if (expected !== undefined && types.maybePerformed(expected)) return;
      context.report({
        node,
        messageId: "star",
        fix: types.alwaysPerformed(type)
          ? (fixer) => fixer.insertTextAfter(context.sourceCode.getFirstToken(node)!, "*")
          : null,
      });
    },
  }),
);
