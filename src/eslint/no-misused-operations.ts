/** Operations where what they give is meant: it is not there before they are performed. */
import type { Rule } from "eslint";
import { reporter } from "./reporter.js";
import { typedRule } from "./typed.js";

type Node = Rule.Node;

const PROMISES = new Set(["all", "allSettled", "any", "race", "resolve"]);

export default typedRule(
  {
    type: "problem",
    fixable: "code",
    hasSuggestions: true,
    docs: { description: "disallow operations where their results are meant" },
    messages: {
      value: "this is an operation, not what it gives: write `yield*` before it.",
      iterated:
        "an operation is no list: this iterates over its steps. Write `yield*` before it; for a stream, `for (const item of yield* each(stream))`.",
      awaited:
        "`await` gives the operation back, unperformed. Write `await run(() => ...)`; in a generator function, `yield*`.",
      promises:
        "promises are waited for here, operations are not performed: `yield* all([...])` and `yield* race([...])` are for these.",
      insert: "Write `yield*` before it.",
    },
  },
  (context, types) => {
    const { report, always, maybe } = reporter(context, types);

    /** An operation is as true as any object. */
    function condition(node: Node): void {
      if (node.type === "LogicalExpression") condition(node.right as Node);
      else if (always(node)) report(node, "value", "suggest");
    }
    function tested({ test }: { test?: unknown }): void {
      if (test) condition(test as Node);
    }

    function value(node: Node): void {
      if (always(node)) report(node, "value", "suggest");
    }

    function destructured(pattern: { type: string }, from: Node | null | undefined): void {
      if (pattern.type === "ArrayPattern" && from && maybe(from)) report(from, "iterated", "fix");
    }

    return {
      IfStatement: tested,
      WhileStatement: tested,
      DoWhileStatement: tested,
      ForStatement: tested,
      ConditionalExpression: tested,
      LogicalExpression: ({ left }) => condition(left as Node),
      UnaryExpression({ operator, argument }) {
        if (operator === "!") condition(argument as Node);
        else if (operator !== "void" && operator !== "delete") value(argument as Node);
      },
      BinaryExpression({ operator, left, right }) {
        if (operator === "instanceof") return;
        // One that is kept may be compared with another.
        const compares = /^[!=]==?$/.test(operator);
        for (const side of [left as Node, right as Node])
          if (!compares || !isReference(side)) value(side);
      },
      SwitchStatement({ discriminant }) {
        if (!isReference(discriminant as Node)) value(discriminant as Node);
      },
      TemplateLiteral({ expressions, parent }) {
        if (parent.type !== "TaggedTemplateExpression")
          for (const one of expressions) value(one as Node);
      },
      VariableDeclarator: ({ id, init }) => destructured(id, init as Node | null),
      AssignmentExpression: ({ left, right }) => destructured(left, right as Node),
      SpreadElement({ argument, parent }) {
        if (parent.type !== "ObjectExpression" && maybe(argument as Node))
          report(argument as Node, "iterated", "fix");
      },
      ForOfStatement({ right, await: awaits }) {
        const node = right as Node;
        if (awaits && types.asyncIterable(types.of(node))) return;
        if (maybe(node)) report(node, "iterated");
      },
      AwaitExpression({ argument }) {
        const node = argument as Node;
        if (maybe(node) && !types.awaitable(types.of(node))) report(node, "awaited");
      },
      CallExpression(call) {
        if (!isOfPromise(call.callee as Node)) return;
        for (const argument of call.arguments as Node[]) {
          const type = types.of(argument);
          const operations = [type, ...types.itemsOf(type)].some(
            (one) => types.maybe(one) && !types.awaitable(one),
          );
          if (operations) report(argument, "promises");
        }
      },
    };
  },
);

/** Something that is there already. */
function isReference({ type }: Node): boolean {
  return type === "Identifier" || type === "MemberExpression" || type === "ThisExpression";
}

function isOfPromise(callee: Node): boolean {
  return (
    callee.type === "MemberExpression" &&
    callee.object.type === "Identifier" &&
    callee.object.name === "Promise" &&
    callee.property.type === "Identifier" &&
    PROMISES.has(callee.property.name)
  );
}
