/**
 * `cosocket/eslint`: rules for ESLint that find what the compiler lets pass: an operation that nobody performs does nothing, and says
 * nothing. They go by types, and so need typescript-eslint. docs/eslint.md tells what each finds.
 */
import type { Linter, Rule } from "eslint";
import { parser } from "typescript-eslint";
import noFloatingOperations from "./no-floating-operations.js";
import noIgnoredErrors from "./no-ignored-errors.js";
import noMisplacedErrors from "./no-misplaced-errors.js";
import noMisusedOperations from "./no-misused-operations.js";
import noUnperformedReturns from "./no-unperformed-returns.js";
import noWaitingInFinally from "./no-waiting-in-finally.js";
import yieldStar from "./yield-star.js";

/** The rules, by their names behind `cosocket/`. */
export const rules = {
  "no-floating-operations": noFloatingOperations,
  "no-ignored-errors": noIgnoredErrors,
  "no-misplaced-errors": noMisplacedErrors,
  "no-misused-operations": noMisusedOperations,
  "no-unperformed-returns": noUnperformedReturns,
  "no-waiting-in-finally": noWaitingInFinally,
  "yield-star": yieldStar,
} satisfies Record<string, Rule.RuleModule>;

/** What a configuration calls "cosocket". */
export interface CosocketPlugin {
  readonly meta: { readonly name: string };
  readonly rules: Record<keyof typeof rules, Rule.RuleModule>;
  readonly configs: {
    /** All rules but `no-ignored-errors`, for TypeScript files, with the parser that they need, and types from the nearest tsconfig.json. */
    readonly recommended: Linter.Config & { readonly rules: Linter.RulesRecord };
  };
}

/** The plugin. */
const plugin: CosocketPlugin = {
  meta: { name: "cosocket" },
  rules,
  configs: {
    recommended: {
      name: "cosocket/recommended",
      files: ["**/*.ts", "**/*.tsx", "**/*.mts", "**/*.cts"],
      languageOptions: {
        parser: parser as Linter.Parser,
        parserOptions: { projectService: true },
      },
      plugins: {
        get cosocket() {
          return plugin;
        },
      },
      rules: {
        "cosocket/no-floating-operations": "error",
        "cosocket/no-misplaced-errors": "error",
        "cosocket/no-misused-operations": "error",
        "cosocket/no-unperformed-returns": "error",
        "cosocket/no-waiting-in-finally": "error",
        "cosocket/yield-star": "error",
      },
    },
  },
};

export default plugin;
