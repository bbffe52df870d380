import { argv } from "node:process";

// Files that are named are run alone: mocha would add them to `spec`. Not those that are to be left out.
const named = argv.some(
  (word, i) => word.endsWith(".test.js") && !word.startsWith("-") && argv[i - 1] !== "--ignore",
);

export default {
  require: ["dist/test/support/assertions.js"],
  spec: named ? [] : ["dist/test/**/*.test.js"],
  "node-option": ["enable-source-maps"],
  timeout: 10_000,
  exit: false,
};
