/** Functions that give an operation to somebody who will not perform it. */
import type { Rule } from "eslint";
import { functionAround, isFunction } from "./insert.js";
import { reporter } from "./reporter.js";
import { typedRule } from "./typed.js";

type Node = Rule.Node;
type CallExpression = Extract<Node, { type: "CallExpression" }>;

const CHAINING = new Set(["then", "catch", "finally"]);

export default typedRule(
  {
    type: "problem",
    hasSuggestions: true,
    docs: { description: "disallow to return operations to those who do not perform them" },
    messages: {
      callback:
        "whoever calls this function drops the operation that it gives: nothing happens. Perform it in the callback, `run(() => ...)`, or instead of the callback, in a loop.",
      generator:
        "whoever calls this generator function drops what it gives: nothing of it ever runs. Give a function that performs it: `() => run(function* () { ... })`.",
      async:
        "the promise of this function gives the operation, unperformed. Make it a generator function, or write `run(() => ...)`.",
      returned:
        "what this generator function returns is an operation, unperformed. Write `return yield* ...`; if it is meant so, write the type that it returns: `Operation<Operation<...>>`.",
      insert: "Write `yield*` before it.",
    },
  },
  (context, types) => {
    const { report, maybe } = reporter(context, types);

    const told = new Set<Node>();
    /** Of one function, once: it may be called by both. */
    function tell(node: Node): void {
      if (told.has(node)) return;
      told.add(node);
      report(node, "generator" in node && node.generator ? "generator" : "callback");
    }

    /** A function, or the name of one, for somebody who does not look at what it returns. */
    function callback(node: Node): void {
      const returns = types.returnsOf(types.of(node));
      if (returns.length === 0 || !returns.every((type) => types.maybe(type))) return;
      const expected = types.expectedOf(node);
      const looked = expected === undefined ? [] : types.returnsOf(expected);
      if (looked.length > 0 && looked.every((type) => types.isNothing(type))) tell(node);
    }

    /** What a function returns. */
    function returned(fn: Node | null, value: Node): void {
      if (fn === null || !("async" in fn) || !maybe(value)) return;
      const type = types.of(value);
      if (fn.async && !fn.generator && !types.awaitable(type)) return report(value, "async");
      if (!fn.generator || types.isStream(type)) return;
      // Without a type that somebody has written, it would be expected because it is there.
      const { returnType } = fn as { returnType?: unknown };
      const expected = returnType ? types.expectedOf(value) : undefined;
      if (expected === undefined || !types.maybe(expected)) report(value, "returned", "suggest");
    }

    /** Functions are looked at by themselves; here, by their names. */
    function handed({ arguments: all }: { arguments: readonly { type: string }[] }): void {
      for (const one of all as readonly Node[]) if (!isFunction(one)) callback(one);
    }

    /** What a promise's `then` is given: a promise of an operation comes of it. */
    function chained({ callee, arguments: all }: CallExpression): void {
      if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return;
      if (!CHAINING.has(callee.property.name) || !types.awaitable(types.of(callee.object as Node)))
        return;
      for (const one of all as Node[]) {
        const returns = types.returnsOf(types.of(one));
        if (returns.some((type) => types.maybe(type) && !types.awaitable(type))) tell(one);
      }
    }

    return {
      CallExpression(call) {
        handed(call);
        chained(call);
      },
      NewExpression: handed,
      FunctionExpression(node) {
        const { parent } = node;
        // Of a method it is another node that has a type.
        const method =
          parent.type === "MethodDefinition" || (parent.type === "Property" && parent.method);
        if (!method) callback(node);
      },
      ArrowFunctionExpression(node) {
        callback(node);
        if (node.expression) returned(node, node.body as Node);
      },
      ReturnStatement(node) {
        if (node.argument) returned(functionAround(node), node.argument as Node);
      },
    };
  },
);
