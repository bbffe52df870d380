/** Operations that are made and dropped: nothing happens, and nobody is told. */
import type { Rule } from "eslint";
import { canYield, functionAround, inFinally, insertYieldStar } from "./insert.js";
import { typedRule } from "./typed.js";

/** Array methods that give what a callback gave. */
const MAPPING = new Set(["map", "flatMap", "from"]);

export default typedRule(
  {
    type: "problem",
    fixable: "code",
    docs: { description: "require that every operation is performed, passed on, or kept" },
    messages: {
      floating:
        "nothing happens: this makes an operation, which nobody performs. Write `yield*` before it; outside of generator functions: `run(() => ...)`.",
      cleanup:
        "nothing happens: this makes an operation, which nobody performs. It cannot be waited for in `finally`, where a halt would be lost: write `yield* ensure(...)` (of effection) before the `try`, or `run(() => ...)`.",
      list: "nothing happens: this makes operations, which nobody performs. Write `yield* all(...)` around them, or perform each in a loop.",
    },
  },
  (context, types) => {
    /** Of a sequence in a sequence a node is dropped twice. */
    const seen = new Set<Rule.Node>();

    /** The value of a node is dropped. */
    function dropped(node: Rule.Node): void {
      if (seen.has(node)) return;
      seen.add(node);
      switch (node.type) {
        case "SequenceExpression":
          return node.expressions.forEach((one) => dropped(one as Rule.Node));
        case "LogicalExpression":
          return dropped(node.right as Rule.Node);
        case "ConditionalExpression":
          dropped(node.consequent as Rule.Node);
          return dropped(node.alternate as Rule.Node);
        case "UnaryExpression":
          return node.operator === "void" ? dropped(node.argument as Rule.Node) : undefined;
        // It is kept.
        case "AssignmentExpression":
          return;
        // What an operation returned may be dropped; one that was given to `yield`: another rule.
        case "YieldExpression":
          return;
        case "AwaitExpression":
          if (types.maybe(types.of(node.argument as Rule.Node))) return;
      }
      if (isHandedBack(node)) return;
      const type = types.of(node);
      const halting = isHalt(node) && types.isFuture(type);
      if (types.maybe(type) || halting) {
        const safe = types.alwaysPerformed(type) && canYield(node, types);
        context.report({
          node: node as never,
          messageId: waitsInFinally(node) ? "cleanup" : "floating",
          fix: safe ? fixOf(node) : null,
        });
      } else if (isMapping(node) && types.itemsOf(type).some((item) => types.maybe(item))) {
        context.report({ node: node as never, messageId: "list" });
      }
    }

    /** `void x` with `yield*` would be dropped all the same: without the `void` it reads better. */
    function fixOf(node: Rule.Node): (fixer: Rule.RuleFixer) => Rule.Fix[] {
      const { parent } = node;
      const plain =
        parent?.type === "UnaryExpression" &&
        parent.parent.type === "ExpressionStatement" &&
        context.sourceCode.getText(parent as never) ===
          `void ${context.sourceCode.getText(node as never)}`;
      if (!plain) return insertYieldStar(node);
      return (fixer) => [fixer.replaceTextRange([parent.range![0], node.range![0]], "yield* ")];
    }

    return {
      ExpressionStatement: ({ expression }) => dropped(expression as Rule.Node),
      ForStatement({ init, update }) {
        if (init && init.type !== "VariableDeclaration") dropped(init as Rule.Node);
        if (update) dropped(update as Rule.Node);
      },
      // Wherever it stands.
      UnaryExpression({ operator, argument }) {
        if (operator === "void") dropped(argument as Rule.Node);
      },
      // Of others all but the last value are dropped.
      SequenceExpression: ({ expressions }) =>
        expressions.slice(0, -1).forEach((one) => dropped(one as Rule.Node)),
    };
  },
);

/** Where `yield*` could stand, if it were no `finally`. */
function waitsInFinally(node: Rule.Node): boolean {
  const fn = functionAround(node);
  return fn !== null && "generator" in fn && fn.generator === true && inFinally(node);
}

/** What was there before: by `Object.assign(it, ...)`, or by the iterator of somebody who performs it step by step. */
function isHandedBack(node: Rule.Node): boolean {
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") return false;
  const { object, property } = node.callee;
  return (
    isNamed(object, "Object") ||
    (property.type === "MemberExpression" && isNamed(property.object, "Symbol"))
  );
}

function isNamed(node: { type: string; name?: string }, name: string): boolean {
  return node.type === "Identifier" && node.name === name;
}

/** `task.halt()`: of a task of Effection's it begins when somebody asks for its end. */
function isHalt(node: Rule.Node): boolean {
  return (
    node.type === "CallExpression" &&
    node.callee.type === "MemberExpression" &&
    node.callee.property.type === "Identifier" &&
    node.callee.property.name === "halt"
  );
}

/** A list that is made here; one that is there already (`list.reverse()`) is kept by somebody. */
function isMapping(node: Rule.Node): boolean {
  if (node.type === "ArrayExpression") return true;
  return (
    node.type === "CallExpression" &&
    node.callee.type === "MemberExpression" &&
    node.callee.property.type === "Identifier" &&
    MAPPING.has(node.callee.property.name)
  );
}
