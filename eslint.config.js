import js from "@eslint/js";
// As it was built last: `npm run lint` builds first.
import cosocket from "cosocket/eslint";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "coverage/"] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      // Operations are often written as generators that finish without ever having to wait.
      "require-yield": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  cosocket.configs.recommended,
  {
    // What runs in a browser.
    files: ["src/inspect/page/**/*.js"],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...["window", "document", "location", "localStorage", "navigator", "performance"],
          ...["Node", "addEventListener"],
          ...["EventSource", "ResizeObserver", "FileReader", "Blob", "URL", "HTMLElement", "Event"],
          ...["devicePixelRatio", "getComputedStyle", "matchMedia", "requestAnimationFrame"],
          ...[
            "cancelAnimationFrame",
            "setTimeout",
            "clearTimeout",
            "setInterval",
            "clearInterval",
            "fetch",
            "console",
          ],
        ].map((name) => [name, "readonly"]),
      ),
    },
  },
  {
    // Cleanup is what many are about, also the kind of which a halt gets lost.
    files: ["test/**"],
    rules: { "cosocket/no-waiting-in-finally": "off" },
  },
  {
    // What is done wrong on purpose.
    files: ["test/{messages,types}.test.ts", "test/src/object/operations.test.ts"],
    rules: {
      "cosocket/no-floating-operations": "off",
      "cosocket/no-misused-operations": "off",
      "cosocket/yield-star": "off",
    },
  },
  {
    files: ["test/**/*.test.ts"],
    // What runs in a simulated world may sleep as short as it likes.
    ignores: ["test/src/testing/{faults,page}.test.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...["callee.name", "callee.property.name"].map((name) => ({
          selector: `CallExpression[${name}=/^(sleep|pause)$/] > Literal.arguments[value>0][value<0.1]`,
          message:
            "A short sleep waits for too much, or too little: use settle or until, whole seconds in a simulation, or A_MOMENT of test/support/check.ts if the wait is the subject.",
        })),
      ],
    },
  },
);
