import { argv } from "node:process";

// Files that are named are run alone: mocha would add them to `spec`.
const named = argv.some((word) => word.endsWith(".test.js"));

export default {
  require: ["dist/test/support/assertions.js"],
  spec: named ? [] : ["dist/test/**/*.test.js"],
  "node-option": ["enable-source-maps"],
  timeout: 10_000,
  exit: false,
};
