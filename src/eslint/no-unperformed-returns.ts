/** Functions that give an operation to somebody who will not perform it. */
import type { Rule } from "eslint";
import { functionAround, isFunction } from "./insert.js";
import { reporter } from "./reporter.js";
import { typedRule } from "./typed.js";

type Node = Rule.Node;
type CallExpression = Extract<Node, { type: "CallExpression" }>;

const CHAINING = new Set(["then", "catch", "finally"]);
/** Methods of lists that ask a function whether an item is meant. */
const ASKING = new Set([
  "every",
  "filter",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "some",
]);

export default typedRule(
  {
    type: "problem",
    hasSuggestions: true,
    docs: { description: "disallow to return operations to those who do not perform them" },
    messages: {
      callback:
        "whoever calls this function drops the operation that it gives: nothing happens. Perform it in the callback, `run(() => ...)`, or instead of the callback, in a loop.",
      predicate:
        "an operation is as true as any object: whoever calls this function does not perform it. Ask in a loop: `for (const one of list) if (yield* ...)`.",
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
    function tell(node: Node, messageId = "callback"): void {
      if (told.has(node)) return;
      told.add(node);
      report(node, "generator" in node && node.generator ? "generator" : messageId);
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

    /** What a list's methods are given: of what it returns they see whether it is true. */
    function asked({ callee, arguments: [predicate] }: CallExpression): void {
      if (!predicate || callee.type !== "MemberExpression") return;
      const { object, property } = callee;
      if (property.type !== "Identifier" || !ASKING.has(property.name)) return;
      if (!types.isArray(types.of(object as Node))) return;
      const returns = types.returnsOf(types.of(predicate as Node));
      const always = returns.length > 0 && returns.every((type) => types.always(type));
      if (always || endsInOne(predicate as Node)) tell(predicate as Node, "predicate");
    }

    /** `(one) => ready && one.receive()` */
    function endsInOne(node: Node): boolean {
      if (node.type !== "ArrowFunctionExpression") return false;
      let value = node.body as Node;
      if (value.type !== "LogicalExpression") return false;
      while (value.type === "LogicalExpression") value = value.right as Node;
      return types.always(types.of(value));
    }

    return {
      CallExpression(call) {
        handed(call);
        chained(call);
        asked(call);
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
