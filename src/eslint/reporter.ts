/** What rules that look at single expressions have in common. */
import type { Rule } from "eslint";
import { canYield, insertYieldStar } from "./insert.js";
import type { OperationTypes } from "./operation-types.js";

type Node = Rule.Node;

export interface Reporter {
  /** Whether what stands here is an operation for certain; of `a?.b()`, if it is there. */
  always(node: Node): boolean;
  /** Whether it can be one. */
  maybe(node: Node): boolean;
  /** @param mend how to offer `yield*`, where it can be written; a suggestion is called "insert" */
  report(node: Node, messageId: string, mend?: "fix" | "suggest"): void;
}

export function reporter(context: Rule.RuleContext, types: OperationTypes): Reporter {
  return {
    always(node) {
      if (node.type !== "ChainExpression" || node.expression.type !== "CallExpression")
        return types.always(types.of(node));
      const result = types.resultOf(node.expression as Node);
      return result !== undefined && types.always(result);
    },
    maybe: (node) => types.maybe(types.of(node)),
    report(node, messageId, mend) {
      const safe = mend !== undefined && types.always(types.of(node)) && canYield(node, types);
      const fix = safe ? insertYieldStar(node) : null;
      context.report({
        node: node as never,
        messageId,
        fix: mend === "fix" ? fix : null,
        suggest: mend === "suggest" && fix !== null ? [{ messageId: "insert", fix }] : [],
      });
    },
  };
}
