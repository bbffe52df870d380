import { argv } from "node:process";

// Files that are named are run alone: mocha would add them to `spec`. Not those that are to be left out.
const named = argv.some(
  (word, i) => word.endsWith(".test.js") && !word.startsWith("-") && argv[i - 1] !== "--ignore",
);

export default {
  require: ["assertions", "counts", "patience"].map((name) => `dist/test/support/${name}.js`),
  spec: named ? [] : ["dist/test/**/*.test.js"],
  // The modules one by one: tests look into those that have no entry point, and there is to be one copy of each.
  "node-option": ["enable-source-maps", "conditions=cosocket:modules"],
  timeout: 10_000,
  exit: false,
};
